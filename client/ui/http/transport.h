#ifndef FATHOM_CLIENT_UI_HTTP_TRANSPORT_H_
#define FATHOM_CLIENT_UI_HTTP_TRANSPORT_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proto/shared/credentials.h"

namespace fathom::client {

// Bytes to and from one peer, in plain or by TLS.
//
// All methods are called on the thread of its Network, and all callbacks come
// there, never before the method that they belong to has returned. One read and
// one write may be open at a time. What a callback holds is released when it
// has been called.
class Stream {
 public:
  // `bytes` is how many were read or written.
  using Done = std::function<void(const absl::Status& status, size_t bytes)>;

  virtual ~Stream() = default;

  // Agrees on keys with the peer; nothing without TLS.
  virtual void Handshake(Done done) = 0;
  // Reads at most `size` bytes to `to`, which stays valid until `done`. No
  // bytes mean that the peer sends no more.
  virtual void Read(char* to, size_t size, Done done) = 0;
  // Writes all of `bytes`, which stay valid until `done`.
  virtual void Write(absl::string_view bytes, Done done) = 0;
  // Ends the connection once and for all: in order, so that what was written
  // arrives, or at once. What is open ends with an error.
  virtual void Close(bool in_order) = 0;

  virtual const std::string& peer_address() const = 0;   // Without port.
  virtual const std::string& local_address() const = 0;  // Without port.
};

// Something to happen later, which a new start replaces. It must not outlive
// its Network, and belongs to that one's thread.
class Timer {
 public:
  virtual ~Timer() = default;
  virtual void Start(absl::Duration after, std::function<void()> then) = 0;
  virtual void Stop() = 0;
};

// A port that is listened on, and the thread on which all that comes from there
// is handled.
class Network {
 public:
  struct Options {
    std::string listen = {};  // HOST:PORT; port 0 takes a free one.
    KeyPair tls = {};         // Empty for no TLS.
  };

  // Listens; but nothing happens before Run. UNAVAILABLE or ALREADY_EXISTS when
  // the address cannot be had, and INVALID_ARGUMENT when it is none or the key
  // pair is not taken.
  static absl::StatusOr<std::unique_ptr<Network>> Listen(
      const Options& options);

  virtual ~Network() = default;
  virtual int port() const = 0;

  // Takes another key pair for connections to come; those that are there keep
  // theirs. Any thread may call it; connections that are accepted after the
  // call have the new pair. INVALID_ARGUMENT, and nothing changes, when the
  // pair is not taken. To be called only with TLS.
  virtual absl::Status SetKeys(const KeyPair& pair) = 0;

  // Handles what happens until Stop has been called, in the calling thread.
  // `accept` is called with every new connection.
  virtual void Run(
      std::function<void(std::shared_ptr<Stream> stream)> accept) = 0;

  // Runs `then` in the thread of Run soon, after what is queued already. Any
  // thread may call it.
  virtual void Post(std::function<void()> then) = 0;

  // These are called in the thread of Run.
  virtual std::unique_ptr<Timer> MakeTimer() = 0;
  // The number of connections that are not closed yet.
  virtual int open_streams() const = 0;
  virtual void StopListening() = 0;
  virtual void Stop() = 0;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_HTTP_TRANSPORT_H_

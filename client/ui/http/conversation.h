#ifndef FATHOM_CLIENT_UI_HTTP_CONVERSATION_H_
#define FATHOM_CLIENT_UI_HTTP_CONVERSATION_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/ui/exchange.h"
#include "client/ui/http/event_hub.h"
#include "client/ui/http/limits.h"
#include "client/ui/http/pipe.h"
#include "client/ui/http/request_parser.h"
#include "client/ui/http/site.h"
#include "client/ui/http/transport.h"
#include "client/ui/http/work_pool.h"

namespace fathom::client {

// What the conversations of a listener share. All outlive them.
struct ConversationContext {
  Network& network;
  Site& site;
  EventHub& hub;
  WorkPool& pool;
  const UiLimits& limits;
};

// One connection: requests one after the other, and their responses, or an
// event stream at the end. Whatever takes longer than it may ends it.
//
// It belongs to the thread of the network, which calls all methods.
class Conversation : public std::enable_shared_from_this<Conversation> {
 public:
  // `on_end` is called once, when it is over.
  Conversation(const ConversationContext& context,
               std::shared_ptr<Stream> stream, std::function<void()> on_end);
  ~Conversation();

  void Start();
  // Takes no further request: ends now, or after the response that is on its
  // way.
  void Finish();
  // Ends at once.
  void Abort();

  // Whether no request has begun, since `idle_since`.
  bool is_idle() const { return phase_ == Phase::kIdle; }
  uint64_t idle_since() const { return idle_since_; }

 private:
  enum class Phase {
    kHandshake,
    kIdle,       // Nothing of a request is here.
    kReading,    // Some of it is.
    kAnswering,  // The response is being computed,
    kSending,    // sent, as it is ready,
    kStreaming,  // or sent while it is computed.
    kEvents,     // An event stream is open.
    kOver,
  };

  void Read();
  void OnRead(const absl::Status& status, size_t bytes);
  void BeginRequest();
  // Reads as much of a request as is here, and answers when that is all.
  void Advance();
  void Refuse(int status);

  void Answer(HttpRequest request);
  void Work(Site::Plan plan);
  // Sends the head of the response, and what of its body is there.
  void Respond(UiResponse response);
  void RespondStreaming(const UiResponse& response, std::shared_ptr<Pipe> pipe);
  void OnPipe();
  void OpenEvents(Site::Plan plan);
  void OnEvent(const std::string& event, bool is_last);
  void Beat();

  // Writes all of `bytes`, piece by piece, and goes on with `then`.
  void Send(std::string bytes, std::function<void()> then);
  void SendPiece();
  // The response has been sent.
  void OnSent();

  void Deadline(absl::Duration after, std::function<void()> then);
  void End(bool in_order);

  const ConversationContext context_;
  const std::shared_ptr<Stream> stream_;
  std::function<void()> on_end_;
  std::unique_ptr<Timer> deadline_;
  std::unique_ptr<Timer> beat_;
  Phase phase_ = Phase::kHandshake;
  uint64_t idle_since_ = 0;

  // Reading.
  std::array<char, 8 << 10> buffer_;
  std::string received_;
  bool is_read_open_ = false;
  bool has_peer_ended_ = false;
  std::unique_ptr<RequestParser> parser_;

  // The request that is being answered.
  std::string route_;
  bool is_head_ = false;
  bool keep_alive_ = false;
  bool takes_chunks_ = false;
  bool finishing_ = false;
  // Shared with those who compute the response.
  std::shared_ptr<std::atomic<bool>> is_cancelled_;
  std::shared_ptr<Pipe> pipe_;

  // Writing.
  std::string sending_;
  size_t sent_ = 0;
  bool is_write_open_ = false;
  std::function<void()> after_send_;

  // Events.
  int64_t stream_id_ = 0;
  std::string waiting_events_;
  bool ends_after_events_ = false;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_HTTP_CONVERSATION_H_

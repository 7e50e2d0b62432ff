#ifndef FATHOM_SERVER_API_CALLERS_H_
#define FATHOM_SERVER_API_CALLERS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/server_context.h"
#include "proto/shared/token.h"
#include "server/api/gatekeeper.h"
#include "server/coordinator/ownership.h"

namespace fathom::server {

// Who is behind the calls that are open: for shares by name, and to end those
// whose token was taken back.
//
// This class is thread-safe.
class Callers {
 public:
  // Ends a call with a status; may be called when it has ended already.
  using End = std::function<void(const absl::Status&)>;

  // `gatekeeper` decides about tokens; null: there are none.
  explicit Callers(std::shared_ptr<Gatekeeper> gatekeeper)
      : gatekeeper_(std::move(gatekeeper)) {}

  // Returns the name of the token that a call came with; empty where callers
  // are not told apart: without tokens, and in this process.
  std::string NameOf(const grpc::CallbackServerContext& context) const;

  // Returns who makes a call, and whether that one may change what others own:
  // admins, and everybody where there are no tokens.
  Caller Who(const grpc::CallbackServerContext& context) const;

  // Keeps a call among the open ones for as long as it lives.
  class Call {
   public:
    ~Call() { callers_->Remove(id_); }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    const std::string& name() const { return name_; }

   private:
    friend class Callers;
    Call(Callers* callers, uint64_t id, std::string name)
        : callers_(callers), id_(id), name_(std::move(name)) {}

    Callers* const callers_;
    const uint64_t id_;
    const std::string name_;
  };

  // Registers a call that may last. `end` is called, without a lock, when its
  // token is taken back. UNAUTHENTICATED when that has happened already.
  absl::StatusOr<std::unique_ptr<Call>> Open(
      const grpc::CallbackServerContext& context, End end);

  // Ends the calls whose token is not what it was. To be called after the
  // gatekeeper has been given others.
  void EndRevoked();

 private:
  struct OpenCall {
    TokenEntry token;
    End end;
  };

  void Remove(uint64_t id);

  const std::shared_ptr<Gatekeeper> gatekeeper_;
  absl::Mutex mutex_;
  std::map<uint64_t, OpenCall> calls_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_CALLERS_H_

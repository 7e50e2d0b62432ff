#ifndef FATHOM_SERVER_API_CALLERS_H_
#define FATHOM_SERVER_API_CALLERS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
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

// Knows the tokens of open calls: to give each caller a share, and to end the
// calls whose token was taken back.
//
// This class is thread-safe.
class Callers {
 public:
  // Ends a call with a status. It may be called after the call has ended.
  using End = std::function<void(const absl::Status&)>;

  // `gatekeeper` knows the tokens; null where there are no tokens.
  explicit Callers(std::shared_ptr<Gatekeeper> gatekeeper)
      : gatekeeper_(std::move(gatekeeper)) {}

  // Returns the name of the token that a call came with. It is empty without
  // tokens and for calls from this process, where callers are not
  // distinguished.
  std::string NameOf(const grpc::CallbackServerContext& context) const;

  // Returns who makes a call, and whether the caller may change what others
  // own, as admins may, and everybody where there are no tokens.
  Caller Who(const grpc::CallbackServerContext& context) const;

  // Returns the entry of the token that a call came with: nothing without
  // tokens, for calls from this process, and for tokens that do not exist.
  std::optional<TokenEntry> TokenOf(
      const grpc::CallbackServerContext& context) const;

  // Returns OK when `token`, which came in the message of a call because the
  // caller has no other way to show it, may call `method`; see
  // Gatekeeper::Admit. Always OK without tokens.
  absl::Status AdmitToken(absl::string_view token,
                          absl::string_view method) const;

  // Keeps a call among the open calls for as long as this object lives.
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

  // Registers a call that may last long. `end` is called, without a lock held,
  // when the token of the call is taken back. UNAUTHENTICATED when it has been
  // taken back already.
  absl::StatusOr<std::unique_ptr<Call>> Open(
      const grpc::CallbackServerContext& context, End end);

  // Ends the calls whose token no longer exists with the same name and role. To
  // be called after the gatekeeper has been given new tokens.
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

#ifndef FATHOM_WORKER_SESSION_PERSIST_H_
#define FATHOM_WORKER_SESSION_PERSIST_H_

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "proto/shared/log.h"
#include "proto/shared/retry.h"
#include "worker/session/mailbox.h"

namespace fathom::worker {

// Whether trying again cannot help, because the spec or the data is at fault or
// because this worker cannot get it.
inline bool IsPermanent(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsFailedPrecondition(status);
}

// Calls `fetch` until it succeeds or fails permanently. CANCELLED when the
// lease is to end before.
template <typename Fetch>
auto Persist(Mailbox& mailbox, const HeldLease& held, Fetch fetch)
    -> decltype(fetch()) {
  Backoff backoff;
  while (true) {
    auto result = fetch();
    if (result.ok() || IsPermanent(result.status())) return result;
    if (held.ended() || !mailbox.SleepUnlessStopping(backoff.Next())) {
      return absl::CancelledError("the lease has ended");
    }
    Log(LogLevel::kWarning,
        absl::StrCat("trying again: ", result.status().message()));
  }
}

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_PERSIST_H_

#ifndef FATHOM_CLIENT_UI_DATA_SHARED_ANSWERS_H_
#define FATHOM_CLIENT_UI_DATA_SHARED_ANSWERS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/ui/exchange.h"

namespace fathom::client {

// Lets pages that ask for the same at about the same time share one answer, so
// that five people who watch a sweep cost its coordinator hardly more than one.
// All of them may read everything, so it does not matter whose connection was
// used.
//
// An answer is shared by who asks while it is computed or within `fresh` of its
// beginning, for as long as the version of what pages are told stays the same.
// A page that has heard of a change thereby never gets an answer from before.
// Only whole answers to GET are shared, in bounded memory; errors are not.
// After another method nothing from before is shared.
//
// This class is thread-safe.
class SharedAnswers {
 public:
  // `version` changes when pages are told of a change. With a `fresh` of zero
  // nothing is shared.
  SharedAnswers(absl::Duration fresh, std::function<int64_t()> version,
                std::function<absl::Time()> now);

  // Returns the answer to the request, which `compute` finds unless there is
  // one to share.
  UiResponse Get(const UiRequest& request,
                 absl::FunctionRef<UiResponse()> compute);

 private:
  struct Answer {
    absl::Time begun;
    bool ended = false;
    bool good = false;  // May be shared.
    UiResponse response;
  };

  // Forgets answers that nobody will share any more.
  void Forget(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const absl::Duration fresh_;
  const std::function<int64_t()> version_;
  const std::function<absl::Time()> now_;
  absl::Mutex mutex_;
  // By everything that an answer depends on.
  absl::flat_hash_map<std::string, std::shared_ptr<Answer>> answers_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_SHARED_ANSWERS_H_

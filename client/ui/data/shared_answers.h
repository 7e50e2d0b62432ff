#ifndef FATHOM_CLIENT_UI_DATA_SHARED_ANSWERS_H_
#define FATHOM_CLIENT_UI_DATA_SHARED_ANSWERS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/ui/data/rounds.h"
#include "client/ui/exchange.h"

namespace fathom::client {

// Lets pages that ask for the same share one answer, and keeps what all of them
// cost a coordinator within bounds, however many people watch and whatever the
// size of what they watch.
//
// Time is cut into rounds (see Rounds), and a question is answered anew once in
// a round. Who asks again before gets the answer from this round, with headers
// when something has changed since: Fathom-Age, how many seconds old it is, and
// Fathom-Next, in how many seconds a newer one is to be had. What nobody has
// asked yet, and what somebody asks for anew by hand, is answered at once, and
// counts.
//
// Only whole answers to GET are kept, in bounded memory; errors are not. Those
// without a tag say that they are not finished, and are kept for a moment. Of
// answers for which there is no room the tag is kept, which is enough for pages
// that have them. After a change nothing from before is kept. All viewers may
// read everything, so it does not matter whose connection was used.
//
// This class is thread-safe.
class SharedAnswers {
 public:
  struct Options {
    // With a shortest round of zero nothing is kept.
    Rounds::Rule rule = {};
    // Changes when pages are told of a change.
    std::function<int64_t()> version = nullptr;
    // Changes with what must be seen at once, such as the end of a sweep: the
    // next round then begins.
    std::function<int64_t()> turn = nullptr;
    std::function<absl::Time()> now = nullptr;
    // What the calls of this thread have cost their coordinator so far.
    std::function<absl::Duration()> cost = nullptr;
  };

  explicit SharedAnswers(Options options);

  // Returns the answer to the request, which `compute` finds unless there is
  // one to share. It is handed the request with the tag of what is kept.
  UiResponse Get(const UiRequest& request,
                 absl::FunctionRef<UiResponse(const UiRequest&)> compute);

  // Counts what something else has cost for the sake of answers.
  void Charge(absl::Duration cost);

 private:
  struct Answer {
    bool computing = false;
    bool has_body = false;
    int64_t version = 0;  // When it was begun.
    absl::Time begun = absl::InfinitePast();
    absl::Time asked = absl::InfinitePast();
    UiResponse response = {};  // Without a body unless has_body.
  };

  // Whether an answer is new enough for who asks at `now`.
  bool IsFresh(const Answer& answer, absl::Time now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Returns what is kept as the answer to a request, or nothing where that
  // takes a body and only the tag was kept.
  std::optional<UiResponse> Kept(const Answer& answer, const UiRequest& request,
                                 absl::Time now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Begins the next round when it is time.
  void TurnRounds(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Returns the place of an answer, for which there is room.
  std::shared_ptr<Answer> PlaceOf(const std::string& key)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Keep(const std::string& key, Answer& answer, const UiResponse& response)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  absl::Mutex mutex_;
  Rounds rounds_ ABSL_GUARDED_BY(mutex_);
  int64_t turn_ ABSL_GUARDED_BY(mutex_) = 0;
  // By everything that an answer depends on.
  absl::flat_hash_map<std::string, std::shared_ptr<Answer>> answers_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_SHARED_ANSWERS_H_

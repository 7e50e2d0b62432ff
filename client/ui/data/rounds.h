#ifndef FATHOM_CLIENT_UI_DATA_ROUNDS_H_
#define FATHOM_CLIENT_UI_DATA_ROUNDS_H_

#include <algorithm>

#include "absl/time/time.h"

namespace fathom::client {

// Says when what is on the open pages may be asked for again: a round lasts
// `spacing` times as long as the processor time that its answers have cost the
// coordinator, so that watching takes at most that part of one of its cores.
//
// Not thread-safe.
class Rounds {
 public:
  struct Rule {
    absl::Duration shortest = absl::ZeroDuration();
    double spacing = 100;
  };

  explicit Rounds(const Rule& rule) : rule_(rule) {}

  // Begins the next round if this one is over at `now`, or if `at_once` is set;
  // then what this one has cost counts for the next one as well. Returns
  // whether a round has begun.
  bool Turn(absl::Time now, bool at_once) {
    // Also after a clock that was put back.
    const bool over = now >= end() || now < begin_;
    if (!over && !at_once) return false;
    if (over) spent_ = absl::ZeroDuration();
    before_ = begin_;
    begin_ = now;
    return true;
  }

  void Charge(absl::Duration cost) { spent_ += cost; }

  absl::Time begin() const { return begin_; }
  absl::Time begin_of_last() const { return before_; }
  // The earliest time of the next round, as far as is known now.
  absl::Time end() const {
    return begin_ + std::max(rule_.shortest, rule_.spacing * spent_);
  }

 private:
  const Rule rule_;
  absl::Time before_ = absl::InfinitePast();
  absl::Time begin_ = absl::InfinitePast();
  absl::Duration spent_ = absl::ZeroDuration();
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_ROUNDS_H_

#include "client/ui/data/trial_page.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "proto/sweep/printable.h"

namespace fathom::client {
namespace {

double KeyOf(TrialKey key, int64_t trial, const Outcome& outcome,
             const OutcomeTable::Reader& outcomes) {
  switch (key) {
    case TrialKey::kFinalLoss:
      return outcome.final_loss;
    case TrialKey::kBestLoss:
      return outcome.best_loss;
    case TrialKey::kSteps:
      return outcome.steps;
    case TrialKey::kSeconds:
      return outcomes.SecondsOf(trial);
    case TrialKey::kState:
      // Trials that were never given out come last, and so do others that wait.
      return outcome.state == v1::TRIAL_STATE_PENDING
                 ? kNoNumber
                 : static_cast<double>(outcome.state);
    case TrialKey::kTrial:
      break;
  }
  return static_cast<double>(trial);
}

// Whether row `a` comes before row `b`, of which neither lacks its key.
bool IsBefore(const TrialCursor& a, const TrialCursor& b, bool descending) {
  if (a.key != b.key) return descending ? a.key > b.key : a.key < b.key;
  return a.trial < b.trial;
}

// The page of a table by number in which every row is known by arithmetic.
TrialPage PageByNumber(const Selection& selection, bool descending,
                       const std::optional<TrialCursor>& after,
                       std::optional<int64_t> at, int64_t limit) {
  TrialPage page = {.total = selection.count()};
  int64_t place = descending ? selection.count() - 1 : 0;
  if (at.has_value()) {
    place = descending ? selection.CountBelow(*at + 1) - 1
                       : selection.CountBelow(*at);
  } else if (after.has_value()) {
    place = descending ? selection.CountBelow(after->trial) - 1
                       : selection.CountBelow(after->trial + 1);
  }
  const int64_t step = descending ? -1 : 1;
  for (; place >= 0 && place < selection.count(); place += step) {
    if (static_cast<int64_t>(page.trials.size()) == limit) {
      const int64_t last = page.trials.back();
      page.next = TrialCursor{static_cast<double>(last), last};
      break;
    }
    page.trials.push_back(selection.At(place));
  }
  return page;
}

// Collects the least rows after a cursor.
class LeastRows {
 public:
  LeastRows(bool descending, size_t most)
      : descending_(descending), most_(most) {}

  void Add(const TrialCursor& row) {
    const auto before = [this](const TrialCursor& a, const TrialCursor& b) {
      return IsBefore(a, b, descending_);
    };
    if (rows_.size() == most_ && !before(row, rows_.front())) return;
    rows_.push_back(row);
    std::push_heap(rows_.begin(), rows_.end(), before);
    if (rows_.size() <= most_) return;
    std::pop_heap(rows_.begin(), rows_.end(), before);
    rows_.pop_back();
  }
  std::vector<TrialCursor> Sorted() && {
    std::sort(rows_.begin(), rows_.end(),
              [this](const TrialCursor& a, const TrialCursor& b) {
                return IsBefore(a, b, descending_);
              });
    return std::move(rows_);
  }

 private:
  const bool descending_;
  const size_t most_;
  std::vector<TrialCursor> rows_;  // A heap with the last row in front.
};

// Returns up to `most` of the trials from `end` on, which have no outcome yet,
// after the cursor. By number they have their place, else they come last.
std::vector<TrialCursor> PendingRows(const Selection& selection, int64_t end,
                                     const TrialOrder& order,
                                     const std::optional<TrialCursor>& from,
                                     size_t most) {
  std::vector<TrialCursor> rows;
  const bool by_number = order.key == TrialKey::kTrial;
  const auto add = [&](int64_t trial) {
    rows.push_back({by_number ? static_cast<double>(trial) : kNoNumber, trial});
    return rows.size() < most;
  };
  const int64_t all = std::numeric_limits<int64_t>::max();
  if (by_number && order.descending) {
    selection.ForEachBackwards(end, from.has_value() ? from->trial : all, add);
  } else {
    const bool begun = from.has_value() && (by_number || std::isnan(from->key));
    selection.ForEach(begun ? std::max(end, from->trial + 1) : end, all, add);
  }
  return rows;
}

}  // namespace

std::string TrialCursor::Text() const {
  if (std::isnan(key)) return absl::StrCat("n:", trial);
  return absl::StrCat("v:", absl::Hex(std::bit_cast<uint64_t>(key)), ":",
                      trial);
}

absl::StatusOr<TrialCursor> TrialCursor::FromText(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  TrialCursor cursor = {.key = kNoNumber};
  uint64_t bits = 0;
  const bool without = parts.size() == 2 && parts[0] == "n";
  const bool with = parts.size() == 3 && parts[0] == "v" &&
                    absl::SimpleHexAtoi(parts[1], &bits);
  if ((!without && !with) || !absl::SimpleAtoi(parts.back(), &cursor.trial) ||
      cursor.trial < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "after: found \"", Excerpt(text), "\", expected a cursor of ours"));
  }
  if (with) cursor.key = std::bit_cast<double>(bits);
  return cursor;
}

TrialPage PageOf(const Selection& selection, const OutcomeTable* outcomes,
                 const TrialOrder& order,
                 const std::optional<TrialCursor>& after,
                 std::optional<int64_t> at, int64_t limit) {
  if (order.key == TrialKey::kTrial && !selection.needs_outcomes()) {
    return PageByNumber(selection, order.descending, after, at, limit);
  }
  const OutcomeTable::Reader reader(*outcomes);
  TrialPage page;
  // One more than the page has tells whether there is a next one.
  const auto most = static_cast<size_t>(limit) + 1;
  LeastRows least(order.descending, most);
  std::vector<TrialCursor> without;  // The first rows without a key.
  const bool after_keys = after.has_value() && std::isnan(after->key);
  std::optional<TrialCursor> from = after;
  if (order.key == TrialKey::kTrial && at.has_value()) {
    // The row before the one that is asked for.
    const int64_t before = order.descending ? *at + 1 : *at - 1;
    from = TrialCursor{static_cast<double>(before), before};
  }
  selection.ForEach(0, reader.end(), [&](int64_t trial) {
    const Outcome outcome = reader.At(trial);
    if (!selection.Meets(outcome)) return true;
    ++page.total;
    const TrialCursor row = {KeyOf(order.key, trial, outcome, reader), trial};
    if (!std::isnan(row.key)) {
      if (!after_keys &&
          (!from.has_value() || IsBefore(*from, row, order.descending))) {
        least.Add(row);
      }
    } else if (without.size() < most && (!after_keys || trial > after->trial)) {
      without.push_back(row);
    }
    return true;
  });
  std::vector<TrialCursor> rows = std::move(least).Sorted();
  rows.insert(rows.end(), without.begin(), without.end());
  // Trials that were never given out are alike.
  if (selection.Meets(reader.At(reader.end()))) {
    page.total += selection.count() - selection.CountBelow(reader.end());
    const std::vector<TrialCursor> pending =
        PendingRows(selection, reader.end(), order, from, most);
    const bool first = order.key == TrialKey::kTrial && order.descending;
    rows.insert(first ? rows.begin() : rows.end(), pending.begin(),
                pending.end());
  }
  if (rows.size() > most) rows.resize(most);
  if (rows.size() == most) {
    rows.pop_back();
    page.next = rows.back();
  }
  for (const TrialCursor& row : rows) page.trials.push_back(row.trial);
  return page;
}

}  // namespace fathom::client

#ifndef FATHOM_PROTO_SWEEP_HELD_OUT_H_
#define FATHOM_PROTO_SWEEP_HELD_OUT_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/validate.h"

// Says which rows of its data a trial is trained on, and which ones are held
// out.
namespace fathom {

// The rows from `begin` to `end`, without `end`.
struct RowRange {
  int64_t begin = 0;
  int64_t end = 0;

  int64_t size() const { return end - begin; }
};

// What becomes of all rows of a dataset. Ranges that are not empty do not
// overlap.
struct RowSplit {
  // The rows that are trained on: 1 to 3 ranges that ascend, none empty.
  std::vector<RowRange> train;
  // The rows that are held out; empty ranges where there are none.
  RowRange test;
  RowRange validation;

  int64_t train_rows() const;
  bool holds_out() const { return test.size() > 0 || validation.size() > 0; }
};

// Splits the `rows` rows of the data of a normalized `spec`. Returns nothing,
// and appends an objection to `violations`, when a part does not lie within the
// data, both parts overlap, or fewer than two rows are left to train on.
std::optional<RowSplit> SplitRows(const v1::DataSpec& spec, int64_t rows,
                                  std::vector<Violation>* violations);

// Appends an objection when the data of some trial of `spec`, whose axes are
// valid, cannot be split as the trial says, or has fewer rows to train on than
// a conv_net has in a batch. The data have `rows` rows; without `rows` they are
// the trial's synthetic data. Sweeps whose axes allow more than 10^4 different
// splits are not looked at.
void CheckSplits(const v1::SweepSpec& spec, std::optional<int64_t> rows,
                 std::vector<Violation>* violations);

// Whether the field at `path` says which rows are held out. Trials with other
// values of it have other data: an axis over `validation.from` is a
// cross-validation.
bool IsHeldOutField(absl::string_view path);

// Whether an axis of a normalized `spec` varies which rows are held out.
bool VariesHeldOut(const v1::SweepSpec& spec);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_HELD_OUT_H_

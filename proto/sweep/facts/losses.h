#ifndef FATHOM_PROTO_SWEEP_FACTS_LOSSES_H_
#define FATHOM_PROTO_SWEEP_FACTS_LOSSES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom {

// One row of the table of losses: what specs, ledger and statistics know of
// one. How it is computed, and at what cost, is worker/engine's table.
struct LossFacts {
  v1::LossKind kind = v1::LOSS_KIND_UNSPECIFIED;
  // The scalar fields of LossSpec that it uses beside `kind`, as paths:
  // "loss.lp".
  absl::Span<const char* const> fields;
  // Whether its targets are the labels of classes, 0 and 1, as `one_hot` and
  // `target_class` make them, and not numbers.
  bool labels = false;
};

// Returns all rows, in the order of the enum.
absl::Span<const LossFacts> Losses();

// Returns the row of a kind, that of l_p for a kind that is not set; null for a
// kind that this program does not know.
const LossFacts* FindLoss(v1::LossKind kind);

// Whether `kind` uses the field at `path`, and whether any loss does.
bool LossUsesField(v1::LossKind kind, absl::string_view path);
bool IsLossField(absl::string_view path);

// Returns the name of a kind in specs, "lp", and the kind of a name:
// unspecified, which means l_p, for a name that is none.
std::string LossName(v1::LossKind kind);
v1::LossKind LossNamed(absl::string_view name);

// Unsets the fields of a trial's loss that its kind does not use.
void ClearUnusedLossFields(v1::TrialSpec* trial);

// Returns a normalized loss without the fields that its kind does not use, and
// with the kind written out. Two normalized losses are the same function
// exactly when these are equal. One of a kind that is not known comes back as
// it is.
v1::LossSpec CanonicalLoss(const v1::LossSpec& loss);

// Returns the power of a residual r that a loss is made of where r is small: a
// rounding error of e in r changes the loss by about e to this power.
double ResidualPower(const v1::LossSpec& loss);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_FACTS_LOSSES_H_

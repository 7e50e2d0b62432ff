#ifndef FATHOM_PROTO_SWEEP_FACTS_LOSSES_H_
#define FATHOM_PROTO_SWEEP_FACTS_LOSSES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom {

// One row of the table of losses: what specs, the ledger and the statistics
// know of a loss. How a loss is computed, and at what cost, is in a table of
// worker/engine (linear/loss_rules.cc).
struct LossFacts {
  v1::LossKind kind = v1::LOSS_KIND_UNSPECIFIED;
  // The scalar fields of LossSpec that the loss uses beside `kind`, as paths
  // such as "loss.lp".
  absl::Span<const char* const> fields;
  // Whether the targets of the loss are labels of classes, 0 and 1, as
  // `one_hot` and `target_class` make them, rather than any numbers.
  bool labels = false;
  // Whether it is computed of the entries of a matrix to complete, too.
  bool entries = false;
};

// Returns all rows, in the order of the enum.
absl::Span<const LossFacts> Losses();

// Returns the row of a kind of loss, that of l_p when the kind is not set, or
// null for a kind that this program does not know.
const LossFacts* FindLoss(v1::LossKind kind);

// LossUsesField says whether the loss `kind` uses the field at `path`;
// IsLossField says whether any loss does.
bool LossUsesField(v1::LossKind kind, absl::string_view path);
bool IsLossField(absl::string_view path);

// LossName returns the name of a kind in specs, such as "lp"; "" for an unknown
// kind. LossNamed returns the kind of a name; LOSS_KIND_UNSPECIFIED, which
// means l_p, for a name that no loss has.
std::string LossName(v1::LossKind kind);
v1::LossKind LossNamed(absl::string_view name);

// Unsets the fields of a trial's loss that the kind of the loss does not use.
void ClearUnusedLossFields(v1::TrialSpec* trial);

// Returns a normalized loss without the fields that its kind does not use, and
// with the kind written out. Two normalized losses are the same function
// exactly when the results are equal. A loss of an unknown kind is returned as
// it is.
v1::LossSpec CanonicalLoss(const v1::LossSpec& loss);

// Returns the power with which a loss grows in a small residual r, p for l_p
// and 1 otherwise: a rounding error e in r changes the loss by about e to this
// power.
double ResidualPower(const v1::LossSpec& loss);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_FACTS_LOSSES_H_

#ifndef FATHOM_WORKER_THEORY_THEORY_H_
#define FATHOM_WORKER_THEORY_THEORY_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fathom/v1/theory.pb.h"
#include "worker/theory/formulas.h"

// Checks the theorems numerically, on the machine at hand. A check compares a
// formula of the papers with what the kernels do, in several settings. The
// tolerance is what the formula neglects, and no more. All numbers are computed
// from fixed seeds.
namespace fathom::worker {

// Returns the names of the claims that can be checked, in the order of the
// papers, such as "theorem-1".
std::vector<std::string> TheoryClaims();

// Checks the claims whose name or title contains `only`, in upper or lower
// case, or all claims when `only` is empty. Calls `on_claim` with the title
// before each claim. INVALID_ARGUMENT when there is no such claim. All claims
// together take about a second. Thread-safe.
absl::StatusOr<v1::TheoryReport> CheckTheory(
    absl::string_view only,
    absl::FunctionRef<void(absl::string_view title)> on_claim,
    const theory::Formulas& formulas = theory::PaperFormulas());

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_THEORY_THEORY_H_

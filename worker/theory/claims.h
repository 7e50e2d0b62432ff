#ifndef FATHOM_WORKER_THEORY_CLAIMS_H_
#define FATHOM_WORKER_THEORY_CLAIMS_H_

#include "worker/theory/finding.h"
#include "worker/theory/formulas.h"

// The checks of the claims. Each is in a file of its own, claim_NAME.cc, which
// says above the function what is claimed, how it is measured and where the
// tolerances come from. A check takes seconds at most, and always finds the
// same.
namespace fathom::worker::theory {

Findings CheckWarmUp(const Formulas& formulas);
Findings CheckEndToEndDynamics(const Formulas& formulas);
Findings CheckWidth(const Formulas& formulas);
Findings CheckBalancedness(const Formulas& formulas);
Findings CheckPreconditioner(const Formulas& formulas);
Findings CheckSingleOutput(const Formulas& formulas);
Findings CheckRegularization(const Formulas& formulas);
Findings CheckAcceleration(const Formulas& formulas);
Findings CheckRankOne(const Formulas& formulas);
Findings CheckSingularValues(const Formulas& formulas);
Findings CheckSaxe(const Formulas& formulas);

}  // namespace fathom::worker::theory

#endif  // FATHOM_WORKER_THEORY_CLAIMS_H_

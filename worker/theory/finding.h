#ifndef FATHOM_WORKER_THEORY_FINDING_H_
#define FATHOM_WORKER_THEORY_FINDING_H_

#include <limits>
#include <string>
#include <vector>

namespace fathom::worker::theory {

// A prediction of a claim beside what was measured; TheoryCheck in theory.proto
// explains the fields.
struct Finding {
  std::string statement;
  std::string setting;
  double predicted = 0;
  double measured = 0;
  double residual = 0;
  double tolerance = 0;
};
using Findings = std::vector<Finding>;

// Whether the prediction holds. It does not hold when a number is not finite.
bool Holds(const Finding& finding);

inline constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

// The largest distance that a measured order of convergence may have from a
// predicted one. From values a h^q (1 + b h + ...) at h and h/2 one measures
// the order q + b h / (2 ln 2), which is off by one or two hundredths at the
// step sizes of the checks. An error in a formula leaves something that does
// not vanish with h, and turns the order towards that of the error.
inline constexpr double kOrderTolerance = 0.05;

// Compares the order log2(coarse / fine) with `predicted`, where `coarse` was
// measured at some h and `fine` at h / 2. The two values are added to the
// setting.
Finding OrderFinding(std::string statement, std::string setting,
                     double predicted, double coarse, double fine,
                     double tolerance = kOrderTolerance);

// Compares two numbers by |measured - predicted| / |predicted|.
Finding RelativeFinding(std::string statement, std::string setting,
                        double predicted, double measured, double tolerance);

// Returns the finding that is farthest outside of its tolerance or, when all
// are inside, the one nearest to its bound.
Finding Worst(const Findings& findings);

}  // namespace fathom::worker::theory

#endif  // FATHOM_WORKER_THEORY_FINDING_H_

#ifndef FATHOM_WORKER_THEORY_FINDING_H_
#define FATHOM_WORKER_THEORY_FINDING_H_

#include <limits>
#include <string>
#include <vector>

namespace fathom::worker::theory {

// What a claim predicts beside what was measured; see TheoryCheck in
// theory.proto for the fields.
struct Finding {
  std::string statement;
  std::string setting;
  double predicted = 0;
  double measured = 0;
  double residual = 0;
  double tolerance = 0;
};
using Findings = std::vector<Finding>;

// Whether the prediction holds. Not if anything was not a number.
bool Holds(const Finding& finding);

inline constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

// Largest distance of a measured order of convergence from a predicted one.
// From values a h^q (1 + b h + ...) at h and h/2 one measures q + b h / (2 ln
// 2): at the step sizes of the checks one or two hundredths. An error in a
// formula leaves something that does not vanish with h, and turns the order
// towards that of the error.
inline constexpr double kOrderTolerance = 0.05;

// Compares the order log2(coarse / fine) of what was measured at some h and at
// h / 2 with `predicted`. The values themselves go into the setting.
Finding OrderFinding(std::string statement, std::string setting,
                     double predicted, double coarse, double fine,
                     double tolerance = kOrderTolerance);

// Compares two numbers by |measured - predicted| / |predicted|.
Finding RelativeFinding(std::string statement, std::string setting,
                        double predicted, double measured, double tolerance);

// Returns the finding that is farthest outside, or least inside, its tolerance.
Finding Worst(const Findings& findings);

}  // namespace fathom::worker::theory

#endif  // FATHOM_WORKER_THEORY_FINDING_H_

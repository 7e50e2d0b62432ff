#include "worker/theory/finding.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace fathom::worker::theory {
namespace {

// Returns the residual relative to the tolerance, which is small for what holds
// well; infinity when it is not a number.
double Excess(const Finding& finding) {
  const double excess = finding.residual / finding.tolerance;
  return std::isnan(excess) ? std::numeric_limits<double>::infinity() : excess;
}

}  // namespace

bool Holds(const Finding& finding) {
  return std::isfinite(finding.measured) &&
         finding.residual <= finding.tolerance;
}

Finding OrderFinding(std::string statement, std::string setting,
                     double predicted, double coarse, double fine,
                     double tolerance) {
  const double order = std::log2(coarse / fine);
  absl::StrAppend(&setting, absl::StrFormat(": %.2e, %.2e", coarse, fine));
  return {.statement = std::move(statement),
          .setting = std::move(setting),
          .predicted = predicted,
          .measured = order,
          .residual = std::fabs(order - predicted),
          .tolerance = tolerance};
}

Finding RelativeFinding(std::string statement, std::string setting,
                        double predicted, double measured, double tolerance) {
  return {.statement = std::move(statement),
          .setting = std::move(setting),
          .predicted = predicted,
          .measured = measured,
          .residual = std::fabs(measured - predicted) / std::fabs(predicted),
          .tolerance = tolerance};
}

Finding Worst(const Findings& findings) {
  return *std::max_element(
      findings.begin(), findings.end(),
      [](const Finding& a, const Finding& b) { return Excess(a) < Excess(b); });
}

}  // namespace fathom::worker::theory

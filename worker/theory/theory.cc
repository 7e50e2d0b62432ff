#include "worker/theory/theory.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "worker/theory/claims.h"

namespace fathom::worker {
namespace {

struct Claim {
  const char* name;
  const char* title;
  theory::Findings (*check)(const theory::Formulas& formulas);
};

constexpr Claim kClaims[] = {
    {"warm-up", "Warm-up", theory::CheckWarmUp},
    {"theorem-1", "Theorem 1", theory::CheckEndToEndDynamics},
    {"width", "Independence of width", theory::CheckWidth},
    {"balancedness", "Balancedness", theory::CheckBalancedness},
    {"claim-1", "Claim 1", theory::CheckPreconditioner},
    {"claim-2", "Claim 2", theory::CheckSingleOutput},
    {"theorem-2", "Theorem 2", theory::CheckRegularization},
    {"acceleration", "Acceleration", theory::CheckAcceleration},
    {"rank-one", "Rank one", theory::CheckRankOne},
    {"singular-values", "Singular values", theory::CheckSingularValues},
    {"saxe", "Saxe's modes", theory::CheckSaxe},
};

bool IsMeant(const Claim& claim, const std::string& only) {
  return absl::StrContains(claim.name, only) ||
         absl::StrContains(absl::AsciiStrToLower(claim.title), only);
}

void AddCheck(const Claim& claim, const theory::Finding& finding,
              v1::TheoryReport* report) {
  v1::TheoryCheck& check = *report->add_checks();
  check.set_claim(claim.title);
  check.set_statement(finding.statement);
  check.set_setting(finding.setting);
  check.set_predicted(finding.predicted);
  check.set_measured(finding.measured);
  check.set_residual(finding.residual);
  check.set_tolerance(finding.tolerance);
  check.set_holds(theory::Holds(finding));
}

}  // namespace

std::vector<std::string> TheoryClaims() {
  std::vector<std::string> names;
  for (const Claim& claim : kClaims) names.emplace_back(claim.name);
  return names;
}

absl::StatusOr<v1::TheoryReport> CheckTheory(
    absl::string_view only,
    absl::FunctionRef<void(absl::string_view title)> on_claim,
    const theory::Formulas& formulas) {
  const std::string wanted = absl::AsciiStrToLower(only);
  v1::TheoryReport report;
  for (const Claim& claim : kClaims) {
    if (!IsMeant(claim, wanted)) continue;
    on_claim(claim.title);
    for (const theory::Finding& finding : claim.check(formulas)) {
      AddCheck(claim, finding, &report);
    }
  }
  if (report.checks().empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "no claim has \"", only, "\" in its name; expected part of ",
        absl::StrJoin(TheoryClaims(), ", ")));
  }
  return report;
}

}  // namespace fathom::worker

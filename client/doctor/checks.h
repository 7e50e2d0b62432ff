#ifndef FATHOM_CLIENT_DOCTOR_CHECKS_H_
#define FATHOM_CLIENT_DOCTOR_CHECKS_H_

#include <vector>

#include "absl/types/span.h"
#include "client/doctor/facts.h"
#include "client/doctor/finding.h"

namespace fathom::client {

// A check: what it is about, and the function that finds something. It finds
// nothing where what it needs was not looked at.
struct Check {
  const char* area;  // "machine", "configuration", "files", "ledger", "server".
  const char* name;  // Unique.
  std::vector<Finding> (*run)(const Facts& facts);
};

// Returns all checks, in the order in which they are shown.
absl::Span<const Check> AllChecks();

// What one check has found.
struct CheckResult {
  const Check* check;
  Finding finding;
};

// Runs all checks.
std::vector<CheckResult> RunChecks(const Facts& facts);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DOCTOR_CHECKS_H_

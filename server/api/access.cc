#include "server/api/access.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace fathom::server {
namespace {

#define SWEEPS "/fathom.v1.SweepService/"
#define WORKERS "/fathom.v1.WorkerService/"

// The columns are worker, read, submit. Readers see everything and change
// nothing; submitters also submit and change sweeps; workers see what they
// train on and nothing else. Only admins may send workers home or take a copy
// of the whole ledger. An rpc that is missing here is refused to everyone.
constexpr AccessRule kRules[] = {
    // clang-format off
    {SWEEPS "Audit",          false, true,  true},
    {SWEEPS "Backup",         false, false, false},
    {SWEEPS "CancelSweep",    false, false, true},
    {SWEEPS "CreateSweep",    false, false, true},
    {SWEEPS "DeleteSweep",    false, false, true},
    {SWEEPS "DrainWorkers",   false, false, false},
    {SWEEPS "GetCaller",      false, true,  true},
    {SWEEPS "GetDatasetInfo", false, true,  true},
    {SWEEPS "GetSweep",       false, true,  true},
    {SWEEPS "GetTelemetry",   false, true,  true},
    {SWEEPS "GetTrial",       false, true,  true},
    {SWEEPS "ListSweeps",     false, true,  true},
    {SWEEPS "ListWorkers",    false, true,  true},
    {SWEEPS "Query",          false, true,  true},
    {SWEEPS "ReadCurves",     false, true,  true},
    {SWEEPS "RetrySweep",     false, false, true},
    {SWEEPS "UpdateSweep",    false, false, true},
    {SWEEPS "UploadDataset",  false, false, true},
    {WORKERS "GetCheckpoint", true,  false, false},
    {WORKERS "GetDataset",    true,  false, false},
    {WORKERS "GetOptimum",    true,  false, false},
    {WORKERS "GetSpec",       true,  false, false},
    {WORKERS "PutCheckpoint", true,  false, false},
    {WORKERS "Work",          true,  false, false},
    // Tools for gRPC ask whether a server is alive and what it offers.
    {"/grpc.health.v1.Health/Check", true, true, true},
    {"/grpc.health.v1.Health/Watch", true, true, true},
    {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
     false, true, true},
    // clang-format on
};

#undef SWEEPS
#undef WORKERS

bool Allows(const AccessRule& rule, Role role) {
  switch (role) {
    case Role::kWorker:
      return rule.worker;
    case Role::kRead:
      return rule.read;
    case Role::kSubmit:
      return rule.submit;
    case Role::kAdmin:
      return true;
  }
  return false;
}

// Returns the roles that may call, in words: "read, submit or admin".
std::string RolesOf(const AccessRule& rule) {
  const bool others = rule.worker || rule.read || rule.submit;
  return absl::StrCat(rule.worker ? "worker, " : "", rule.read ? "read, " : "",
                      rule.submit ? "submit " : "",
                      others ? "or admin" : "admin");
}

}  // namespace

absl::Span<const AccessRule> AccessRules() { return kRules; }

absl::Status CheckAccess(Role role, absl::string_view method) {
  const auto* rule =
      std::find_if(std::begin(kRules), std::end(kRules),
                   [&](const AccessRule& r) { return r.method == method; });
  if (rule == std::end(kRules)) {
    return absl::PermissionDeniedError("this call is not allowed to anyone");
  }
  if (Allows(*rule, role)) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat(
      method.substr(method.rfind('/') + 1), " takes a token with the role ",
      RolesOf(*rule), "; this one has the role ", RoleName(role)));
}

}  // namespace fathom::server

#include "server/api/access.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace fathom::server {
namespace {

#define SWEEPS "/fathom.v1.SweepService/"
#define WORKERS "/fathom.v1.WorkerService/"
#define SCALING "/fathom.v1.ScalingService/"
#define KEDA "/externalscaler.ExternalScaler/"

// The columns are worker, scale, read, submit. What starts and stops workers
// sees how much there is to do and nothing else. Readers see everything and
// change nothing; submitters also submit and change sweeps; workers see what
// they train on and nothing else. Only admins may send workers home or take a
// copy of the whole ledger. An rpc that is missing here is refused to everyone.
constexpr AccessRule kRules[] = {
    // clang-format off
    {SWEEPS "Audit",          false, false, true,  true},
    {SWEEPS "Backup",         false, false, false, false},
    {SWEEPS "CancelSweep",    false, false, false, true},
    {SWEEPS "CreateSweep",    false, false, false, true},
    {SWEEPS "DeleteSweep",    false, false, false, true},
    {SWEEPS "DrainWorkers",   false, false, false, false},
    {SWEEPS "GetCaller",      false, false, true,  true},
    {SWEEPS "GetDatasetInfo", false, false, true,  true},
    {SWEEPS "GetSweep",       false, false, true,  true},
    {SWEEPS "GetTelemetry",   false, false, true,  true},
    {SWEEPS "GetTrial",       false, false, true,  true},
    {SWEEPS "ListSweeps",     false, false, true,  true},
    {SWEEPS "ListWorkers",    false, false, true,  true},
    {SWEEPS "Query",          false, false, true,  true},
    {SWEEPS "ReadCurves",     false, false, true,  true},
    {SWEEPS "RetrySweep",     false, false, false, true},
    {SWEEPS "UpdateSweep",    false, false, false, true},
    {SWEEPS "UploadDataset",  false, false, false, true},
    {WORKERS "GetCheckpoint", true,  false, false, false},
    {WORKERS "GetDataset",    true,  false, false, false},
    {WORKERS "GetOptimum",    true,  false, false, false},
    {WORKERS "GetSpec",       true,  false, false, false},
    {WORKERS "PutCheckpoint", true,  false, false, false},
    {WORKERS "Work",          true,  false, false, false},
    {SCALING "GetLoad",       false, true,  true,  true},
    {KEDA "GetMetricSpec",    false, true,  false, false},
    {KEDA "GetMetrics",       false, true,  false, false},
    {KEDA "IsActive",         false, true,  false, false},
    {KEDA "StreamIsActive",   false, true,  false, false},
    // Tools for gRPC ask whether a server is alive and what it offers.
    {"/grpc.health.v1.Health/Check", true, true, true, true},
    {"/grpc.health.v1.Health/Watch", true, true, true, true},
    {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
     false, false, true, true},
    // clang-format on
};

#undef SWEEPS
#undef WORKERS
#undef SCALING
#undef KEDA

bool Allows(const AccessRule& rule, Role role) {
  switch (role) {
    case Role::kWorker:
      return rule.worker;
    case Role::kScale:
      return rule.scale;
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
  const bool others = rule.worker || rule.scale || rule.read || rule.submit;
  return absl::StrCat(rule.worker ? "worker, " : "",
                      rule.scale ? "scale, " : "", rule.read ? "read, " : "",
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

#include "server/api/access.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "fathom/v1/scaling.pb.h"
#include "fathom/v1/sweep_service.pb.h"
#include "fathom/v1/worker_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "keda/externalscaler.pb.h"
#include "tests/testing/status_matchers.h"

namespace fathom::server {
namespace {

using test::StatusIs;

constexpr Role kRoles[] = {Role::kWorker, Role::kScale, Role::kRead,
                           Role::kSubmit, Role::kAdmin};

// Every method of the services, as gRPC names it.
std::set<std::string> Methods() {
  std::set<std::string> methods;
  for (const auto* file :
       {v1::CreateSweepRequest::descriptor()->file(),
        v1::WorkerMessage::descriptor()->file(), v1::Load::descriptor()->file(),
        externalscaler::MetricSpec::descriptor()->file()}) {
    for (int s = 0; s < file->service_count(); ++s) {
      const auto* service = file->service(s);
      for (int m = 0; m < service->method_count(); ++m) {
        methods.insert(absl::StrCat("/", service->full_name(), "/",
                                    service->method(m)->name()));
      }
    }
  }
  return methods;
}

TEST(AccessTest, EveryMethodHasOneRule) {
  std::set<std::string> ruled;
  for (const AccessRule& rule : AccessRules()) {
    EXPECT_TRUE(ruled.insert(std::string(rule.method)).second)
        << rule.method << " comes twice";
  }
  for (const std::string& method : Methods()) {
    EXPECT_TRUE(ruled.count(method))
        << method << ": say in server/api/access.cc who may call it";
  }
}

TEST(AccessTest, RulesAreForMethodsThatExist) {
  const std::set<std::string> methods = Methods();
  for (const AccessRule& rule : AccessRules()) {
    if (rule.method.substr(0, 6) == "/grpc.") continue;
    EXPECT_TRUE(methods.count(std::string(rule.method))) << rule.method;
  }
}

TEST(AccessTest, WhatIsNotInTheTableIsRefusedToEveryone) {
  for (const char* method :
       {"", "/", "/fathom.v1.SweepService/", "/fathom.v1.SweepService/Drop",
        "/fathom.v1.SweepService/GetSweep/", "/fathom.v1.SweepService/getsweep",
        "fathom.v1.SweepService/GetSweep"}) {
    for (Role role : kRoles) {
      EXPECT_THAT(CheckAccess(role, method),
                  StatusIs(absl::StatusCode::kPermissionDenied))
          << method;
    }
  }
}

// Everything once more, spelled out: who may call what is decided here and
// nowhere else, and a change of the table takes a change of this one.
TEST(AccessTest, EveryRoleMayCallWhatItIsForAndNothingElse) {
  struct Rule {
    const char* method;
    bool worker, scale, read, submit;
  };
  constexpr bool Y = true, n = false;
  const std::vector<Rule> expected = {
      {"SweepService/Audit", n, n, Y, Y},
      {"SweepService/Backup", n, n, n, n},
      {"SweepService/CancelSweep", n, n, n, Y},
      {"SweepService/CreateSweep", n, n, n, Y},
      {"SweepService/DeleteSweep", n, n, n, Y},
      {"SweepService/DrainWorkers", n, n, n, n},
      {"SweepService/GetCaller", n, n, Y, Y},
      {"SweepService/GetDatasetInfo", n, n, Y, Y},
      {"SweepService/GetSweep", n, n, Y, Y},
      {"SweepService/GetTelemetry", n, n, Y, Y},
      {"SweepService/GetTrial", n, n, Y, Y},
      {"SweepService/ListSweeps", n, n, Y, Y},
      {"SweepService/ListWorkers", n, n, Y, Y},
      {"SweepService/Query", n, n, Y, Y},
      {"SweepService/ReadCurves", n, n, Y, Y},
      {"SweepService/RetrySweep", n, n, n, Y},
      {"SweepService/UpdateSweep", n, n, n, Y},
      {"SweepService/UploadDataset", n, n, n, Y},
      {"WorkerService/GetCheckpoint", Y, n, n, n},
      {"WorkerService/GetDataset", Y, n, n, n},
      {"WorkerService/GetOptimum", Y, n, n, n},
      {"WorkerService/GetSpec", Y, n, n, n},
      {"WorkerService/PutCheckpoint", Y, n, n, n},
      {"WorkerService/Work", Y, n, n, n},
      {"ScalingService/GetLoad", n, Y, Y, Y},
  };
  std::set<std::string> methods;
  for (const Rule& rule : expected) {
    const std::string method = absl::StrCat("/fathom.v1.", rule.method);
    methods.insert(method);
    EXPECT_EQ(CheckAccess(Role::kWorker, method).ok(), rule.worker) << method;
    EXPECT_EQ(CheckAccess(Role::kScale, method).ok(), rule.scale) << method;
    EXPECT_EQ(CheckAccess(Role::kRead, method).ok(), rule.read) << method;
    EXPECT_EQ(CheckAccess(Role::kSubmit, method).ok(), rule.submit) << method;
    EXPECT_OK(CheckAccess(Role::kAdmin, method)) << method;
  }
  for (const char* name :
       {"GetMetricSpec", "GetMetrics", "IsActive", "StreamIsActive"}) {
    const std::string method =
        absl::StrCat("/externalscaler.ExternalScaler/", name);
    methods.insert(method);
    for (const Role role : kRoles) {
      EXPECT_EQ(CheckAccess(role, method).ok(),
                role == Role::kScale || role == Role::kAdmin)
          << method;
    }
  }
  for (const std::string& method : Methods()) {
    EXPECT_TRUE(methods.contains(method))
        << method << ": say here, too, who may call it";
  }
}

TEST(AccessTest, WhoeverMayQueryMayReadCurves) {
  for (const Role role : kRoles) {
    EXPECT_EQ(CheckAccess(role, "/fathom.v1.SweepService/ReadCurves").ok(),
              CheckAccess(role, "/fathom.v1.SweepService/Query").ok());
  }
}

}  // namespace
}  // namespace fathom::server

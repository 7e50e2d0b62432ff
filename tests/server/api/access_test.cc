#include "server/api/access.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "fathom/v1/sweep_service.pb.h"
#include "fathom/v1/worker_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "tests/testing/status_matchers.h"

namespace fathom {
namespace {

using test::StatusIs;

constexpr Role kRoles[] = {Role::kWorker, Role::kRead, Role::kSubmit,
                           Role::kAdmin};

// Every method of the two services, as gRPC names it.
std::set<std::string> Methods() {
  std::set<std::string> methods;
  for (const auto* file : {v1::CreateSweepRequest::descriptor()->file(),
                           v1::WorkerMessage::descriptor()->file()}) {
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
    if (rule.method.substr(0, 8) != "/fathom.") continue;
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

TEST(AccessTest, AdminMayCallEverythingAndReadersChangeNothing) {
  const std::set<std::string> changing = {
      "/fathom.v1.SweepService/CreateSweep",
      "/fathom.v1.SweepService/CancelSweep",
      "/fathom.v1.SweepService/UploadDataset"};
  for (const std::string& method : Methods()) {
    EXPECT_OK(CheckAccess(Role::kAdmin, method)) << method;
    const bool of_worker = method.find("WorkerService") != std::string::npos;
    EXPECT_EQ(CheckAccess(Role::kWorker, method).ok(), of_worker) << method;
    if (of_worker) {
      EXPECT_FALSE(CheckAccess(Role::kRead, method).ok()) << method;
      EXPECT_FALSE(CheckAccess(Role::kSubmit, method).ok()) << method;
    }
    // Whoever submits may also read.
    if (CheckAccess(Role::kRead, method).ok()) {
      EXPECT_OK(CheckAccess(Role::kSubmit, method)) << method;
    }
  }
  for (const std::string& method : changing) {
    EXPECT_FALSE(CheckAccess(Role::kRead, method).ok()) << method;
    EXPECT_OK(CheckAccess(Role::kSubmit, method)) << method;
  }
}

TEST(AccessTest, WhoeverMayQueryMayReadCurves) {
  for (const Role role : kRoles) {
    EXPECT_EQ(CheckAccess(role, "/fathom.v1.SweepService/ReadCurves").ok(),
              CheckAccess(role, "/fathom.v1.SweepService/Query").ok());
  }
}

}  // namespace
}  // namespace fathom

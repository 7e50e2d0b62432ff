#include "server/api/call_counts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "server/api/access.h"

namespace fathom::server {
namespace {

using ::grpc::experimental::InterceptionHookPoints;
using ::grpc::experimental::Interceptor;
using ::grpc::experimental::InterceptorBatchMethods;
using ::grpc::experimental::ServerInterceptorFactoryInterface;
using ::grpc::experimental::ServerRpcInfo;

constexpr char kStreamMethod[] = "/Work";

// Names as gRPC writes them, by number.
constexpr const char* kCodeNames[] = {"OK",
                                      "CANCELLED",
                                      "UNKNOWN",
                                      "INVALID_ARGUMENT",
                                      "DEADLINE_EXCEEDED",
                                      "NOT_FOUND",
                                      "ALREADY_EXISTS",
                                      "PERMISSION_DENIED",
                                      "RESOURCE_EXHAUSTED",
                                      "FAILED_PRECONDITION",
                                      "ABORTED",
                                      "OUT_OF_RANGE",
                                      "UNIMPLEMENTED",
                                      "INTERNAL",
                                      "UNAVAILABLE",
                                      "DATA_LOSS",
                                      "UNAUTHENTICATED"};

// Counts one call when its status is about to be sent.
class CountingInterceptor final : public Interceptor {
 public:
  CountingInterceptor(CallCounts* counts, const char* method)
      : counts_(counts), method_(method) {}

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            InterceptionHookPoints::PRE_SEND_STATUS)) {
      counts_->Add(method_, methods->GetSendStatus().error_code());
    }
    methods->Proceed();
  }

 private:
  CallCounts* const counts_;
  const absl::string_view method_;
};

class InterceptorFactory final : public ServerInterceptorFactoryInterface {
 public:
  explicit InterceptorFactory(CallCounts* counts) : counts_(counts) {}

  Interceptor* CreateServerInterceptor(ServerRpcInfo* info) override {
    if (absl::EndsWith(info->method(), kStreamMethod)) return nullptr;
    return new CountingInterceptor(counts_, info->method());
  }

 private:
  CallCounts* const counts_;
};

}  // namespace

CallCounts::CallCounts() : counts_(AccessRules().size() + 1) {}

void CallCounts::Add(absl::string_view method, int code) {
  const auto rules = AccessRules();
  const auto rule =
      std::find_if(rules.begin(), rules.end(),
                   [&](const AccessRule& r) { return r.method == method; });
  const auto number = static_cast<size_t>(std::clamp(code, 0, 16));
  counts_[static_cast<size_t>(rule - rules.begin())][number].fetch_add(
      1, std::memory_order_relaxed);
}

std::vector<CallCounts::Count> CallCounts::All() const {
  std::vector<Count> all;
  const auto rules = AccessRules();
  for (size_t i = 0; i < counts_.size(); ++i) {
    for (size_t code = 0; code < kCodes; ++code) {
      const int64_t calls = counts_[i][code].load(std::memory_order_relaxed);
      if (calls == 0) continue;
      std::string method = "other";
      if (i < rules.size()) {
        const absl::string_view name = rules[i].method;
        method = std::string(name.substr(name.rfind('/') + 1));
      }
      all.push_back({std::move(method), kCodeNames[code], calls});
    }
  }
  return all;
}

std::vector<std::unique_ptr<ServerInterceptorFactoryInterface>>
CallCounts::Interceptors(CallCounts* counts) {
  std::vector<std::unique_ptr<ServerInterceptorFactoryInterface>> all;
  all.push_back(std::make_unique<InterceptorFactory>(counts));
  return all;
}

}  // namespace fathom::server

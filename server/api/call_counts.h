#ifndef FATHOM_SERVER_API_CALL_COUNTS_H_
#define FATHOM_SERVER_API_CALL_COUNTS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "grpcpp/support/server_interceptor.h"

namespace fathom::server {

// Counts the calls that were answered, by method and status code. The methods
// are those of AccessRules(); others count as one.
//
// This class is thread-safe.
class CallCounts {
 public:
  // A method, without the name of its package, a code of gRPC, and the number
  // of calls.
  struct Count {
    std::string method;
    std::string code;
    int64_t calls = 0;
  };

  CallCounts();

  // Counts a call of the method with this full name.
  void Add(absl::string_view method, int code);

  // Returns all counts above 0.
  std::vector<Count> All() const;

  // Returns what tells gRPC to count here; `counts` must outlive its server.
  // The streams of workers, whose messages must not cost more for it, are not
  // counted: fathom_sessions and fathom_events_total show them.
  static std::vector<
      std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
  Interceptors(CallCounts* counts);

 private:
  static constexpr size_t kCodes = 17;

  // The counts of each method, in the order of AccessRules(), then of others.
  std::vector<std::array<std::atomic<int64_t>, kCodes>> counts_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_CALL_COUNTS_H_

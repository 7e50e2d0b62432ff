#ifndef FATHOM_CLIENT_ONE_CALL_H_
#define FATHOM_CLIENT_ONE_CALL_H_

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"

namespace fathom::client {

// Ends a call that takes longer.
void SetTimeout(absl::Duration timeout, grpc::ClientContext* context);

// Turns the status of a call into one of absl. A coordinator that stops ends
// its calls with CANCELLED; to a client that is the same as a coordinator that
// has gone and may come back.
absl::Status StatusOfCall(const grpc::Status& status);

// Adds what a call has cost to CostOfCalls() of this thread. The context has to
// live longer.
class CountCost {
 public:
  explicit CountCost(const grpc::ClientContext& context) : context_(context) {}
  CountCost(const CountCost&) = delete;
  CountCost& operator=(const CountCost&) = delete;
  // A call that was broken off here does not say what it has cost.
  ~CountCost();

  // To be called with the status in which the call has ended. Waiting for a
  // coordinator that is away costs it nothing.
  void End(const grpc::Status& status);

 private:
  const grpc::ClientContext& context_;
  bool ended_ = false;
  const absl::Time begin_ = absl::Now();
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ONE_CALL_H_

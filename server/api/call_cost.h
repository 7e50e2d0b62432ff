#ifndef FATHOM_SERVER_API_CALL_COST_H_
#define FATHOM_SERVER_API_CALL_COST_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "grpcpp/server_context.h"
#include "proto/shared/call_cost.h"
#include "server/api/read_pool.h"
#include "server/cpu_time.h"

namespace fathom::server {

// Adds up what a call costs, so that who looks can be told and look less often.
// Begins to count when it is made, on the thread that answers the call.
class CallCost {
 public:
  // Returns the task with its processor time counted, on whichever thread it
  // runs; what it takes after Tell is left out.
  ReadPool::Task Counted(ReadPool::Task task) const {
    return [task = std::move(task), elsewhere = elsewhere_]() mutable {
      const absl::Duration before = CpuTimeOfThread();
      task();
      *elsewhere += absl::ToInt64Microseconds(CpuTimeOfThread() - before);
    };
  }

  // Says what it was at the end of the call; to be called on the same thread,
  // before the call is finished.
  void Tell(grpc::CallbackServerContext& context) const {
    const int64_t here = absl::ToInt64Microseconds(CpuTimeOfThread() - begin_);
    context.AddTrailingMetadata(kCallCostKey,
                                absl::StrCat(here + elsewhere_->load()));
  }

 private:
  const absl::Duration begin_ = CpuTimeOfThread();
  const std::shared_ptr<std::atomic<int64_t>> elsewhere_ =
      std::make_shared<std::atomic<int64_t>>(0);
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_CALL_COST_H_

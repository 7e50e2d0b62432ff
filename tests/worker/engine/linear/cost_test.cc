// What trials are said to cost, against laws and against what lanes allocate.
// Replaces operator new for this program.
#include "worker/engine/linear/cost.h"

#include <malloc.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/worker/engine/linear/trials.h"
#include "worker/engine/linear/linear_engine.h"

namespace {

int64_t live_bytes = 0;

void* Allocate(size_t size, size_t alignment) {
  void* const memory = std::aligned_alloc(
      alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) std::abort();
  live_bytes += static_cast<int64_t>(malloc_usable_size(memory));
  return memory;
}

void Free(void* memory) {
  if (memory == nullptr) return;
  live_bytes -= static_cast<int64_t>(malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) {
  return Allocate(size, alignof(std::max_align_t));
}
void* operator new(size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<size_t>(alignment));
}
// By default this calls the above, but not under the address sanitizer.
void* operator new[](size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<size_t>(alignment));
}
void operator delete[](void* memory, std::align_val_t /*alignment*/) noexcept {
  Free(memory);
}
void operator delete(void* memory) noexcept { Free(memory); }
void operator delete(void* memory, size_t /*size*/) noexcept { Free(memory); }
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
  Free(memory);
}
void operator delete(void* memory, size_t /*size*/,
                     std::align_val_t /*alignment*/) noexcept {
  Free(memory);
}

namespace fathom::worker {
namespace {

using test::SmallProblem;
using test::SmallTrial;

constexpr DataShape kShape = {2565, 128, 1};

v1::TrialSpec Trial(double p, int depth, int width, int64_t steps = 1000) {
  v1::TrialSpec trial = SmallTrial(p, depth, 1e-4, steps);
  trial.mutable_model()->set_hidden_width(width);
  trial.mutable_record()->set_points(2);
  return trial;
}

double TrialFlops(const v1::TrialSpec& trial, const DataShape& shape) {
  return LinearEngine().TrialFlops(trial, shape);
}

TEST(TrialFlopsTest, GrowWithTheSteps) {
  const double one = TrialFlops(Trial(4, 1, 0, 1000), kShape);
  const double ten = TrialFlops(Trial(4, 1, 0, 10'000), kShape);
  EXPECT_NEAR(ten / one, 10, 0.02);
}

TEST(TrialFlopsTest, AreThoseOfTheDataForNarrowModels) {
  const double data = 1001 * 4.0 * 2565 * 128;
  for (const int depth : {1, 2, 3}) {
    EXPECT_NEAR(TrialFlops(Trial(4, depth, 1), kShape) / data, 1, 0.05);
  }
}

TEST(TrialFlopsTest, GrowWithTheSizeOfTheModelAndItsOptimizer) {
  const auto extra = [](int depth, int width, v1::OptimizerName name) {
    v1::TrialSpec trial = Trial(4, depth, width);
    trial.mutable_optimizer()->set_name(name);
    return TrialFlops(trial, kShape) - TrialFlops(Trial(4, 1, 0), kShape);
  };
  const double narrow = extra(3, 64, v1::OPTIMIZER_NAME_GD);
  EXPECT_NEAR(extra(3, 128, v1::OPTIMIZER_NAME_GD) / narrow, 2.7, 0.3);
  EXPECT_GT(extra(6, 64, v1::OPTIMIZER_NAME_GD), 1.9 * narrow);
  EXPECT_GT(extra(3, 64, v1::OPTIMIZER_NAME_ADAM), 3 * narrow);
  EXPECT_NEAR(extra(2, 1, v1::OPTIMIZER_NAME_GD), 0, 1e7);
}

TEST(TrialFlopsTest, KnowReducedDataBatchesFloatsAndOtherLosses) {
  const double power = TrialFlops(Trial(4, 1, 0), kShape);
  EXPECT_LT(TrialFlops(Trial(2, 1, 0), kShape), power / 20);
  // Not reduced: fewer samples than twice the features.
  const DataShape flat = {200, 128, 1};
  EXPECT_NEAR(TrialFlops(Trial(2, 1, 0), flat),
              TrialFlops(Trial(4, 1, 0), flat), 1);
  v1::TrialSpec batches = Trial(4, 1, 0);
  batches.mutable_optimizer()->set_batch_size(32);
  EXPECT_LT(TrialFlops(batches, kShape), power / 10);
  v1::TrialSpec floats = Trial(4, 1, 0);
  floats.set_precision(v1::PRECISION_FLOAT);
  EXPECT_LT(TrialFlops(floats, kShape), 0.6 * power);
  EXPECT_GT(TrialFlops(Trial(1.5, 1, 0), kShape), 1.3 * power);
}

// Notes the memory in use in the middle of a run.
class Watcher final : public BundleObserver {
 public:
  void OnPoint(int /*lane*/, int64_t /*step*/,
               absl::Span<const double> /*values*/) override {}
  void OnFinished(int /*lane*/, v1::TrialResult /*result*/) override {}
  bool KeepGoing(int64_t /*steps*/) override {
    if (calls_++ == 2) bytes = live_bytes;
    return calls_ < 4;
  }
  int64_t bytes = 0;

 private:
  int calls_ = 0;
};

int64_t BytesOf(const Problem& problem, const v1::TrialSpec& trial, int lanes) {
  const std::vector<v1::TrialSpec> trials(lanes, trial);
  const int64_t before = live_bytes;
  Watcher watcher;
  LinearEngine().Run(problem, trials, watcher);
  return watcher.bytes - before;
}

TEST(LaneBytesTest, CoverWhatALaneAllocates) {
  for (const int outputs : {1, 4}) {
    // Large enough to serve all lanes at once.
    const Problem problem = SmallProblem(600, 100, outputs);
    problem.Packed();  // What belongs to the data counts with them.
    const DataShape shape = {600, 100, outputs};
    for (const v1::OptimizerName name :
         {v1::OPTIMIZER_NAME_GD, v1::OPTIMIZER_NAME_MOMENTUM,
          v1::OPTIMIZER_NAME_NESTEROV, v1::OPTIMIZER_NAME_ADAGRAD,
          v1::OPTIMIZER_NAME_RMSPROP, v1::OPTIMIZER_NAME_ADADELTA,
          v1::OPTIMIZER_NAME_ADAM}) {
      for (const auto& [depth, width] :
           {std::pair(1, 0), std::pair(3, 1), std::pair(2, 256),
            std::pair(4, 128)}) {
        v1::TrialSpec trial = Trial(4, depth, width);
        trial.mutable_optimizer()->set_name(name);
        trial.mutable_optimizer()->set_epsilon(1e-8);
        trial.mutable_optimizer()->set_learning_rate(1e-9);
        const double measured =
            static_cast<double>(BytesOf(problem, trial, 20) -
                                BytesOf(problem, trial, 4)) /
            16;
        const double stated = LinearLaneBytes(trial, shape);
        EXPECT_LE(measured, stated) << depth << " " << width << " " << outputs
                                    << " " << v1::OptimizerName_Name(name);
        if (width >= 128) {
          EXPECT_GE(measured, 0.45 * stated)
              << depth << " " << width << " " << outputs << " "
              << v1::OptimizerName_Name(name);
        }
      }
    }
  }
}

}  // namespace
}  // namespace fathom::worker

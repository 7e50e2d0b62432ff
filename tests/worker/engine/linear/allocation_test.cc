// After its first step a bundle allocates nothing, whatever its lanes are and
// record. Replaces operator new and malloc for this program.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/worker/engine/linear/trials.h"
#include "worker/engine/linear/linear_engine.h"

namespace {

int64_t allocations = 0;

void* Allocate(size_t size, size_t alignment) {
  ++allocations;
  void* const memory = std::aligned_alloc(
      alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

void* operator new(size_t size) {
  return Allocate(size, alignof(std::max_align_t));
}
void* operator new(size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<size_t>(alignment));
}
// Libraries may ask for memory past operator new, and Eigen does. Sanitizers
// have a malloc of their own.
#if defined(__has_feature)
#define FATHOM_TEST_HAS_FEATURE(name) __has_feature(name)
#else
#define FATHOM_TEST_HAS_FEATURE(name) 0
#endif
#if !defined(__SANITIZE_ADDRESS__) && \
    !FATHOM_TEST_HAS_FEATURE(address_sanitizer)
extern "C" void* __libc_malloc(size_t size);
extern "C" void* malloc(size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
#endif

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t /*size*/) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t /*size*/,
                     std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}

namespace fathom::worker {
namespace {

using test::SmallProblem;
using test::SmallTrial;

constexpr int64_t kSteps = 12;

// Counts the allocations of each group's steps, in place.
class Watcher final : public BundleObserver {
 public:
  void OnPoint(int /*lane*/, int64_t step,
               absl::Span<const double> values) override {
    step_ = step;
    numbers_ += static_cast<int64_t>(values.size());
  }
  void OnFinished(int /*lane*/, v1::TrialResult result) override {
    if (result.outcome() == v1::TRIAL_STATE_SUCCEEDED) ++succeeded_;
  }
  bool KeepGoing(int64_t /*steps*/) override {
    // Those of the first step and of what comes after the last are left out.
    if (step_ >= 1 && step_ < kSteps) allocated_ += allocations - before_;
    before_ = allocations;
    return true;
  }

  int64_t allocated() const { return allocated_; }
  int64_t numbers() const { return numbers_; }
  int succeeded() const { return succeeded_; }

 private:
  int64_t step_ = 0;
  int64_t before_ = 0;
  int64_t allocated_ = 0;
  int64_t numbers_ = 0;
  int succeeded_ = 0;
};

v1::TrialSpec Trial(v1::ModelFamily family, v1::OptimizerName name, double p,
                    int width) {
  v1::TrialSpec trial = SmallTrial(p, 3, 1e-4, kSteps);
  v1::ModelSpec& model = *trial.mutable_model();
  model.set_family(family);
  if (width > 0) model.set_hidden_width(width);
  v1::OptimizerSpec& optimizer = *trial.mutable_optimizer();
  optimizer.set_name(name);
  optimizer.set_momentum(0.9);
  optimizer.set_rho(0.9);
  optimizer.set_beta1(0.9);
  optimizer.set_beta2(0.999);
  optimizer.set_epsilon(1e-8);
  v1::RecordSpec& record = *trial.mutable_record();
  record.clear_metrics();
  for (const v1::Metric metric :
       {v1::METRIC_LOSS, v1::METRIC_LP_ERROR, v1::METRIC_GRADIENT_NORM,
        v1::METRIC_WEIGHT_NORM, v1::METRIC_BALANCEDNESS,
        v1::METRIC_E2E_DEVIATION, v1::METRIC_SINGULAR_MAX,
        v1::METRIC_SINGULAR_MIN, v1::METRIC_EFFECTIVE_RANK,
        v1::METRIC_PRECONDITION_MAX, v1::METRIC_PRECONDITION_MIN,
        v1::METRIC_PRECONDITION_CONDITION, v1::METRIC_ADAPTIVE_RATE,
        v1::METRIC_AZIMUTH_SHARE}) {
    record.add_metrics(metric);
  }
  return trial;
}

class AllocationTest : public ::testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Outputs, AllocationTest, ::testing::Values(1, 3, 9));

TEST_P(AllocationTest, StepsAllocateNothing) {
  const Problem problem = SmallProblem(60, 7, GetParam());
  std::vector<v1::TrialSpec> trials;
  for (const v1::ModelFamily family :
       {v1::MODEL_FAMILY_LINEAR_NET, v1::MODEL_FAMILY_SCALAR_PRODUCT,
        v1::MODEL_FAMILY_END_TO_END}) {
    for (const v1::OptimizerName name :
         {v1::OPTIMIZER_NAME_GD, v1::OPTIMIZER_NAME_MOMENTUM,
          v1::OPTIMIZER_NAME_NESTEROV, v1::OPTIMIZER_NAME_ADAGRAD,
          v1::OPTIMIZER_NAME_ADADELTA, v1::OPTIMIZER_NAME_RMSPROP,
          v1::OPTIMIZER_NAME_ADAM}) {
      for (const double p : {2.0, 3.0, 4.0}) {
        trials.push_back(Trial(family, name, p, 0));
        trials.push_back(trials.back());
        trials.back().set_precision(v1::PRECISION_FLOAT);
        if (family == v1::MODEL_FAMILY_LINEAR_NET) {
          trials.push_back(Trial(family, name, p, 20));
        }
      }
    }
  }
  Watcher watcher;
  LinearEngine().Run(problem, trials, watcher);
  EXPECT_EQ(watcher.succeeded(), static_cast<int>(trials.size()));
  EXPECT_EQ(watcher.numbers(), static_cast<int64_t>(trials.size()) *
                                   (kSteps + 1) *
                                   trials[0].record().metrics_size());
  EXPECT_EQ(watcher.allocated(), 0);
}

TEST_P(AllocationTest, MinibatchesAllocateNothing) {
  const Problem problem = SmallProblem(60, 7, GetParam());
  std::vector<v1::TrialSpec> trials;
  for (const double p : {2.0, 4.0}) {
    trials.push_back(
        Trial(v1::MODEL_FAMILY_LINEAR_NET, v1::OPTIMIZER_NAME_ADAM, p, 0));
    trials.back().mutable_optimizer()->set_batch_size(25);
    trials.push_back(trials.back());
    trials.back().set_precision(v1::PRECISION_FLOAT);
  }
  Watcher watcher;
  LinearEngine().Run(problem, trials, watcher);
  EXPECT_EQ(watcher.succeeded(), static_cast<int>(trials.size()));
  EXPECT_EQ(watcher.allocated(), 0);
}

}  // namespace
}  // namespace fathom::worker

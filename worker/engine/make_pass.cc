#include "worker/engine/make_pass.h"

#include <optional>
#include <span>
#include <vector>

#include "worker/kernel/completion_pass.h"
#include "worker/kernel/data_pass.h"
#include "worker/kernel/reduced_pass.h"

namespace fathom {
namespace {

// Sends the columns with squared errors to the reduced data and the others to
// all of it. Reduces when the first one comes.
class FullPass final : public kernel::Pass {
 public:
  explicit FullPass(const Problem& problem)
      : problem_(problem), data_pass_(&problem.packed) {}

  void Run(std::span<const kernel::Column> columns) override {
    squares_.clear();
    others_.clear();
    for (const kernel::Column& column : columns) {
      const bool reduced =
          ReducesSquares(column.loss, problem_.rows, problem_.columns);
      (reduced ? squares_ : others_).push_back(column);
    }
    data_pass_.Run(others_);
    if (squares_.empty()) return;
    if (!reduced_pass_.has_value()) reduced_pass_.emplace(&problem_.Reduced());
    reduced_pass_->Run(squares_);
  }

 private:
  const Problem& problem_;
  kernel::DataPass data_pass_;
  std::optional<kernel::ReducedPass> reduced_pass_;
  std::vector<kernel::Column> squares_;
  std::vector<kernel::Column> others_;
};

}  // namespace

bool ReducesSquares(const kernel::Loss& loss, int64_t m, int64_t d) {
  return loss.kind == kernel::LossKind::kLp && loss.p == 2 && m >= 2 * d;
}

std::unique_ptr<kernel::Pass> MakePass(const Problem& problem) {
  if (problem.completion.has_value()) {
    return std::make_unique<kernel::CompletionPass>(
        &problem.completion->known());
  }
  return std::make_unique<FullPass>(problem);
}

}  // namespace fathom

#include "worker/engine/linear/make_pass.h"

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "worker/kernel/pass/completion_pass.h"
#include "worker/kernel/pass/data_pass.h"
#include "worker/kernel/pass/reduced_pass.h"

namespace fathom::worker {
namespace {

// Runs columns with squared errors on the reduced data and other columns on all
// samples, in the precision of the column. The samples are packed in a
// precision when the first column comes that needs it.
class FullPass final : public kernel::Pass {
 public:
  explicit FullPass(const Problem& problem) : problem_(problem) {}

  void Run(std::span<const kernel::Column> columns) override {
    squares_.clear();
    others_.clear();
    floats_.clear();
    for (const kernel::Column& column : columns) {
      ListFor(column).push_back(column);
    }
    if (!others_.empty()) {
      if (!data_pass_) data_pass_.emplace(&problem_.Packed());
      data_pass_->Run(others_);
    }
    if (!squares_.empty()) {
      if (!reduced_pass_) reduced_pass_.emplace(&problem_.Reduced());
      reduced_pass_->Run(squares_);
    }
    if (!floats_.empty()) {
      if (!float_pass_) float_pass_.emplace(&problem_.PackedFloats());
      float_pass_->Run(floats_);
    }
  }

 private:
  std::vector<kernel::Column>& ListFor(const kernel::Column& column) {
    if (column.precision == kernel::Precision::kFloat) return floats_;
    return ReducesSquares(column, problem_.rows, problem_.columns) ? squares_
                                                                   : others_;
  }

  const Problem& problem_;
  std::optional<kernel::DataPass> data_pass_;
  std::optional<kernel::ReducedPass> reduced_pass_;
  std::optional<kernel::DataPassOf<float>> float_pass_;
  std::vector<kernel::Column> floats_;
  std::vector<kernel::Column> squares_;
  std::vector<kernel::Column> others_;
};

}  // namespace

bool ReducesSquares(const kernel::Column& column, int64_t m, int64_t d) {
  return column.precision == kernel::Precision::kDouble &&
         column.loss.kind == kernel::LossKind::kLp && column.loss.p == 2 &&
         m >= 2 * d;
}

bool PrepareData(const Problem& problem,
                 std::span<const kernel::Column> columns,
                 const std::function<bool()>& keep_going) {
  if (problem.completion.has_value()) return true;
  const bool reduces = std::any_of(
      columns.begin(), columns.end(), [&](const kernel::Column& column) {
        return ReducesSquares(column, problem.rows, problem.columns);
      });
  return !reduces || problem.Reduce(keep_going);
}

std::unique_ptr<kernel::Pass> MakePass(const Problem& problem) {
  if (problem.completion.has_value()) {
    return std::make_unique<kernel::CompletionPass>(
        &problem.completion->known());
  }
  return std::make_unique<FullPass>(problem);
}

}  // namespace fathom::worker

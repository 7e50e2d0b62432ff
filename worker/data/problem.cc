#include "worker/data/problem.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "proto/shared/status.h"
#include "worker/data/generate.h"

namespace fathom::worker {
namespace {

// How often a caller that waits for another one's reduction asks whether to go
// on.
constexpr absl::Duration kLookPeriod = absl::Milliseconds(100);

// The most distinct values that one_hot takes.
constexpr int64_t kMaxClasses = 1000;

// A view of one column of a table that is stored row by row.
struct ColumnRef {
  double* first;
  int64_t rows;
  int64_t stride;

  double& at(int64_t i) const { return first[i * stride]; }
};

bool IsConstant(ColumnRef column) {
  for (int64_t i = 1; i < column.rows; ++i) {
    if (column.at(i) != column.at(0)) return false;
  }
  return true;
}

// Shifts and scales a column to mean 0 and standard deviation 1. Returns false
// when that is not possible in doubles.
bool Standardize(ColumnRef column) {
  const auto m = static_cast<double>(column.rows);
  double sum = 0;
  for (int64_t i = 0; i < column.rows; ++i) sum += column.at(i);
  const double mean = sum / m;
  double squares = 0;
  for (int64_t i = 0; i < column.rows; ++i) {
    const double distance = column.at(i) - mean;
    squares += distance * distance;
  }
  const double deviation = std::sqrt(squares / m);
  if (!std::isnormal(deviation)) return false;
  for (int64_t i = 0; i < column.rows; ++i) {
    column.at(i) = (column.at(i) - mean) / deviation;
  }
  return true;
}

// Makes the target 1 in the rows of `target_class`, and 0 in the others.
absl::Status SelectClass(double target_class, Dataset& data) {
  if (data.targets != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "target_class needs a single target; the data has ", data.targets));
  }
  bool found = false;
  for (double& y : data.y) {
    const bool match = y == target_class;
    found = found || match;
    y = match ? 1 : 0;
  }
  if (found) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("no row has the target_class ", target_class));
}

// Turns the target into one target per distinct value, 1 in the rows that have
// it and 0 in the others.
absl::Status SplitClasses(Dataset& data) {
  if (data.targets != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "one_hot needs a single target; the data has ", data.targets));
  }
  std::vector<double> classes = data.y;
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  const auto count = static_cast<int64_t>(classes.size());
  if (count > kMaxClasses || data.rows * count > kMaxGeneratedEntries) {
    return absl::InvalidArgumentError(absl::StrCat(
        "one_hot needs classes; the target has ", count, " distinct values in ",
        data.rows, " rows, and ", kMaxClasses, " values and ",
        kMaxGeneratedEntries, " entries are the most"));
  }
  std::vector<double> y(data.rows * count);
  for (int64_t i = 0; i < data.rows; ++i) {
    const auto place =
        std::lower_bound(classes.begin(), classes.end(), data.y[i]);
    y[i * count + (place - classes.begin())] = 1;
  }
  data.y = std::move(y);
  data.targets = static_cast<int32_t>(count);
  return absl::OkStatus();
}

// Checks that every target varies, and standardizes the targets if asked to.
absl::Status PrepareTargets(bool standardize, Dataset& data) {
  for (int32_t o = 0; o < data.targets; ++o) {
    const ColumnRef column = {data.y.data() + o, data.rows, data.targets};
    if (IsConstant(column)) {
      return absl::InvalidArgumentError(
          absl::StrCat("target ", o + 1, " is constant (", column.at(0), ")"));
    }
    if (standardize && !Standardize(column)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "target ", o + 1, " has values too large or small to standardize"));
    }
  }
  return absl::OkStatus();
}

// Keeps the columns of `data.x` whose numbers are in `kept`, in this order.
void KeepFeatures(const std::vector<int32_t>& kept, Dataset& data) {
  size_t to = 0;
  for (int64_t i = 0; i < data.rows; ++i) {
    for (const int32_t j : kept) data.x[to++] = data.x[i * data.columns + j];
  }
  data.x.resize(to);
  data.columns = static_cast<int32_t>(kept.size());
}

// Checks that a feature varies; if asked to, standardizes the features and
// drops constant ones.
absl::Status PrepareFeatures(bool standardize, Dataset& data) {
  std::vector<int32_t> varying;
  for (int32_t j = 0; j < data.columns; ++j) {
    const ColumnRef column = {data.x.data() + j, data.rows, data.columns};
    if (IsConstant(column)) continue;
    if (standardize && !Standardize(column)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "feature ", j + 1, " has values too large or small to standardize"));
    }
    varying.push_back(j);
  }
  if (varying.empty()) return absl::InvalidArgumentError("no feature varies");
  if (standardize) KeepFeatures(varying, data);
  return absl::OkStatus();
}

// Shifts and scales all features alike.
void ShiftAndScale(const v1::DataSpec& spec, Dataset& data) {
  if (!spec.has_feature_shift() && !spec.has_feature_scale()) return;
  const double scale = spec.has_feature_scale() ? spec.feature_scale() : 1;
  for (double& x : data.x) x = (x - spec.feature_shift()) / scale;
}

absl::StatusOr<Problem> Prepare(const v1::DataSpec& spec, Dataset data) {
  ShiftAndScale(spec, data);
  if (spec.has_target_class()) {
    if (spec.one_hot()) {
      return absl::InvalidArgumentError(
          "one_hot and target_class: one of them");
    }
    RETURN_IF_ERROR(SelectClass(spec.target_class(), data));
  }
  if (spec.one_hot()) RETURN_IF_ERROR(SplitClasses(data));
  RETURN_IF_ERROR(
      PrepareTargets(spec.standardize() && spec.standardize_targets(), data));
  RETURN_IF_ERROR(PrepareFeatures(spec.standardize(), data));
  Problem problem;
  problem.rows = data.rows;
  problem.columns = data.columns;
  problem.outputs = data.targets;
  problem.x = std::move(data.x);
  problem.y = std::move(data.y);
  problem.packed = kernel::PackedData::Pack(
      problem.rows, problem.columns, problem.outputs, problem.x, problem.y);
  return problem;
}

Problem MakeCompletion(Completion matrix) {
  Problem problem;
  const Completion& completion = problem.completion.emplace(std::move(matrix));
  const kernel::KnownEntries& known = completion.known();
  problem.rows = known.size();
  problem.columns = known.columns();
  problem.outputs = known.rows();
  for (int64_t r = 0; r < known.rows(); ++r) {
    for (const auto& entry : known.row(r)) problem.y.push_back(entry.value);
  }
  return problem;
}

}  // namespace

bool Problem::Reduce(const std::function<bool()>& keep_going) const {
  Reduction& shared = *reduction_;
  absl::MutexLock lock(&shared.mutex);
  const auto idle = [&shared]() ABSL_SHARED_LOCKS_REQUIRED(shared.mutex) {
    return !shared.running;
  };
  while (!shared.mutex.AwaitWithTimeout(absl::Condition(&idle), kLookPeriod)) {
    if (!keep_going()) return false;
  }
  if (shared.data.has_value()) return true;
  shared.running = true;
  shared.mutex.Unlock();
  std::optional<kernel::ReducedData> data =
      kernel::ReducedData::Reduce(rows, columns, outputs, x, y, keep_going);
  shared.mutex.Lock();
  shared.running = false;
  shared.data = std::move(data);
  return shared.data.has_value();
}

const kernel::ReducedData& Problem::Reduced() const {
  return *reduction_->data;
}

const kernel::PackedDataOf<float>& Problem::PackedFloats() const {
  std::call_once(floats_->once, [this] {
    floats_->data =
        kernel::PackedDataOf<float>::Pack(rows, columns, outputs, x, y);
  });
  return floats_->data;
}

absl::StatusOr<Problem> PrepareProblem(const v1::DataSpec& spec,
                                       const Dataset& dataset) {
  RETURN_IF_ERROR(CheckDataset(dataset));
  if (spec.has_completion()) {
    ASSIGN_OR_RETURN(Completion completion,
                     Completion::OfEntries(spec.completion(), dataset));
    return MakeCompletion(std::move(completion));
  }
  return Prepare(spec, dataset);
}

bool IsGenerated(const v1::DataSpec& spec) {
  return spec.has_synthetic() ||
         (spec.has_completion() && !spec.completion().given());
}

absl::StatusOr<Problem> GenerateProblem(
    const v1::DataSpec& spec, const std::function<bool()>& keep_going) {
  if (spec.has_completion()) {
    return MakeCompletion(Completion(spec.completion()));
  }
  ASSIGN_OR_RETURN(Dataset dataset,
                   GenerateDataset(spec.synthetic(), keep_going));
  RETURN_IF_ERROR(CheckDataset(dataset));
  return Prepare(spec, std::move(dataset));
}

double ProblemBytes(double rows, double columns, double outputs) {
  return 3 * sizeof(double) * rows * (columns + outputs);
}

}  // namespace fathom::worker

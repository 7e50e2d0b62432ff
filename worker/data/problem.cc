#include "worker/data/problem.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proto/shared/status.h"
#include "proto/sweep/held_out.h"
#include "proto/sweep/validate.h"
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

// Shifts and scales a column to mean 0 and standard deviation 1.
struct Scaling {
  double mean = 0;
  double deviation = 1;
};

// Returns the scaling of a column; nothing when doubles cannot hold it.
std::optional<Scaling> ScalingOf(ColumnRef column) {
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
  if (!std::isnormal(deviation)) return std::nullopt;
  return Scaling{mean, deviation};
}

// Scales a column. Returns false when a value is too large for that.
bool Apply(const Scaling& scaling, ColumnRef column) {
  bool finite = true;
  for (int64_t i = 0; i < column.rows; ++i) {
    column.at(i) = (column.at(i) - scaling.mean) / scaling.deviation;
    finite = finite && std::isfinite(column.at(i));
  }
  return finite;
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

// The rows that are trained on, then the test rows and the validation rows.
using Parts = std::array<Dataset, 3>;

// Returns a dataset of these rows alone.
Dataset CopyRows(const Dataset& data, const std::vector<RowRange>& ranges) {
  Dataset part = {.rows = 0, .columns = data.columns, .targets = data.targets};
  for (const RowRange& range : ranges) part.rows += range.size();
  part.x.reserve(part.rows * part.columns);
  part.y.reserve(part.rows * part.targets);
  const auto append = [](const std::vector<double>& from, int64_t width,
                         const RowRange& range, std::vector<double>* to) {
    to->insert(to->end(), from.begin() + range.begin * width,
               from.begin() + range.end * width);
  };
  for (const RowRange& range : ranges) {
    append(data.x, data.columns, range, &part.x);
    append(data.y, data.targets, range, &part.y);
  }
  return part;
}

// Sets the rows apart that `spec` holds out. INVALID_ARGUMENT where the data
// have not these rows.
absl::StatusOr<Parts> Split(const v1::DataSpec& spec, Dataset data) {
  std::vector<Violation> violations;
  const std::optional<RowSplit> split = SplitRows(spec, data.rows, &violations);
  if (!split.has_value()) return ToStatus(violations);
  Parts parts;
  if (split->holds_out()) {
    parts[1] = CopyRows(data, {split->test});
    parts[2] = CopyRows(data, {split->validation});
    parts[0] = CopyRows(data, split->train);
  } else {
    parts[0] = std::move(data);
  }
  return parts;
}

// Returns one column of the features, or of the targets. Without rows it lies
// nowhere.
ColumnRef FeatureOf(Dataset& data, int32_t j) {
  return {data.rows == 0 ? nullptr : &data.x[j], data.rows, data.columns};
}
ColumnRef TargetOf(Dataset& data, int32_t o) {
  return {data.rows == 0 ? nullptr : &data.y[o], data.rows, data.targets};
}

// Standardizes a column of all parts by its mean and deviation in the rows that
// are trained on.
absl::Status Standardize(absl::string_view what, int32_t number,
                         ColumnRef (*column)(Dataset&, int32_t), Parts& parts) {
  const std::optional<Scaling> scaling = ScalingOf(column(parts[0], number));
  bool fine = scaling.has_value();
  for (Dataset& part : parts) {
    fine = fine && Apply(*scaling, column(part, number));
  }
  if (fine) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      what, " ", number + 1, " has values too large or small to standardize"));
}

// Checks that every target varies in the rows that are trained on, and
// standardizes the targets if asked to.
absl::Status PrepareTargets(bool standardize, Parts& parts) {
  for (int32_t o = 0; o < parts[0].targets; ++o) {
    const ColumnRef column = TargetOf(parts[0], o);
    if (IsConstant(column)) {
      const bool alone = parts[1].rows + parts[2].rows == 0;
      return absl::InvalidArgumentError(
          absl::StrCat("target ", o + 1, " is constant (", column.at(0), ")",
                       alone ? "" : " in the rows that are trained on"));
    }
    if (standardize) {
      RETURN_IF_ERROR(Standardize("target", o, TargetOf, parts));
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

// Checks that a feature varies in the rows that are trained on; if asked to,
// standardizes the features and drops those that are constant there.
absl::Status PrepareFeatures(bool standardize, Parts& parts) {
  std::vector<int32_t> varying;
  for (int32_t j = 0; j < parts[0].columns; ++j) {
    if (IsConstant(FeatureOf(parts[0], j))) continue;
    if (standardize) {
      RETURN_IF_ERROR(Standardize("feature", j, FeatureOf, parts));
    }
    varying.push_back(j);
  }
  if (varying.empty()) return absl::InvalidArgumentError("no feature varies");
  if (!standardize) return absl::OkStatus();
  for (Dataset& part : parts) KeepFeatures(varying, part);
  return absl::OkStatus();
}

// Shifts and scales all features alike.
void ShiftAndScale(const v1::DataSpec& spec, Dataset& data) {
  if (!spec.has_feature_shift() && !spec.has_feature_scale()) return;
  const double scale = spec.has_feature_scale() ? spec.feature_scale() : 1;
  for (double& x : data.x) x = (x - spec.feature_shift()) / scale;
}

// Returns a part of the data that is held out; nothing where it has no rows.
std::optional<HeldOut> HeldOutOf(Dataset part) {
  if (part.rows == 0) return std::nullopt;
  return HeldOut{part.rows, std::move(part.x), std::move(part.y)};
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
  ASSIGN_OR_RETURN(Parts parts, Split(spec, std::move(data)));
  RETURN_IF_ERROR(
      PrepareTargets(spec.standardize() && spec.standardize_targets(), parts));
  RETURN_IF_ERROR(PrepareFeatures(spec.standardize(), parts));
  Dataset& train = parts[0];
  Problem problem;
  problem.rows = train.rows;
  problem.columns = train.columns;
  problem.outputs = train.targets;
  problem.x = std::move(train.x);
  problem.y = std::move(train.y);
  problem.test = HeldOutOf(std::move(parts[1]));
  problem.validation = HeldOutOf(std::move(parts[2]));
  return problem;
}

// Checks that no rows of a matrix to complete are held out: it has none, and
// what is not known of it is held out already.
absl::Status CheckNothingHeldOut(const v1::DataSpec& spec) {
  if (spec.test().rows() == 0 && spec.validation().rows() == 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      "data: found test or validation rows of a matrix to complete, expected "
      "none");
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

template <class Data>
const Data& Problem::Pack(Lazy<Data>& lazy) const {
  std::call_once(lazy.once, [&] {
    lazy.data = Data::Pack(rows, columns, outputs, x, y);
    lazy.made = true;
  });
  return lazy.data;
}

const kernel::PackedData& Problem::Packed() const { return Pack(*doubles_); }

const kernel::PackedDataOf<float>& Problem::PackedFloats() const {
  return Pack(*floats_);
}

double Problem::KeptBytes() const {
  const auto d = static_cast<double>(columns);
  const double numbers =
      static_cast<double>(rows) * (d + static_cast<double>(outputs));
  double bytes = 0;
  // Packed data have the samples twice, by rows and by columns.
  if (doubles_->made) bytes += 2 * sizeof(double) * numbers;
  if (floats_->made) bytes += 2 * sizeof(float) * numbers;
  absl::MutexLock lock(&reduction_->mutex);
  if (reduction_->data.has_value()) bytes += sizeof(double) * d * d;
  return bytes;
}

absl::StatusOr<Problem> PrepareProblem(const v1::DataSpec& spec,
                                       Dataset dataset) {
  RETURN_IF_ERROR(CheckDataset(dataset));
  if (spec.has_completion()) {
    RETURN_IF_ERROR(CheckNothingHeldOut(spec));
    ASSIGN_OR_RETURN(Completion completion,
                     Completion::OfEntries(spec.completion(), dataset));
    return MakeCompletion(std::move(completion));
  }
  return Prepare(spec, std::move(dataset));
}

bool IsGenerated(const v1::DataSpec& spec) {
  return spec.has_synthetic() ||
         (spec.has_completion() && !spec.completion().given());
}

absl::StatusOr<Problem> GenerateProblem(
    const v1::DataSpec& spec, const std::function<bool()>& keep_going) {
  if (spec.has_completion()) {
    RETURN_IF_ERROR(CheckNothingHeldOut(spec));
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

double ProblemBytes(const Problem& problem) {
  size_t numbers = problem.x.size() + problem.y.size();
  for (const std::optional<HeldOut>* const part :
       {&problem.test, &problem.validation}) {
    if (part->has_value()) numbers += (*part)->x.size() + (*part)->y.size();
  }
  return static_cast<double>(sizeof(double) * numbers) + problem.KeptBytes();
}

}  // namespace fathom::worker

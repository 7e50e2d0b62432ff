// The option --dry-run of `fathom run` and `fathom submit` tells what a sweep
// would be, without running it.
#include "client/commands/dry_run.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "nlohmann/json.hpp"
#include "proto/sweep/fields.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/sizes.h"
#include "proto/sweep/space.h"
#include "proto/sweep/values.h"

namespace fathom::client {
namespace {

// Of sweeps with more trials than this, only so many trials are looked at.
constexpr int64_t kMostTrialsSeen = 10'000;
constexpr int64_t kMostValuesShown = 6;
// Memory of a worker for one number of the samples, in bytes: as it is, which
// is all that nets need, and packed twice for linear maps, in double or in
// float; the README explains the figures.
constexpr int64_t kBytes = 8;
constexpr int64_t kPackedBytes = 16;
constexpr int64_t kPackedFloatBytes = 8;

// The range of what the trials of a sweep need.
struct Sizes {
  int64_t least_weights = std::numeric_limits<int64_t>::max();
  int64_t most_weights = 0;
  int64_t data_bytes = 0;  // Of the trial with the most data.
};

Sizes SizesOf(const Space& space, const DatasetShape& shape) {
  Sizes sizes;
  int64_t numbers = 0;
  bool doubles = false;
  bool floats = false;
  const int64_t seen = std::min(space.size(), kMostTrialsSeen);
  for (int64_t i = 0; i < seen; ++i) {
    // The trials that are looked at are spread evenly and include the last one.
    const int64_t index =
        seen == 1 ? 0
                  : static_cast<int64_t>(static_cast<double>(i) /
                                         static_cast<double>(seen - 1) *
                                         static_cast<double>(space.size() - 1));
    const v1::TrialSpec trial = space.TrialAt(index);
    const v1::DataSpec& data = trial.data();
    int64_t rows = shape.rows;
    int64_t columns = shape.columns;
    int64_t outputs = shape.targets;
    if (data.has_completion()) {
      rows = 0;
      columns = data.completion().matrix_columns();
      outputs = data.completion().matrix_rows();
    } else if (data.has_synthetic()) {
      rows = data.synthetic().rows();
      columns = data.synthetic().columns();
      outputs = data.synthetic().outputs();
    }
    const int64_t weights = WeightCount(trial.model(), outputs, columns);
    sizes.least_weights = std::min(sizes.least_weights, weights);
    sizes.most_weights = std::max(sizes.most_weights, weights);
    const bool net = trial.model().family() == v1::MODEL_FAMILY_CONV_NET;
    const bool is_float = trial.precision() == v1::PRECISION_FLOAT;
    doubles = doubles || (!net && !is_float);
    floats = floats || (!net && is_float);
    numbers = std::max(numbers, rows * columns);
  }
  sizes.data_bytes = numbers * (kBytes + (doubles ? kPackedBytes : 0) +
                                (floats ? kPackedFloatBytes : 0));
  return sizes;
}

std::string ValuesText(const v1::Axis& axis) {
  const int64_t length = AxisLength(axis);
  std::vector<std::string> values;
  for (int64_t i = 0; i < length; ++i) {
    if (length > kMostValuesShown && i == kMostValuesShown - 2) {
      values.push_back("...");
      i = length - 1;
    }
    values.push_back(Printable(SettingText(AxisValue(axis, i))));
  }
  return absl::StrJoin(values, ", ");
}

std::string AxisText(const v1::Axis& axis) {
  return absl::StrCat(ShortFieldName(axis.field()), " (", AxisLength(axis),
                      "): ", ValuesText(axis));
}

nlohmann::ordered_json DryRunJson(const LoadedSweep& loaded, const Space& space,
                                  const Sizes& sizes) {
  nlohmann::ordered_json axes = nlohmann::ordered_json::array();
  for (const v1::AxisGroup& group : loaded.spec.axes()) {
    for (const v1::Axis& axis : group.axes()) {
      axes.push_back({{"name", ShortFieldName(axis.field())},
                      {"values", AxisLength(axis)}});
    }
  }
  return {{"dry_run", true},
          {"name", loaded.spec.name()},
          {"trials", space.size()},
          {"total_steps", space.total_steps()},
          {"axes", axes},
          {"data", loaded.data_text},
          {"notes", loaded.notes},
          {"least_weights", sizes.least_weights},
          {"most_weights", sizes.most_weights},
          {"data_bytes", sizes.data_bytes},
          {"spec", ToJson(loaded.spec)}};
}

}  // namespace

void AddDryRunOption(CLI::App* command, bool* dry_run) {
  command->add_flag("--dry-run", *dry_run,
                    "say what the sweep would be, and run nothing");
}

int DryRun(const LoadedSweep& loaded, bool json, Invocation& invocation) {
  const absl::StatusOr<Space> space = Space::Create(Normalize(loaded.spec));
  if (!space.ok()) return Fail(invocation, space.status());
  const Sizes sizes = SizesOf(*space, loaded.shape);
  if (json) {
    WriteJson(DryRunJson(loaded, *space, sizes), invocation.out);
    return kExitOk;
  }
  std::ostream& out = invocation.out;
  out << "sweep:    " << Printable(loaded.spec.name()) << loaded.scale_text
      << ", " << CountText(space->size(), "trial") << ", "
      << CountText(static_cast<int64_t>(space->total_steps()), "step")
      << " in all\n"
      << "data:     " << loaded.data_text << "\n";
  for (const std::string& note : loaded.notes) {
    out << "note:     " << Printable(note) << "\n";
  }
  const char* title = "axes:     ";
  for (const v1::AxisGroup& group : loaded.spec.axes()) {
    std::vector<std::string> axes;
    for (const v1::Axis& axis : group.axes()) axes.push_back(AxisText(axis));
    out << title << absl::StrJoin(axes, " together with ") << "\n";
    title = "          ";
  }
  out << "model:    "
      << (sizes.least_weights < sizes.most_weights
              ? absl::StrCat(CountText(sizes.least_weights), " to ")
              : "")
      << CountText(sizes.most_weights, "weight") << "\n";
  if (sizes.data_bytes > 0) {
    out << "memory:   " << SizeText(sizes.data_bytes)
        << " for the data, in each worker\n";
  }
  out << "nothing was run (--dry-run)\n";
  return kExitOk;
}

}  // namespace fathom::client

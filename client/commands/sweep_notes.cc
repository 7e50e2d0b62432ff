#include "client/commands/sweep_notes.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/load/rows.h"
#include "client/view/format.h"
#include "proto/sweep/datasets.h"
#include "proto/sweep/net.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/sizes.h"
#include "proto/sweep/space.h"
#include "proto/sweep/values.h"

namespace fathom::client {
namespace {

// Largest number of datasets of an axis that are looked at, because each of
// them takes a call.
constexpr size_t kMostDatasets = 20;

// Depths whose numbers of weights are told.
constexpr int64_t kMostDepths = 8;

// Most sweeps with more trials than this are not meant.
constexpr int64_t kManyTrials = 1'000'000;
// The least number of bytes that a trial takes in a ledger. 200,000 trials with
// very few points took 162 bytes each.
constexpr int64_t kLeastBytesPerTrial = 150;

std::string LedgerSizeText(int64_t trials) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  return SizeText(std::min(trials, kMost / kLeastBytesPerTrial) *
                  kLeastBytesPerTrial);
}

std::string LengthNote(const v1::SweepSpec& spec) {
  const absl::StatusOr<Space> space = Space::Create(spec);
  if (!space.ok() || space->size() <= kManyTrials) return "";
  return absl::StrCat(CountText(space->size(), "trial"),
                      " are very many: the ledger grows to ",
                      LedgerSizeText(space->size()), " or more");
}

// Returns how many numbers a conv_net trains at each depth: "1,663,370 weights
// at depth 1; 1,925,614 at depth 2 (+15.77 %)". Empty for other sweeps.
std::string WeightsNote(const v1::SweepSpec& spec, const DatasetShape& shape) {
  const v1::ModelSpec& base = spec.trial().model();
  if (base.family() != v1::MODEL_FAMILY_CONV_NET || shape.columns == 0) {
    return "";
  }
  std::set<int64_t> depths = {base.depth()};
  if (const v1::Axis* axis = AxisOver(spec, "model.depth"); axis != nullptr) {
    depths.clear();
    for (int64_t i = 0; i < std::min(AxisLength(*axis), kMostDepths); ++i) {
      depths.insert(AxisValue(*axis, i).integer());
    }
  }
  std::string note;
  int64_t first = 0;
  for (const int64_t depth : depths) {
    v1::ModelSpec model = base;
    model.set_depth(static_cast<int32_t>(depth));
    const int64_t weights =
        ResolveNet(model, shape.columns, shape.targets).layers.parameters();
    if (note.empty()) {
      first = weights;
      note = absl::StrCat(CountText(weights), " weights");
      if (depths.size() > 1) absl::StrAppend(&note, " at depth ", depth);
      continue;
    }
    absl::StrAppend(
        &note, "; ", CountText(weights), " at depth ", depth,
        absl::StrFormat(" (%+.2f %%)",
                        100.0 * static_cast<double>(weights - first) /
                            static_cast<double>(first)));
  }
  return note;
}

}  // namespace

std::vector<std::string> SweepNotes(const LoadedSweep& loaded) {
  const v1::SweepSpec spec = Normalize(loaded.spec);
  std::optional<MatrixSides> imported;
  if (loaded.shape.columns > 0) {
    imported = SidesOf(spec, loaded.shape.targets, loaded.shape.columns);
  }
  std::vector<std::string> notes;
  for (std::string note : {WeightsNote(spec, loaded.shape),
                           BottleneckNote(spec, imported), LengthNote(spec)}) {
    if (!note.empty()) notes.push_back(std::move(note));
  }
  return notes;
}

std::string BottleneckLine(Connection& connection, const v1::SweepSpec& spec) {
  std::vector<std::optional<MatrixSides>> sides;
  for (const std::string& digest : DigestsOf(spec)) {
    if (sides.size() == kMostDatasets) break;
    const absl::StatusOr<v1::Dataset> dataset = connection.GetDataset(digest);
    if (!dataset.ok()) continue;
    sides.emplace_back(SidesOf(spec, dataset->targets(), dataset->columns()));
  }
  if (sides.empty()) sides.emplace_back(std::nullopt);
  for (const std::optional<MatrixSides>& imported : sides) {
    const std::string note = BottleneckNote(spec, imported);
    if (!note.empty()) return absl::StrCat("note: ", note, "\n");
  }
  return "";
}

std::string CancelledBefore(Connection& connection, const v1::Sweep& sweep) {
  int64_t before = 0;
  // A fingerprint consists of hex digits, so that it needs no quoting.
  const absl::Status status = ForEachRow(
      connection,
      absl::StrCat("SELECT max(sweep) FROM sweep_overview WHERE state = "
                   "'cancelled' AND sweep < ",
                   sweep.sweep_id(), " AND fingerprint = '",
                   sweep.fingerprint(), "'"),
      [&](const v1::QueryRow& row) {
        if (row.cells_size() == 1) before = row.cells(0).integer();
      });
  // Without an answer of the ledger nothing can be said.
  if (!status.ok() || before == 0) return "";
  return absl::StrCat("sweep ", before,
                      ", of the same spec, was cancelled and does not go on: "
                      "this is a new one");
}

}  // namespace fathom::client

#include "client/verify/verify.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <random>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "client/embedded.h"
#include "client/verify/stored.h"
#include "proto/shared/status.h"
#include "proto/sweep/space.h"

namespace fathom::client {
namespace {

// Limits of one batch, whose curves are in memory together.
constexpr size_t kMostTrials = 500;
constexpr int64_t kMostPoints = 1'000'000;

constexpr size_t kMostFindings = 20;

// A sampled trial, with what the ledger holds of it.
struct Sampled {
  v1::TrialSpec spec;
  StoredTrial stored;
  bool compared = false;
};

int64_t MostPoints(const v1::TrialSpec& spec) {
  return (int64_t{std::max(spec.record().points(),
                           spec.record().evaluate().points())} +
          2) *
         (int64_t{spec.record().metrics_size()} + 1);
}

class Verification final : public PackingListener {
 public:
  Verification(Connection& connection, const v1::Sweep& sweep, Space space,
               const VerifyRequest& request,
               absl::FunctionRef<bool(const VerifyProgress&)> keep_going)
      : connection_(connection),
        sweep_(sweep),
        space_(std::move(space)),
        request_(request),
        keep_going_(keep_going),
        random_(request.seed) {}

  absl::StatusOr<VerifyReport> Run() {
    RETURN_IF_ERROR(Count());
    ASSIGN_OR_RETURN(
        const std::vector<StoredTrial> sample,
        request_.trial.has_value() ? OneTrial(*request_.trial) : DrawSample());
    report_.sampled = static_cast<int64_t>(sample.size());
    for (const StoredTrial& trial : sample) {
      all_steps_ += static_cast<double>(space_.TrialAt(trial.index).steps());
    }
    for (const auto& batch : Batches(sample)) {
      RETURN_IF_ERROR(VerifyBatch(batch));
      if (report_.interrupted) break;
    }
    return std::move(report_);
  }

  void OnTrained(int packing, int lanes, int trial,
                 absl::Span<const v1::TrialPoints> points,
                 const v1::TrialResult& result) override {
    Sampled& sampled = (*group_)[trial];
    std::vector<Discrepancy> differences;
    const int64_t doubles =
        CompareTrial(sampled.stored, points, result, differences);
    VerifyReport::Way& way = report_.ways[packing];
    ++way.trainings;
    way.doubles += doubles;
    way.largest_bundle = std::max(way.largest_bundle, lanes);
    if (!std::exchange(sampled.compared, true)) {
      ++report_.trials;
      report_.doubles += doubles;
    }
    if (full_[packing]) ++trainings_;
    report_.difference_count += static_cast<int64_t>(differences.size());
    for (Discrepancy& difference : differences) {
      if (report_.findings.size() == kMostFindings) break;
      report_.findings.push_back({std::move(difference), packing, lanes});
    }
  }

  bool KeepGoing(int packing, int64_t steps) override {
    if (full_[packing]) packing_steps_[packing] = static_cast<double>(steps);
    double done = steps_before_;
    for (const double packed : packing_steps_) done += packed;
    const auto full = std::count(full_.begin(), full_.end(), true);
    return keep_going_(
        {.trainings = trainings_,
         .all_trainings = full * report_.sampled,
         .differences = report_.difference_count,
         .fraction = done / (all_steps_ * static_cast<double>(full))});
  }

 private:
  // Counts the trials that can be compared, and those that cannot.
  absl::Status Count() {
    ASSIGN_OR_RETURN(const auto counts,
                     CountByNumerics(connection_, sweep_.sweep_id()));
    const v1::Progress& progress = sweep_.progress();
    report_.failed = progress.failed();
    report_.unfinished =
        progress.pending() + progress.leased() + progress.cancelled();
    const std::vector<std::string> ours = ProgramNumerics();
    for (const auto& [numerics, count] : counts) {
      if (absl::c_linear_search(ours, numerics)) {
        report_.finished += count;
      } else {
        report_.other_numerics[numerics] = count;
      }
    }
    if (report_.finished > 0) return absl::OkStatus();
    std::vector<std::string> others;
    for (const auto& [numerics, count] : report_.other_numerics) {
      others.push_back(absl::StrCat(count, " of ", numerics));
    }
    return absl::FailedPreconditionError(absl::StrCat(
        "sweep ", sweep_.sweep_id(), " has no finished trial of the numerics ",
        absl::StrJoin(ours, " or "), " of this program",
        others.empty() ? "" : ", but " + absl::StrJoin(others, ", "),
        ": nothing can be compared"));
  }

  // Draws among the trials that were given out, and skips those that cannot be
  // compared.
  absl::StatusOr<std::vector<StoredTrial>> DrawSample() {
    ASSIGN_OR_RETURN(const int64_t last,
                     LastIndex(connection_, sweep_.sweep_id()));
    const std::vector<std::string> ours = ProgramNumerics();
    const int64_t wanted = SampleCount(request_.sample, report_.finished);
    absl::flat_hash_set<int64_t> drawn;
    std::vector<StoredTrial> sample;
    while (std::ssize(sample) < wanted && std::ssize(drawn) <= last) {
      std::vector<int64_t> piece;
      while (piece.size() < kMostTrials && std::ssize(drawn) <= last) {
        const auto index = static_cast<int64_t>(DrawBelow(last + 1, random_));
        if (drawn.insert(index).second) piece.push_back(index);
      }
      ASSIGN_OR_RETURN(auto ends,
                       LoadEnds(connection_, sweep_.sweep_id(), piece));
      // The sample keeps the order of the draw, so that its beginning is a fair
      // sample, too.
      std::map<int64_t, StoredTrial> by_index;
      for (StoredTrial& end : ends) {
        const int64_t index = end.index;
        by_index.emplace(index, std::move(end));
      }
      for (const int64_t index : piece) {
        const auto end = by_index.find(index);
        if (end == by_index.end() || std::ssize(sample) == wanted ||
            !IsReproducible(end->second.state) ||
            !absl::c_linear_search(ours, end->second.numerics)) {
          continue;
        }
        sample.push_back(std::move(end->second));
      }
    }
    return sample;
  }

  // Returns the trial that is asked for, or why it cannot be compared.
  absl::StatusOr<std::vector<StoredTrial>> OneTrial(int64_t index) {
    ASSIGN_OR_RETURN(std::vector<StoredTrial> ends,
                     LoadEnds(connection_, sweep_.sweep_id(), {index}));
    const std::vector<std::string> ours = ProgramNumerics();
    const std::string trial =
        absl::StrCat("trial ", index, " of sweep ", sweep_.sweep_id());
    if (ends.empty() || !IsReproducible(ends[0].state)) {
      return absl::FailedPreconditionError(absl::StrCat(
          trial, " is ", ends.empty() ? "not given out yet" : ends[0].state,
          ", expected one that succeeded, diverged or was stopped: there is "
          "nothing to compare with"));
    }
    if (!absl::c_linear_search(ours, ends[0].numerics)) {
      return absl::FailedPreconditionError(absl::StrCat(
          trial, " has the numerics ", ends[0].numerics,
          ", expected those of this program, ", absl::StrJoin(ours, " or ")));
    }
    return ends;
  }

  // Splits the sample into batches that fit into memory.
  std::vector<std::vector<StoredTrial>> Batches(
      const std::vector<StoredTrial>& sample) const {
    std::vector<std::vector<StoredTrial>> batches;
    int64_t points = kMostPoints;
    for (const StoredTrial& trial : sample) {
      const int64_t more = MostPoints(space_.TrialAt(trial.index));
      if (points + more > kMostPoints || batches.back().size() == kMostTrials) {
        batches.emplace_back();
        points = 0;
      }
      points += more;
      batches.back().push_back(trial);
    }
    return batches;
  }

  absl::Status VerifyBatch(std::vector<StoredTrial> batch) {
    std::sort(batch.begin(), batch.end(),
              [](const StoredTrial& a, const StoredTrial& b) {
                return a.index < b.index;
              });
    RETURN_IF_ERROR(
        LoadCurves(connection_, sweep_.sweep_id(), absl::MakeSpan(batch)));
    std::map<std::string, std::vector<Sampled>> groups;  // Key: the data.
    for (StoredTrial& stored : batch) {
      v1::TrialSpec spec = space_.TrialAt(stored.index);
      groups[spec.data().SerializeAsString()].push_back(
          {std::move(spec), std::move(stored)});
    }
    for (auto& [data, group] : groups) {
      RETURN_IF_ERROR(VerifyGroup(group));
      if (report_.interrupted) break;
    }
    return absl::OkStatus();
  }

  std::vector<Packing> WaysToTrain(int trials) {
    if (!request_.trial.has_value()) {
      return PlanPackings(trials, InstructionSets(), request_.slots, random_);
    }
    Packing alone;
    alone.isa = InstructionSets()[0];
    alone.bundles = {{0}};
    return {alone};
  }

  absl::Status VerifyGroup(std::vector<Sampled>& group) {
    const v1::DataSpec& data = group[0].spec.data();
    if (!data.digest().empty() && data.digest() != digest_) {
      ASSIGN_OR_RETURN(dataset_, LoadDatasetBytes(connection_, data.digest()));
      digest_ = data.digest();
    }
    std::vector<v1::TrialSpec> specs;
    double steps = 0;
    for (const Sampled& sampled : group) {
      specs.push_back(sampled.spec);
      steps += static_cast<double>(sampled.spec.steps());
    }
    const std::vector<Packing> packings =
        WaysToTrain(static_cast<int>(group.size()));
    full_.clear();
    report_.ways.resize(packings.size());
    for (size_t i = 0; i < packings.size(); ++i) {
      full_.push_back(std::isinf(packings[i].most_flops));
      report_.ways[i].isa = packings[i].isa;
      report_.ways[i].slots = packings[i].slots;
    }
    packing_steps_.assign(packings.size(), 0);
    group_ = &group;
    const absl::Status status = TrainPackings(dataset_, specs, packings, *this);
    report_.interrupted = absl::IsCancelled(status);
    steps_before_ += steps * static_cast<double>(
                                 std::count(full_.begin(), full_.end(), true));
    packing_steps_.clear();
    return report_.interrupted ? absl::OkStatus() : status;
  }

  Connection& connection_;
  const v1::Sweep& sweep_;
  const Space space_;
  const VerifyRequest request_;
  const absl::FunctionRef<bool(const VerifyProgress&)> keep_going_;
  std::mt19937_64 random_;
  std::string digest_;   // Digest of dataset_.
  std::string dataset_;  // Canonical bytes.
  VerifyReport report_;

  // State of the group that is being trained.
  std::vector<Sampled>* group_ = nullptr;
  std::vector<bool> full_;             // Packings of the whole group.
  std::vector<double> packing_steps_;  // Steps taken, by packing.

  int64_t trainings_ = 0;  // In packings of the whole group.
  double steps_before_ = 0;
  double all_steps_ = 0;
};

}  // namespace

absl::StatusOr<VerifyReport> VerifySweep(
    Connection& connection, const v1::Sweep& sweep,
    const VerifyRequest& request,
    absl::FunctionRef<bool(const VerifyProgress&)> keep_going) {
  if (!sweep.unreadable().empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("sweep ", sweep.sweep_id(),
                     " cannot be verified: ", sweep.unreadable()));
  }
  ASSIGN_OR_RETURN(Space space, Space::FromStored(sweep.spec()));
  return Verification(connection, sweep, std::move(space), request, keep_going)
      .Run();
}

}  // namespace fathom::client

#include "server/telemetry.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "google/protobuf/util/time_util.h"
#include "proto/sweep/facts/states.h"
#include "proto/sweep/names.h"
#include "server/limits.h"

namespace fathom::server {
namespace {

using ::google::protobuf::util::TimeUtil;
using Name = TelemetryName;

// What is shown of a worker, or of several together.
struct WorkerSum {
  int64_t slots = 0;
  double silence = 0;   // The longest.
  bool speaks = false;  // Whether some of them say anything about themselves.
  int64_t busy_slots = 0;
  double busy_seconds = 0;
  double steps = 0;
  double flops = 0;
  double peak = 0;  // The highest.
  int64_t unacknowledged = 0;
  double reconnections = 0;
  v1::TelemetryHistogram acks;

  void Add(const v1::Worker& worker) {
    slots += worker.slots();
    silence = std::max(
        silence, 1e-9 * static_cast<double>(
                            TimeUtil::DurationToNanoseconds(worker.silence())));
    if (!worker.has_telemetry()) return;
    const v1::WorkerTelemetry& said = worker.telemetry();
    speaks = true;
    busy_slots += said.busy_slots();
    busy_seconds += said.busy_seconds();
    steps += static_cast<double>(said.steps());
    flops += said.flops();
    peak = std::max(peak, said.peak_flops_per_second());
    unacknowledged += said.unacknowledged_reports();
    reconnections += static_cast<double>(said.reconnections());
    AddHistogram(said.ack_seconds(), &acks);
  }

  void Write(const TelemetryWriter::Labels& labels,
             TelemetryWriter& writer) const {
    writer.Add(Name::kWorkerSlots, static_cast<double>(slots), labels);
    writer.Add(Name::kWorkerSilence, silence, labels);
    if (!speaks) return;
    writer.Add(Name::kWorkerBusySlots, static_cast<double>(busy_slots), labels);
    writer.Add(Name::kWorkerBusySeconds, busy_seconds, labels);
    writer.Add(Name::kWorkerSteps, steps, labels);
    writer.Add(Name::kWorkerFlops, flops, labels);
    if (peak > 0) writer.Add(Name::kWorkerPeak, peak, labels);
    writer.Add(Name::kWorkerUnacknowledged, static_cast<double>(unacknowledged),
               labels);
    writer.Add(Name::kWorkerReconnections, reconnections, labels);
    if (!acks.counts().empty()) writer.Add(Name::kWorkerAck, acks, labels);
  }
};

void WriteStored(const std::optional<LedgerReader::Sizes::Stored>& stored,
                 Name count, Name bytes, TelemetryWriter& writer) {
  if (!stored.has_value()) return;
  writer.Add(count, static_cast<double>(stored->count));
  writer.Add(bytes, static_cast<double>(stored->bytes));
}

}  // namespace

void WriteCoreStats(const CoreStats& stats, TelemetryWriter& writer) {
  const auto add = [&](Name name, const CoreStats::Count& count,
                       TelemetryWriter::Labels labels = {}) {
    writer.Add(name, static_cast<double>(count.value()), std::move(labels));
  };
  add(Name::kLeasesGranted, stats.leases_granted);
  add(Name::kTrialsGiven, stats.trials_given);
  add(Name::kPoints, stats.points);
  add(Name::kCheckpointsRecorded, stats.checkpoints);
  add(Name::kAttemptsEnded, stats.attempts_lost, {"lost"});
  add(Name::kAttemptsEnded, stats.attempts_returned, {"returned"});
  writer.Add(Name::kCleaning, stats.cleaning ? 1 : 0);
  add(Name::kRowsRemoved, stats.rows_removed);
  add(Name::kLedgerReturned, stats.bytes_returned);
  add(Name::kRefusals, stats.streams_refused, {"stream"});
  add(Name::kRefusals, stats.telemetry_refused, {"telemetry"});
  for (int state = 0; state < v1::TrialState_ARRAYSIZE; ++state) {
    const auto outcome = static_cast<v1::TrialState>(state);
    if (!IsOutcome(outcome)) continue;
    add(Name::kTrialsFinished, stats.finished[static_cast<size_t>(state)],
        {StateName(outcome)});
  }
  for (size_t i = 0; i < kEventKinds.size(); ++i) {
    add(Name::kEvents, stats.events[i], {std::string(kEventKinds[i])});
  }
  writer.Add(Name::kLoopBatch, stats.batch.ToProto());
  writer.Add(Name::kCommitWrite, stats.write_seconds.ToProto());
  writer.Add(Name::kCommitSync, stats.sync_seconds.ToProto());
}

void WriteLook(const Coordinator::Look& look, TelemetryWriter& writer) {
  writer.Add(Name::kSweepsRunning, static_cast<double>(look.fractions.size()));
  writer.Add(Name::kLeases, static_cast<double>(look.leases));
  writer.Add(Name::kDemandsWaiting, static_cast<double>(look.demands));
  writer.Add(Name::kSlots, static_cast<double>(look.connected_slots));
  for (const Coordinator::Look::OpenTrials& open : look.open_trials) {
    writer.Add(Name::kSweepTrials, static_cast<double>(open.pending),
               {open.sweep, open.name, "pending"});
    writer.Add(Name::kSweepTrials, static_cast<double>(open.leased),
               {open.sweep, open.name, "leased"});
  }
  int64_t connected = 0;
  int64_t draining = 0;
  for (const v1::Worker& worker : look.workers) {
    if (!worker.connected()) continue;
    ++(worker.draining() ? draining : connected);
  }
  const auto lost =
      static_cast<int64_t>(look.workers.size()) - connected - draining;
  writer.Add(Name::kSessions, static_cast<double>(connected), {"connected"});
  writer.Add(Name::kSessions, static_cast<double>(draining), {"draining"});
  writer.Add(Name::kSessions, static_cast<double>(lost), {"lost"});
  WriteWorkers(look.workers, writer);
}

void WriteWorkers(absl::Span<const v1::Worker> workers,
                  TelemetryWriter& writer) {
  constexpr auto kMost = static_cast<size_t>(kMaxWorkersShown);
  const bool one_by_one = workers.size() <= kMost;
  std::map<TelemetryWriter::Labels, WorkerSum> sums;
  for (const v1::Worker& worker : workers) {
    sums[{worker.worker(), one_by_one ? worker.session_id() : ""}].Add(worker);
  }
  if (sums.size() > kMost) {
    // Rather a clear answer than a fast one: this is rare and small.
    std::map<std::string, bool> shown;
    for (const auto& [labels, sum] : sums) {
      if (shown.size() + 1 < kMost) shown[labels[0]] = true;
    }
    sums.clear();
    for (const v1::Worker& worker : workers) {
      const bool own = shown.contains(worker.worker());
      sums[{own ? worker.worker() : "others", ""}].Add(worker);
    }
  }
  for (const auto& [labels, sum] : sums) sum.Write(labels, writer);
}

void WriteSizes(const LedgerReader::Sizes& sizes, TelemetryWriter& writer) {
  const auto add = [&](Name name, const std::optional<int64_t>& bytes) {
    if (bytes.has_value()) writer.Add(name, static_cast<double>(*bytes));
  };
  add(Name::kLedgerBytes, sizes.file);
  add(Name::kWalBytes, sizes.wal);
  add(Name::kLedgerFree, sizes.free);
  add(Name::kDeletedSweeps, sizes.deleted_sweeps);
  add(Name::kPageCache, sizes.page_cache);
  add(Name::kDiskFree, sizes.disk_free);
  add(Name::kDiskReserve, sizes.disk_reserve);
  WriteStored(sizes.datasets, Name::kDatasets, Name::kDatasetBytes, writer);
  WriteStored(sizes.checkpoints, Name::kCheckpoints, Name::kCheckpointBytes,
              writer);
}

}  // namespace fathom::server

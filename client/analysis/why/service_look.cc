#include "client/analysis/why/service_look.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/string_view.h"

namespace fathom::client {
namespace {

constexpr double kMuch = 0.5;  // A share that limits.
// Acknowledgements that are faster than this are not what slots wait for.
constexpr double kSlowAck = 0.1;

// The sum and the number of observations.
struct Observed {
  double sum = 0;
  double count = 0;

  void Add(const v1::TelemetryHistogram& histogram) {
    if (!std::isfinite(histogram.sum()) || histogram.sum() < 0) return;
    sum += histogram.sum();
    for (const int64_t bucket : histogram.counts()) {
      count += static_cast<double>(std::max<int64_t>(bucket, 0));
    }
  }
};

Observed ObservedIn(const v1::Telemetry& telemetry, absl::string_view name) {
  Observed observed;
  for (const v1::TelemetryFamily& family : telemetry.families()) {
    if (family.name() != name) continue;
    for (const v1::TelemetrySample& sample : family.samples()) {
      observed.Add(sample.histogram());
    }
  }
  return observed;
}

std::optional<double> GaugeOf(const v1::Telemetry& telemetry,
                              absl::string_view name) {
  for (const v1::TelemetryFamily& family : telemetry.families()) {
    if (family.name() != name || family.samples().empty()) continue;
    const double value = family.samples(0).value();
    if (std::isfinite(value) && value >= 0) return value;
  }
  return std::nullopt;
}

// Returns a share, or nothing where it cannot be one.
std::optional<double> ShareOf(double part, double whole) {
  if (!(whole > 0) || !(part >= 0) || !std::isfinite(part)) return std::nullopt;
  return std::min(part / whole, 1.0);
}

void LookAtWorkers(const std::vector<v1::Worker>& workers, double now,
                   ServiceLook* look) {
  Observed acks;
  double busy = 0;
  double there = 0;
  for (const v1::Worker& worker : workers) {
    if (!worker.connected() || !worker.has_telemetry()) continue;
    const v1::WorkerTelemetry& telemetry = worker.telemetry();
    acks.Add(telemetry.ack_seconds());
    look->unacknowledged +=
        std::max<int64_t>(telemetry.unacknowledged_reports(), 0);
    const auto start = static_cast<double>(worker.start_time().seconds());
    if (!worker.has_start_time() || !(now > start)) continue;
    busy += telemetry.busy_seconds();
    there += (now - start) * worker.slots();
  }
  if (acks.count > 0) look->ack_seconds = acks.sum / acks.count;
  look->busy_share = ShareOf(busy, there);
}

}  // namespace

ServiceLook LookAtService(const v1::Telemetry& telemetry,
                          const std::vector<v1::Worker>& workers, double now) {
  ServiceLook look;
  const Observed writes = ObservedIn(telemetry, "fathom_commit_write_seconds");
  const Observed syncs = ObservedIn(telemetry, "fathom_commit_sync_seconds");
  const double spent = writes.sum + syncs.sum;
  const double commits = std::max(writes.count, syncs.count);
  if (commits > 0) {
    look.commit_seconds = spent / commits;
    look.commit_share = ShareOf(
        spent, now - static_cast<double>(telemetry.start_time().seconds()));
  }
  look.free_bytes = GaugeOf(telemetry, "fathom_disk_free_bytes");
  LookAtWorkers(workers, now, &look);
  return look;
}

bool DiskLimits(const ServiceLook& look) {
  return look.commit_share.value_or(0) >= kMuch;
}

bool NetworkLimits(const ServiceLook& look,
                   std::optional<double> seconds_per_trial) {
  return look.busy_share.value_or(1) < kMuch && look.unacknowledged > 0 &&
         look.ack_seconds.value_or(0) >
             std::max(kSlowAck, seconds_per_trial.value_or(0));
}

}  // namespace fathom::client

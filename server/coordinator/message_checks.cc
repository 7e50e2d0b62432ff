#include "server/coordinator/message_checks.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proto/dataset/dataset.h"
#include "proto/shared/protocol.h"
#include "proto/shared/status.h"
#include "proto/sweep/facts/states.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/printable.h"
#include "server/limits.h"

namespace fathom::server {
namespace {

absl::Status CheckAtMost(absl::string_view what, int64_t found, int64_t most) {
  if (found <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("found ", found, " ", what, ", expected at most ", most));
}

absl::Status CheckText(absl::string_view what, const std::string& text) {
  RETURN_IF_ERROR(CheckAtMost(absl::StrCat("bytes of ", what),
                              static_cast<int64_t>(text.size()),
                              kMaxHelloTextBytes));
  if (Printable(text) == text) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "found ", what, " ", Escaped(text), ", expected printable text"));
}

absl::Status PointsError(const v1::TrialPoints& points,
                         absl::string_view found) {
  return absl::InvalidArgumentError(
      absl::StrCat("points of trial ", points.trial_index(), ", chunk ",
                   points.chunk(), ": found ", found));
}

// Checks those properties of points that do not depend on the trial.
absl::Status CheckShape(const v1::TrialPoints& points) {
  if (points.chunk() < 0) return PointsError(points, "a chunk below 0");
  const int metrics = points.metrics_size();
  if (metrics < 1 || metrics > v1::Metric_ARRAYSIZE) {
    return PointsError(points, absl::StrCat(metrics, " metrics, expected 1 to ",
                                            v1::Metric_ARRAYSIZE));
  }
  if (points.values_size() != int64_t{points.steps_size()} * metrics) {
    return PointsError(
        points,
        absl::StrCat(points.values_size(), " values, expected ",
                     points.steps_size(), " steps x ", metrics, " metrics"));
  }
  int64_t last = -1;
  for (const int64_t step : points.steps()) {
    if (step <= last) {
      return PointsError(points, absl::StrCat("step ", step, " after ", last,
                                              ", expected them ascending"));
    }
    last = step;
  }
  return absl::OkStatus();
}

// Checks what a worker says of a checkpoint, or of how it goes on from one.
absl::Status CheckResumption(const v1::Resumption& resumption) {
  if (IsDatasetDigest(resumption.digest())) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("resumption of trial ", resumption.trial_index(),
                   ": found digest ", Excerpt(resumption.digest()),
                   ", expected \"sha256:\" and 64 hex digits"));
}

absl::Status CheckCheckpoint(const v1::TrialCheckpoint& checkpoint) {
  const bool announced = checkpoint.digest().empty();
  const bool named = IsDatasetDigest(checkpoint.digest()) &&
                     checkpoint.bytes() >= 1 &&
                     checkpoint.bytes() <= kMaxCheckpointBytes;
  if (checkpoint.step() < 1 || checkpoint.chunks() < 0 ||
      !(announced || named)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "checkpoint of trial ", checkpoint.trial_index(), ": found step ",
        checkpoint.step(), ", ", checkpoint.chunks(), " chunks, ",
        checkpoint.bytes(), " bytes and digest ", Excerpt(checkpoint.digest()),
        ", expected step >= 1, chunks >= 0, and bytes of 1 to ",
        kMaxCheckpointBytes, " with their digest"));
  }
  return CheckText("numerics", checkpoint.numerics());
}

// Values must be at least 0, as no loss can be negative.
absl::Status CheckOptimum(const v1::Optimum& optimum) {
  const auto fits = [](double value) {
    return std::isfinite(value) && value >= 0;
  };
  if (fits(optimum.value()) && fits(optimum.gap()) &&
      optimum.iterations() >= 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("found the optimum ", optimum.value(), " with gap ",
                   optimum.gap(), " after ", optimum.iterations(),
                   " iterations, expected finite numbers of at least 0"));
}

}  // namespace

absl::Status CheckHello(const v1::Hello& hello) {
  RETURN_IF_ERROR(CheckText("worker", hello.worker()));
  RETURN_IF_ERROR(CheckText("host", hello.host()));
  RETURN_IF_ERROR(CheckText("session_id", hello.session_id()));
  RETURN_IF_ERROR(CheckText("numerics", hello.numerics()));
  RETURN_IF_ERROR(CheckText("program_version", hello.program_version()));
  RETURN_IF_ERROR(CheckText("job_id", hello.job_id()));
  if (hello.session_id().empty()) {
    return absl::InvalidArgumentError("Hello needs a session_id");
  }
  if (hello.slots() < 1 || hello.slots() > kMaxSlots) {
    return absl::InvalidArgumentError(absl::StrCat(
        "found ", hello.slots(), " slots, expected 1 to ", kMaxSlots));
  }
  return CheckAtMost("held leases", hello.held_lease_ids_size(), kMaxLeaseIds);
}

absl::Status CheckSpecSize(const v1::SweepSpec& spec) {
  // The checks of a spec look for each axis in the whole spec, and compare an
  // unknown name with all names, several times. A limit on the number of axes
  // keeps this cheap.
  int64_t axes = spec.axes_size();
  for (const v1::AxisGroup& group : spec.axes()) axes += group.axes_size();
  const auto fields = static_cast<int64_t>(AxisFields().size());
  if (axes > 2 * fields) {
    return absl::InvalidArgumentError(
        absl::StrCat("the spec has ", axes,
                     " axes and groups of axes, expected at most one axis for "
                     "each of the ",
                     fields, " fields that can vary"));
  }
  const auto size = static_cast<int64_t>(spec.ByteSizeLong());
  if (size <= kMaxSpecBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the spec has ", size, " bytes with its defaults, expected at most ",
      kMaxSpecBytes,
      "; write long axes as a range, in logarithmic steps or as a linspace, or "
      "make several sweeps"));
}

absl::Status CheckReport(const v1::Report& report) {
  RETURN_IF_ERROR(CheckAtMost("chunks of points in a report",
                              report.points_size(), kMaxReportChunks));
  RETURN_IF_ERROR(CheckAtMost("results in a report", report.results_size(),
                              kMaxReportResults));
  RETURN_IF_ERROR(CheckAtMost("optima in a report", report.optima_size(),
                              kMaxReportOptima));
  RETURN_IF_ERROR(CheckAtMost("bytes of a report",
                              static_cast<int64_t>(report.ByteSizeLong()),
                              kMaxReportBytes));
  for (const v1::TrialPoints& points : report.points()) {
    RETURN_IF_ERROR(CheckShape(points));
  }
  for (const v1::TrialResult& result : report.results()) {
    if (!IsOutcome(result.outcome())) {
      return absl::InvalidArgumentError(
          absl::StrCat("trial ", result.trial_index(), " cannot end in state ",
                       v1::TrialState_Name(result.outcome())));
    }
  }
  for (const v1::Optimum& optimum : report.optima()) {
    RETURN_IF_ERROR(CheckOptimum(optimum));
  }
  RETURN_IF_ERROR(CheckAtMost("resumptions in a report",
                              report.resumptions_size(), kMaxReportResults));
  RETURN_IF_ERROR(CheckAtMost("checkpoints in a report",
                              report.checkpoints_size(), kMaxReportChunks));
  for (const v1::Resumption& resumption : report.resumptions()) {
    RETURN_IF_ERROR(CheckResumption(resumption));
  }
  for (const v1::TrialCheckpoint& checkpoint : report.checkpoints()) {
    RETURN_IF_ERROR(CheckCheckpoint(checkpoint));
  }
  return absl::OkStatus();
}

absl::Status CheckReleased(const v1::Released& released) {
  return CheckAtMost("released leases", released.lease_ids_size(),
                     kMaxLeaseIds);
}

absl::Status CheckHeartbeat(const v1::Heartbeat& heartbeat, int64_t slots) {
  return CheckAtMost("leases in a heartbeat", heartbeat.progress_size(),
                     MaxLeases(slots));
}

absl::Status CheckTelemetry(const v1::WorkerTelemetry& telemetry,
                            int64_t slots) {
  // Fields that this program does not know count as well, as they are kept.
  RETURN_IF_ERROR(CheckAtMost("bytes of telemetry",
                              static_cast<int64_t>(telemetry.ByteSizeLong()),
                              kMaxTelemetryBytes));
  const auto fits = [](double value) {
    return std::isfinite(value) && value >= 0;
  };
  const v1::TelemetryHistogram& acks = telemetry.ack_seconds();
  const bool numbers =
      telemetry.busy_slots() >= 0 && telemetry.busy_slots() <= slots &&
      fits(telemetry.busy_seconds()) && telemetry.steps() >= 0 &&
      fits(telemetry.flops()) && fits(telemetry.peak_flops_per_second()) &&
      telemetry.unacknowledged_reports() >= 0 &&
      telemetry.reconnections() >= 0 && fits(acks.sum());
  if (!numbers) {
    return absl::InvalidArgumentError(absl::StrCat(
        "found telemetry of ", telemetry.busy_slots(), " busy slots of ", slots,
        ", ", telemetry.busy_seconds(), " busy seconds, ", telemetry.steps(),
        " steps, ", telemetry.flops(), " flops, ",
        telemetry.peak_flops_per_second(), " flops per second at best, ",
        telemetry.unacknowledged_reports(), " unacknowledged reports, ",
        telemetry.reconnections(), " reconnections and ", acks.sum(),
        " seconds of acknowledgements, expected finite numbers of at least 0"));
  }
  const auto& bounds = acks.bounds();
  const bool buckets =
      (acks.counts().empty() && bounds.empty()) ||
      (acks.counts_size() == bounds.size() + 1 &&
       std::all_of(bounds.begin(), bounds.end(), fits) &&
       std::adjacent_find(bounds.begin(), bounds.end(),
                          std::greater_equal<>()) == bounds.end() &&
       std::all_of(acks.counts().begin(), acks.counts().end(),
                   [](int64_t count) {
                     return count >= 0 && count <= kMaxTelemetryCount;
                   }));
  if (buckets) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "found a histogram of ", bounds.size(), " bounds and ",
      acks.counts_size(),
      " counts, expected ascending bounds and one count more, of 0 to ",
      kMaxTelemetryCount));
}

PointKind KindOfPoints(const v1::TrialPoints& points,
                       const v1::RecordSpec& record) {
  const bool evaluated = std::any_of(
      points.metrics().begin(), points.metrics().end(), [&](int metric) {
        return KindOf(record, static_cast<v1::Metric>(metric)) ==
               PointKind::kEvaluated;
      });
  return evaluated ? PointKind::kEvaluated : PointKind::kRecorded;
}

absl::Status CheckPoints(const v1::TrialPoints& points,
                         const v1::RecordSpec& record, int64_t steps,
                         int64_t last_step) {
  // A metric may occur as often as the spec lists it: once, except in stored
  // specs that today's checks would refuse.
  const auto count = [](const auto& metrics, int metric) {
    return std::count(metrics.begin(), metrics.end(), metric);
  };
  const PointKind kind = KindOfPoints(points, record);
  for (const int metric : points.metrics()) {
    if (KindOf(record, static_cast<v1::Metric>(metric)) != kind) {
      return PointsError(
          points, absl::StrCat("metric ", metric,
                               " beside those of held-out rows, expected these "
                               "in chunks of their own, as their steps are"));
    }
    const auto found = count(points.metrics(), metric);
    const auto wanted = count(record.metrics(), metric);
    if (found <= wanted) continue;
    return PointsError(points,
                       absl::StrCat("metric ", metric, " ", found,
                                    " times, expected at most ", wanted));
  }
  if (points.steps().empty()) return absl::OkStatus();
  if (*points.steps().begin() <= last_step) {
    return PointsError(points,
                       absl::StrCat("step ", *points.steps().begin(), " after ",
                                    last_step, ", expected them ascending"));
  }
  const int64_t last = *points.steps().rbegin();
  if (last <= steps) return absl::OkStatus();
  return PointsError(points,
                     absl::StrCat("step ", last, ", expected at most ", steps));
}

absl::Status CheckResult(const v1::TrialResult& result, int64_t steps) {
  const auto fits = [steps](int64_t step) {
    return step >= 0 && step <= steps;
  };
  if (!fits(result.steps()) || !fits(result.best_step())) {
    return absl::InvalidArgumentError(
        absl::StrCat("trial ", result.trial_index(), ": found ", result.steps(),
                     " steps, the best one ", result.best_step(),
                     ", expected 0 to ", steps));
  }
  RETURN_IF_ERROR(CheckText("numerics", result.numerics()));
  if (result.weights() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("trial ", result.trial_index(), ": found ",
                     result.weights(), " weights, expected at least 0"));
  }
  if (std::isfinite(result.seconds()) && result.seconds() >= 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("trial ", result.trial_index(), ": found ", result.seconds(),
                   " seconds, expected at least 0"));
}

}  // namespace fathom::server

#include "client/view/progress.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/view/bar.h"
#include "client/view/format.h"
#include "proto/sweep/facts/states.h"
#include "proto/sweep/names.h"

namespace fathom::client {
namespace {

constexpr absl::Duration kWindow = absl::Seconds(30);
constexpr int kNarrowestBar = 8;
constexpr int kWidestBar = 40;

// Returns a percentage, rounded down, so that 100% means that the sweep is
// done.
std::string PercentText(double fraction) {
  return absl::StrFormat(
      "%3d%%", static_cast<int>(std::clamp(fraction, 0.0, 1.0) * 100));
}

// Returns the parts that follow the number of trials, the most important ones
// first.
std::vector<std::string> Details(const ProgressReport& report,
                                 absl::string_view rate_unit) {
  const v1::Progress& progress = report.sweep.progress();
  std::vector<std::string> details;
  if (report.sweep.state() == v1::SWEEP_STATE_CANCELLED) {
    details.push_back("cancelled");
  } else if (report.sweep.paused() || report.sweep.interrupted()) {
    details.push_back(SweepStateText(report.sweep));
  }
  if (report.trials_per_second.has_value()) {
    details.push_back(
        absl::StrCat(RateText(*report.trials_per_second), rate_unit));
  }
  if (report.remaining.has_value()) {
    details.push_back(absl::StrCat("ETA ", DurationText(*report.remaining)));
  }
  if (progress.failed() > 0) {
    details.push_back(absl::StrCat(CountText(progress.failed()), " failed"));
  }
  if (progress.diverged() > 0) {
    details.push_back(
        absl::StrCat(CountText(progress.diverged()), " diverged"));
  }
  if (report.workers.has_value() &&
      report.sweep.state() == v1::SWEEP_STATE_RUNNING) {
    details.push_back(*report.workers == 0
                          ? "no worker connected"
                          : CountText(*report.workers, "worker"));
  }
  return details;
}

}  // namespace

void RateMeter::Add(absl::Time now, double fraction, int64_t finished_trials) {
  samples_.push_back({now, fraction, finished_trials});
  // One sample at or before the start of the window is kept.
  while (samples_.size() > 2 && samples_[1].time <= now - kWindow) {
    samples_.pop_front();
  }
}

std::optional<double> RateMeter::trials_per_second() const {
  if (samples_.size() < 2) return std::nullopt;
  const absl::Duration time = samples_.back().time - samples_.front().time;
  const int64_t finished =
      samples_.back().finished_trials - samples_.front().finished_trials;
  if (time <= absl::ZeroDuration() || finished <= 0) return std::nullopt;
  return static_cast<double>(finished) / absl::ToDoubleSeconds(time);
}

std::optional<absl::Duration> RateMeter::remaining() const {
  if (samples_.size() < 2) return std::nullopt;
  const absl::Duration time = samples_.back().time - samples_.front().time;
  const double gained = samples_.back().fraction - samples_.front().fraction;
  const double rest = std::max(0.0, 1 - samples_.back().fraction);
  if (time <= absl::ZeroDuration() || !(gained > 0)) return std::nullopt;
  return time * (rest / gained);
}

int64_t FinishedTrials(const v1::Progress& progress) {
  return CountOutcomes(progress);
}

std::string SweepStateText(const v1::Sweep& sweep) {
  if (sweep.state() != v1::SWEEP_STATE_RUNNING) {
    return absl::StrCat(StateName(sweep.state()),
                        sweep.unreadable().empty() ? "" : ", unreadable");
  }
  if (!sweep.unreadable().empty()) return "unreadable";
  if (sweep.paused()) return "paused";  // It stays paused when it is opened.
  if (sweep.interrupted()) return "interrupted";
  return sweep.progress().leased() == 0 ? "waiting" : "running";
}

std::string ProgressText(const ProgressReport& report) {
  const v1::Sweep& sweep = report.sweep;
  std::vector<std::string> parts = {
      absl::StrFormat("%d%%",
                      static_cast<int>(sweep.progress().fraction() * 100)),
      absl::StrCat(CountText(FinishedTrials(sweep.progress())), " of ",
                   CountText(sweep.trial_count(), report.noun))};
  for (std::string& detail :
       Details(report, absl::StrCat(" ", report.noun, "s/s"))) {
    parts.push_back(std::move(detail));
  }
  return absl::StrCat(sweep.spec().name(), ": ", absl::StrJoin(parts, ", "));
}

std::string ProgressLine(const ProgressReport& report, int width,
                         bool unicode) {
  const v1::Sweep& sweep = report.sweep;
  const double fraction = sweep.progress().fraction();
  std::string text = absl::StrCat(
      PercentText(fraction), "  ", CountText(FinishedTrials(sweep.progress())),
      "/", CountText(sweep.trial_count()), " ", report.noun, "s");
  // The last column stays free, because some terminals wrap when it is written.
  // The width of the bar depends on that of the terminal alone, so that the bar
  // does not jump with the text.
  const int space = std::max(width, 20) - 1;
  const int bar = std::clamp(space / 3, kNarrowestBar, kWidestBar);
  const int frame = 4;  // The ends of the bar and a gap.
  if (DisplayWidth(text) + bar + frame > space) {
    return std::string(CutToWidth(text, space));
  }
  for (const std::string& detail : Details(report, "/s")) {
    const std::string longer = absl::StrCat(text, "  ", detail);
    if (DisplayWidth(longer) + bar + frame > space) break;
    text = longer;
  }
  return absl::StrCat(Bar(fraction, bar, unicode), "  ", text);
}

}  // namespace fathom::client

#include "client/view/bench_text.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "client/view/bar.h"
#include "client/view/format.h"
#include "client/view/table.h"

namespace fathom::client {
namespace {

constexpr int kBarWidth = 20;

std::string Giga(double value) { return absl::StrFormat("%.1f", value / 1e9); }

// Returns a number rounded to three digits, which is what a measurement is
// worth: "114,000".
std::string RoundedText(double value) {
  double unit = 1;
  while (value / unit >= 1000) unit *= 10;
  return CountText(static_cast<int64_t>(value / unit + 0.5) *
                   static_cast<int64_t>(unit));
}

// Returns a time: "0.35 s", "2:33".
std::string SecondsText(double seconds) {
  if (seconds < 10) return absl::StrFormat("%.2g s", seconds);
  return DurationText(absl::Seconds(seconds));
}

std::string MachineText(const v1::BenchReport& report) {
  std::string text = absl::StrCat(Printable(report.processor()), ", ",
                                  CountText(report.slots(), "slot"), ", ",
                                  report.isa(), ", ", report.numerics(), "\n");
  absl::StrAppend(&text, "peak of a core, double:");
  for (const v1::BenchPeak& peak : report.peaks()) {
    absl::StrAppend(&text, "  ", peak.isa(), " ", Giga(peak.flops()), " GF/s");
  }
  absl::StrAppend(&text, "\nmemory: ", Giga(report.bandwidth_one()),
                  " GB/s for one slot");
  if (report.slots() > 1) {
    absl::StrAppend(&text, ", ", Giga(report.bandwidth_all()), " GB/s for ",
                    report.slots());
  }
  return text + "\n";
}

std::string PassText(const v1::BenchReport& report, bool unicode, int width) {
  Table table;
  table.header = {"pass over data", "GF/s", "of peak", ""};
  table.right = {false, true, true, false};
  for (const v1::BenchPass& pass : report.passes()) {
    table.rows.push_back({absl::StrCat(pass.rows(), " x ", pass.columns()),
                          Giga(pass.flops()),
                          absl::StrFormat("%.0f%%", 100 * pass.share_of_peak()),
                          Bar(pass.share_of_peak(), kBarWidth, unicode)});
  }
  return RenderTable(table, width);
}

std::string TrainingText(const v1::BenchReport& report, bool unicode,
                         int width) {
  double most = 0;
  for (const v1::BenchTraining& training : report.trainings()) {
    if (training.p() != 2) most = std::max(most, training.rate());
  }
  Table table;
  table.header = {"training", "steps x trials/s", ""};
  table.right = {false, true, false};
  for (const v1::BenchTraining& training : report.trainings()) {
    std::string name =
        absl::StrCat("p = ", training.p(), ", depth ", training.depth());
    if (training.depth() > 1) {
      absl::StrAppend(&name, ", width ", training.width());
    }
    // Squared errors need no pass over the data, so that their rate would not
    // fit the scale of the bars.
    table.rows.push_back(
        {std::move(name), RoundedText(training.rate()),
         training.p() == 2 ? ""
                           : Bar(training.rate() / most, kBarWidth, unicode)});
  }
  return RenderTable(table, width);
}

std::string ScalingText(const v1::BenchReport& report, bool unicode,
                        int width) {
  Table table;
  table.header = {"slots", "steps x trials/s", "speedup", ""};
  table.right = {true, true, true, false};
  for (const v1::BenchScaling& scaling : report.scalings()) {
    table.rows.push_back(
        {absl::StrCat(scaling.slots()), RoundedText(scaling.rate()),
         absl::StrFormat("%.2fx", scaling.speedup()),
         Bar(scaling.speedup() / scaling.slots(), kBarWidth, unicode)});
  }
  return RenderTable(table, width);
}

std::string ForecastText(const v1::BenchReport& report, int width) {
  Table table;
  table.header = {"sweep", "scale",       "trials", "steps",
                  "time",  "trials/hour", "lease"};
  table.right = {false, false, true, true, true, true, true};
  for (const v1::BenchForecast& forecast : report.forecasts()) {
    table.rows.push_back(
        {Printable(forecast.name()), Printable(forecast.scale()),
         CountText(forecast.trials()), CountText(forecast.steps()),
         SecondsText(forecast.seconds()),
         RoundedText(forecast.trials_per_hour()),
         CountText(forecast.lease_trials())});
  }
  return RenderTable(table, width);
}

}  // namespace

std::string BenchText(const v1::BenchReport& report, bool unicode, int width) {
  std::string text =
      absl::StrCat(MachineText(report), "\n", PassText(report, unicode, width),
                   "\n", TrainingText(report, unicode, width));
  if (report.scalings_size() > 1) {
    absl::StrAppend(&text, "\n", ScalingText(report, unicode, width));
  }
  if (report.forecasts_size() > 0) {
    absl::StrAppend(&text, "\n", ForecastText(report, width));
  }
  return text;
}

std::string BenchProgressText(absl::string_view part, double done, int width,
                              bool unicode) {
  std::string text = absl::StrCat("measuring: ", std::string(part));
  // For the ends of the bar, spaces and a free last column.
  constexpr int kAround = 5;
  const int bar = std::min(kBarWidth, width - DisplayWidth(text) - kAround);
  if (bar < 8) return text.substr(0, std::max(0, width - 1));
  return absl::StrCat(Bar(done, bar, unicode), "  ", text);
}

}  // namespace fathom::client

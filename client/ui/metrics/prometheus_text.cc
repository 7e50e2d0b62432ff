#include "client/ui/metrics/prometheus_text.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "prometheus/metric_family.h"
#include "prometheus/text_serializer.h"

namespace fathom::client {
namespace {

using ::prometheus::ClientMetric;
using ::prometheus::MetricFamily;
using ::prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

// Whether a text names a metric or a label: letters, digits and underscores.
bool IsName(absl::string_view text) {
  return !text.empty() && !absl::ascii_isdigit(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  c == '_';
         });
}

// Returns the text without line breaks, which would begin another line of the
// answer, and without backslashes, which Prometheus reads as escapes.
std::string OneLine(std::string text) {
  for (char& c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c)) || c == '\\')
      c = ' ';
  }
  return text;
}

std::optional<MetricType> TypeOf(v1::TelemetryKind kind) {
  switch (kind) {
    case v1::TELEMETRY_KIND_COUNTER:
      return MetricType::Counter;
    case v1::TELEMETRY_KIND_GAUGE:
      return MetricType::Gauge;
    case v1::TELEMETRY_KIND_HISTOGRAM:
      return MetricType::Histogram;
    default:
      return std::nullopt;
  }
}

// Returns the labels, or nothing when they cannot be those of a sample.
std::optional<Labels> LabelsOf(const v1::TelemetrySample& sample) {
  Labels labels;
  std::set<absl::string_view> names;
  for (const v1::TelemetryLabel& label : sample.labels()) {
    // The other names belong to Prometheus itself.
    const bool fine = IsName(label.name()) && label.name() != "le" &&
                      !absl::StartsWith(label.name(), "__");
    if (!fine || !names.insert(label.name()).second) return std::nullopt;
    labels.push_back({label.name(), label.value()});
  }
  return labels;
}

// Returns the histogram as Prometheus counts: each bucket with all those below
// it. Nothing when it is none.
std::optional<ClientMetric::Histogram> HistogramOf(
    const v1::TelemetryHistogram& from) {
  const auto& bounds = from.bounds();
  const bool fine =
      from.counts_size() == bounds.size() + 1 &&
      std::all_of(bounds.begin(), bounds.end(),
                  [](double bound) { return std::isfinite(bound); }) &&
      std::adjacent_find(bounds.begin(), bounds.end(),
                         std::greater_equal<>()) == bounds.end() &&
      std::all_of(from.counts().begin(), from.counts().end(),
                  [](int64_t count) { return count >= 0; });
  if (!fine) return std::nullopt;
  ClientMetric::Histogram histogram;
  for (int i = 0; i < from.counts_size(); ++i) {
    histogram.sample_count += static_cast<uint64_t>(from.counts(i));
    if (i == bounds.size()) break;  // The serializer adds the last bucket.
    histogram.bucket.push_back({histogram.sample_count, bounds[i]});
  }
  histogram.sample_sum = from.sum();
  return histogram;
}

// Returns the samples of a family that are any.
std::vector<ClientMetric> SamplesOf(const v1::TelemetryFamily& family,
                                    MetricType type) {
  std::vector<ClientMetric> samples;
  std::set<Labels> seen;
  for (const v1::TelemetrySample& from : family.samples()) {
    std::optional<Labels> labels = LabelsOf(from);
    if (!labels.has_value() || !seen.insert(*labels).second) continue;
    ClientMetric sample;
    sample.label = *std::move(labels);
    if (type == MetricType::Histogram) {
      auto histogram = HistogramOf(from.histogram());
      if (!histogram.has_value()) continue;
      sample.histogram = *std::move(histogram);
    } else if (type == MetricType::Counter) {
      sample.counter.value = from.value();
    } else {
      sample.gauge.value = from.value();
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace

std::string PrometheusText(const v1::Telemetry& telemetry) {
  std::vector<MetricFamily> families;
  std::set<absl::string_view> names;
  for (const v1::TelemetryFamily& from : telemetry.families()) {
    const std::optional<MetricType> type = TypeOf(from.kind());
    if (!type.has_value() || !IsName(from.name())) continue;
    std::vector<ClientMetric> samples = SamplesOf(from, *type);
    if (samples.empty() || !names.insert(from.name()).second) continue;
    families.push_back(
        {from.name(), OneLine(from.help()), *type, std::move(samples)});
  }
  return ::prometheus::TextSerializer().Serialize(families);
}

}  // namespace fathom::client

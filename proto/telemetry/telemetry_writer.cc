#include "proto/telemetry/telemetry_writer.h"

#include <algorithm>

#include "absl/strings/str_split.h"

namespace fathom {

v1::TelemetrySample& TelemetryWriter::AddSample(TelemetryName name,
                                                Labels labels) {
  const std::vector<std::string> names =
      absl::StrSplit(RowOf(name).labels, ',', absl::SkipEmpty());
  v1::TelemetrySample sample;
  for (size_t i = 0; i < names.size(); ++i) {
    v1::TelemetryLabel& label = *sample.add_labels();
    label.set_name(names[i]);
    if (i < labels.size()) label.set_value(labels[i]);
  }
  return samples_[name]
      .insert_or_assign(std::move(labels), std::move(sample))
      .first->second;
}

void TelemetryWriter::Add(TelemetryName name, double value, Labels labels) {
  AddSample(name, std::move(labels)).set_value(value);
}

void TelemetryWriter::Add(TelemetryName name, v1::TelemetryHistogram histogram,
                          Labels labels) {
  *AddSample(name, std::move(labels)).mutable_histogram() =
      std::move(histogram);
}

v1::Telemetry TelemetryWriter::Take() {
  v1::Telemetry telemetry;
  for (auto& [name, samples] : samples_) {
    const TelemetryRow& row = RowOf(name);
    v1::TelemetryFamily& family = *telemetry.add_families();
    family.set_name(row.name);
    family.set_help(row.help);
    family.set_kind(row.kind);
    for (auto& [labels, sample] : samples) {
      *family.add_samples() = std::move(sample);
    }
  }
  samples_.clear();
  return telemetry;
}

void AddHistogram(const v1::TelemetryHistogram& more,
                  v1::TelemetryHistogram* sum) {
  if (sum->counts().empty()) {
    *sum = more;
    return;
  }
  sum->set_sum(sum->sum() + more.sum());
  for (int i = 0; i < more.counts_size(); ++i) {
    const auto& bounds = sum->bounds();
    const auto at =
        i < more.bounds_size()
            ? std::lower_bound(bounds.begin(), bounds.end(), more.bounds(i))
            : bounds.end();
    const auto bucket = static_cast<int>(at - bounds.begin());
    sum->set_counts(bucket, sum->counts(bucket) + more.counts(i));
  }
}

}  // namespace fathom

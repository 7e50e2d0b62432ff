#include "client/ui/http/counts.h"

#include "absl/strings/str_cat.h"

namespace fathom::client {
namespace {

v1::TelemetryFamily& AddFamily(const char* name, const char* help,
                               v1::TelemetryKind kind,
                               v1::Telemetry& telemetry) {
  v1::TelemetryFamily& family = *telemetry.add_families();
  family.set_name(name);
  family.set_help(help);
  family.set_kind(kind);
  return family;
}

void AddGauge(const char* name, const char* help, int64_t value,
              v1::Telemetry& telemetry) {
  AddFamily(name, help, v1::TELEMETRY_KIND_GAUGE, telemetry)
      .add_samples()
      ->set_value(static_cast<double>(value));
}

void AddLabel(const char* name, const std::string& value,
              v1::TelemetrySample& sample) {
  v1::TelemetryLabel& label = *sample.add_labels();
  label.set_name(name);
  label.set_value(value);
}

}  // namespace

v1::Telemetry TelemetryOf(const UiCounts& counts) {
  v1::Telemetry telemetry;
  AddGauge("fathom_ui_connections", "Open connections of browsers.",
           counts.connections, telemetry);
  AddGauge("fathom_ui_event_streams", "Open pages that are told of changes.",
           counts.streams, telemetry);
  v1::TelemetryFamily& responses = AddFamily(
      "fathom_ui_responses_total",
      "Responses by what was asked for (page, api, login, events, metrics, "
      "health; refused: nothing that is here) and status.",
      v1::TELEMETRY_KIND_COUNTER, telemetry);
  for (const auto& [key, count] : counts.responses) {
    v1::TelemetrySample& sample = *responses.add_samples();
    AddLabel("route", key.first, sample);
    AddLabel("status", absl::StrCat(key.second), sample);
    sample.set_value(static_cast<double>(count));
  }
  AddGauge("fathom_ui_sessions", "Open logins.", counts.sessions, telemetry);
  return telemetry;
}

}  // namespace fathom::client

#include "client/ui/metrics/ui_telemetry.h"

#include <string>

#include "proto/telemetry/telemetry_writer.h"

namespace fathom::client {

v1::Telemetry TelemetryOf(const UiCounts& counts, absl::Time certificate_end) {
  TelemetryWriter writer;
  for (const auto& [what, responses] : counts.responses) {
    writer.Add(TelemetryName::kUiRequests, static_cast<double>(responses),
               {what.first, std::to_string(what.second)});
  }
  writer.Add(TelemetryName::kUiConnections,
             static_cast<double>(counts.connections));
  writer.Add(TelemetryName::kUiStreams, static_cast<double>(counts.streams));
  writer.Add(TelemetryName::kUiSessions, static_cast<double>(counts.sessions));
  if (certificate_end < absl::InfiniteFuture()) {
    writer.Add(TelemetryName::kUiCertificateEnd,
               static_cast<double>(absl::ToUnixSeconds(certificate_end)));
  }
  return writer.Take();
}

}  // namespace fathom::client

#ifndef FATHOM_PROTO_TELEMETRY_TELEMETRY_WRITER_H_
#define FATHOM_PROTO_TELEMETRY_TELEMETRY_WRITER_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "fathom/v1/telemetry.pb.h"
#include "proto/telemetry/families.h"

namespace fathom {

// Collects samples into a Telemetry message, with what the table says of each
// family. Names and kinds are thereby those of the table and no others.
//
// Not thread-safe.
class TelemetryWriter {
 public:
  // The values of the labels of a sample, in the order of the table.
  using Labels = std::vector<std::string>;

  // Adds a sample of a counter or gauge.
  void Add(TelemetryName name, double value, Labels labels = {});
  // Adds a sample of a histogram.
  void Add(TelemetryName name, v1::TelemetryHistogram histogram,
           Labels labels = {});

  // Returns what was collected: families in the order of their names, samples
  // in that of their labels.
  v1::Telemetry Take();

 private:
  v1::TelemetrySample& AddSample(TelemetryName name, Labels labels);

  std::map<TelemetryName, std::map<Labels, v1::TelemetrySample>> samples_;
};

// Adds the observations of `more` to `sum`, which is empty or has the same
// bounds; otherwise they count by the bounds of `sum`, each bucket of `more` as
// if all of its observations were at its upper bound.
void AddHistogram(const v1::TelemetryHistogram& more,
                  v1::TelemetryHistogram* sum);

}  // namespace fathom

#endif  // FATHOM_PROTO_TELEMETRY_TELEMETRY_WRITER_H_

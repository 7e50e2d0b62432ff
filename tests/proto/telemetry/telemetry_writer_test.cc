#include "proto/telemetry/telemetry_writer.h"

#include <vector>

#include "gmock/gmock.h"
#include "proto/telemetry/counters.h"

namespace fathom {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(TelemetryWriterTest, FamiliesAndSamplesAreInOrder) {
  TelemetryWriter writer;
  writer.Add(TelemetryName::kSlots, 3);
  writer.Add(TelemetryName::kCalls, 2, {"Query", "OK"});
  writer.Add(TelemetryName::kCalls, 1, {"Audit", "OK"});
  const v1::Telemetry telemetry = writer.Take();
  ASSERT_THAT(telemetry.families(), SizeIs(2));
  const v1::TelemetryFamily& calls = telemetry.families(0);
  EXPECT_EQ(calls.name(), "fathom_calls_total");
  EXPECT_EQ(calls.kind(), v1::TELEMETRY_KIND_COUNTER);
  ASSERT_THAT(calls.samples(), SizeIs(2));
  EXPECT_EQ(calls.samples(0).labels(0).name(), "method");
  EXPECT_EQ(calls.samples(0).labels(0).value(), "Audit");
  EXPECT_EQ(calls.samples(0).labels(1).name(), "code");
  EXPECT_EQ(calls.samples(1).value(), 2);
  EXPECT_EQ(telemetry.families(1).name(), "fathom_slots");
  EXPECT_THAT(writer.Take().families(), SizeIs(0));
}

v1::TelemetryHistogram Histogram(const std::vector<double>& bounds,
                                 const std::vector<int64_t>& counts,
                                 double sum) {
  v1::TelemetryHistogram histogram;
  histogram.mutable_bounds()->Add(bounds.begin(), bounds.end());
  histogram.mutable_counts()->Add(counts.begin(), counts.end());
  histogram.set_sum(sum);
  return histogram;
}

TEST(TelemetryWriterTest, HistogramsAdd) {
  v1::TelemetryHistogram sum;
  AddHistogram(Histogram({1, 2}, {1, 2, 3}, 10), &sum);
  AddHistogram(Histogram({1, 2}, {10, 20, 30}, 100), &sum);
  EXPECT_THAT(sum.bounds(), ElementsAre(1, 2));
  EXPECT_THAT(sum.counts(), ElementsAre(11, 22, 33));
  EXPECT_EQ(sum.sum(), 110);
  // Of other bounds, as a newer program may have them: none is lost.
  AddHistogram(Histogram({0.5, 1.5, 7}, {1, 1, 1, 1}, 5), &sum);
  EXPECT_THAT(sum.bounds(), ElementsAre(1, 2));
  EXPECT_THAT(sum.counts(), ElementsAre(12, 23, 35));
  AddHistogram(v1::TelemetryHistogram(), &sum);
  EXPECT_THAT(sum.counts(), ElementsAre(12, 23, 35));
}

TEST(CountersTest, ABucketHoldsWhatIsAtMostItsBound) {
  constexpr std::array kBounds = {1.0, 10.0};
  OneWriterHistogram<2> histogram(kBounds);
  for (const double value : {0.0, 1.0, 1.5, 10.0, 11.0, 1e9}) {
    histogram.Add(value);
  }
  const v1::TelemetryHistogram proto = histogram.ToProto();
  EXPECT_THAT(proto.bounds(), ElementsAre(1, 10));
  EXPECT_THAT(proto.counts(), ElementsAre(2, 2, 2));
  EXPECT_EQ(proto.sum(), 23.5 + 1e9);
}

}  // namespace
}  // namespace fathom

// The text that Prometheus reads, and what nobody can put into it.
#include "client/ui/metrics/prometheus_text.h"

#include <cmath>
#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "proto/telemetry/telemetry_writer.h"

namespace fathom::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::TelemetryFamily& Add(v1::Telemetry& telemetry, const std::string& name,
                         v1::TelemetryKind kind, double value) {
  v1::TelemetryFamily& family = *telemetry.add_families();
  family.set_name(name);
  family.set_help("Help.");
  family.set_kind(kind);
  family.add_samples()->set_value(value);
  return family;
}

TEST(PrometheusTextTest, CountersGaugesAndHistograms) {
  TelemetryWriter writer;
  writer.Add(TelemetryName::kCalls, 3, {"Query", "OK"});
  writer.Add(TelemetryName::kSlots, 2.5);
  v1::TelemetryHistogram batch;
  batch.add_bounds(1);
  batch.add_bounds(8);
  for (const int64_t count : {5, 0, 2}) batch.add_counts(count);
  batch.set_sum(40);
  writer.Add(TelemetryName::kLoopBatch, batch);
  const std::string text = PrometheusText(writer.Take());
  EXPECT_THAT(text,
              HasSubstr("# TYPE fathom_calls_total counter\n"
                        "fathom_calls_total{method=\"Query\",code=\"OK\"} "
                        "3\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE fathom_slots gauge\nfathom_slots 2.5\n"));
  // Each bucket counts those below it as well.
  EXPECT_THAT(text, HasSubstr("fathom_loop_batch_tasks_count 7\n"));
  EXPECT_THAT(text, HasSubstr("fathom_loop_batch_tasks_sum 40\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{le=\"1\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{le=\"8\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{le=\"+Inf\"} 7\n"));
}

TEST(PrometheusTextTest, NamesThatPeopleChoseStayBetweenTheirQuotes) {
  TelemetryWriter writer;
  writer.Add(TelemetryName::kSweepTrials, 1,
             {"1", "a\"} 7\nfathom_up 0\n\\", "pending"});
  const std::string text = PrometheusText(writer.Take());
  EXPECT_THAT(text, HasSubstr("name=\"a\\\"} 7\\nfathom_up 0\\n\\\\\""));
  EXPECT_THAT(text, Not(HasSubstr("\nfathom_up")));
}

// The other program may be a newer one, or not what it says.
TEST(PrometheusTextTest, WhatIsNoMetricIsLeftOut) {
  v1::Telemetry telemetry;
  Add(telemetry, "future_metric", v1::TELEMETRY_KIND_GAUGE, 1);
  Add(telemetry, "a b", v1::TELEMETRY_KIND_GAUGE, 2);
  Add(telemetry, "", v1::TELEMETRY_KIND_GAUGE, 2);
  Add(telemetry, "2nd", v1::TELEMETRY_KIND_GAUGE, 2);
  Add(telemetry, "new\nline", v1::TELEMETRY_KIND_GAUGE, 2);
  Add(telemetry, "kindless", v1::TELEMETRY_KIND_UNSPECIFIED, 2);
  Add(telemetry, "newer_kind", static_cast<v1::TelemetryKind>(99), 2);
  Add(telemetry, "future_metric", v1::TELEMETRY_KIND_COUNTER, 2);
  Add(telemetry, "helpful", v1::TELEMETRY_KIND_GAUGE, 1)
      .set_help("one\nforged 2");
  for (const char* label : {"le", "__name__", "", "a-b"}) {
    v1::TelemetrySample& sample =
        *Add(telemetry,
             std::string("label_") + std::string(1, 'a' + *label % 26),
             v1::TELEMETRY_KIND_GAUGE, 2)
             .mutable_samples(0);
    sample.add_labels()->set_name(label);
  }
  v1::TelemetryFamily& twice =
      Add(telemetry, "twice", v1::TELEMETRY_KIND_GAUGE, 1);
  twice.add_samples()->set_value(2);
  EXPECT_EQ(PrometheusText(telemetry),
            "# HELP future_metric Help.\n# TYPE future_metric gauge\n"
            "future_metric 1\n"
            "# HELP helpful one forged 2\n# TYPE helpful gauge\nhelpful 1\n"
            "# HELP twice Help.\n# TYPE twice gauge\ntwice 1\n");
}

TEST(PrometheusTextTest, HistogramsThatAreNoneAreLeftOut) {
  using Spoil = void (*)(v1::TelemetryHistogram&);
  for (const Spoil spoil : std::initializer_list<Spoil>{
           [](auto& h) { h.add_counts(1); }, [](auto& h) { h.clear_counts(); },
           [](auto& h) { h.set_counts(0, -1); },
           [](auto& h) { h.set_bounds(1, h.bounds(0)); },
           [](auto& h) { h.set_bounds(0, std::nan("")); },
           [](auto& h) { h.set_bounds(1, HUGE_VAL); }}) {
    v1::TelemetryHistogram histogram;
    histogram.add_bounds(1);
    histogram.add_bounds(2);
    for (int i = 0; i < 3; ++i) histogram.add_counts(i);
    v1::Telemetry telemetry;
    v1::TelemetryFamily& family =
        Add(telemetry, "h", v1::TELEMETRY_KIND_HISTOGRAM, 0);
    *family.mutable_samples(0)->mutable_histogram() = histogram;
    EXPECT_NE(PrometheusText(telemetry), "");
    spoil(*family.mutable_samples(0)->mutable_histogram());
    EXPECT_EQ(PrometheusText(telemetry), "") << family.ShortDebugString();
  }
}

TEST(PrometheusTextTest, NumbersThatAreNoneAreWrittenAsSuch) {
  v1::Telemetry telemetry;
  Add(telemetry, "a", v1::TELEMETRY_KIND_GAUGE, HUGE_VAL);
  Add(telemetry, "b", v1::TELEMETRY_KIND_GAUGE, std::nan(""));
  Add(telemetry, "c", v1::TELEMETRY_KIND_GAUGE, 0.1);
  const std::string text = PrometheusText(telemetry);
  EXPECT_THAT(text, HasSubstr("a +Inf\n"));
  EXPECT_THAT(text, ::testing::ContainsRegex("b Na[nN]\n"));
  EXPECT_THAT(text, HasSubstr("c 0.1"));
}

}  // namespace
}  // namespace fathom::client

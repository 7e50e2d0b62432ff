#include "client/ui/http/counts.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"

namespace fathom::client {
namespace {

using ::testing::ElementsAre;

TEST(CountsTest, MetricsAreOrderedByNameAndLabels) {
  const UiCounts counts = {
      .responses = {{{"page", 304}, 5}, {{"api", 404}, 1}, {{"api", 200}, 7}},
      .connections = 3,
      .streams = 2,
      .sessions = 4};

  const v1::Telemetry telemetry = TelemetryOf(counts);

  std::vector<std::string> names;
  for (const auto& family : telemetry.families()) {
    names.push_back(family.name());
    EXPECT_NE(family.help(), "");
  }
  EXPECT_THAT(names,
              ElementsAre("fathom_ui_connections", "fathom_ui_event_streams",
                          "fathom_ui_responses_total", "fathom_ui_sessions"));
  EXPECT_EQ(telemetry.families(0).samples(0).value(), 3);
  EXPECT_EQ(telemetry.families(1).samples(0).value(), 2);
  EXPECT_EQ(telemetry.families(3).samples(0).value(), 4);
  const auto& responses = telemetry.families(2);
  EXPECT_EQ(responses.kind(), v1::TELEMETRY_KIND_COUNTER);
  std::vector<std::string> samples;
  for (const auto& sample : responses.samples()) {
    samples.push_back(sample.labels(0).value() + " " +
                      sample.labels(1).value() + " " +
                      std::to_string(static_cast<int>(sample.value())));
  }
  EXPECT_THAT(samples, ElementsAre("api 200 7", "api 404 1", "page 304 5"));
}

}  // namespace
}  // namespace fathom::client

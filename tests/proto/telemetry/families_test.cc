// The table of metrics keeps to the conventions of Prometheus.
#include "proto/telemetry/families.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"

namespace fathom {
namespace {

using ::testing::EndsWith;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

TEST(FamiliesTest, AreInTheOrderOfTheirNamesAndOfTheEnum) {
  std::string last;
  size_t number = 0;
  for (const TelemetryRow& row : TelemetryFamilies()) {
    EXPECT_EQ(static_cast<size_t>(row.id), number++) << row.name;
    EXPECT_LT(last, row.name);
    last = row.name;
    EXPECT_EQ(&RowOf(row.id), &row);
  }
  EXPECT_EQ(number,
            static_cast<size_t>(TelemetryName::kWorkerUnacknowledged) + 1);
}

TEST(FamiliesTest, NamesSayWhatIsCounted) {
  for (const TelemetryRow& row : TelemetryFamilies()) {
    const std::string name = row.name;
    EXPECT_THAT(name, MatchesRegex("fathom_[a-z]+(_[a-z]+)*"));
    EXPECT_EQ(absl::EndsWith(name, "_total"),
              row.kind == v1::TELEMETRY_KIND_COUNTER)
        << name;
    // These belong to the series of histograms.
    for (const char* suffix : {"_bucket", "_count", "_sum"}) {
      EXPECT_FALSE(absl::EndsWith(name, suffix)) << name;
    }
    EXPECT_EQ(absl::StartsWith(name, "fathom_worker_"),
              absl::StrContains(row.labels, "worker"))
        << name;
    EXPECT_THAT(row.help, EndsWith("."));
  }
}

TEST(FamiliesTest, LabelsAreNames) {
  for (const TelemetryRow& row : TelemetryFamilies()) {
    for (const std::string& label : std::vector<std::string>(
             absl::StrSplit(row.labels, ',', absl::SkipEmpty()))) {
      EXPECT_THAT(label, MatchesRegex("[a-z]+")) << row.name;
      EXPECT_NE(label, "le") << row.name;
    }
  }
}

}  // namespace
}  // namespace fathom

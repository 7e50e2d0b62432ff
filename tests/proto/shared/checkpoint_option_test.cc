#include "proto/shared/checkpoint_option.h"

#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fathom {
namespace {

using ::testing::HasSubstr;

TEST(CheckpointOptionTest, TimesAreReadWithAndWithoutUnits) {
  EXPECT_EQ(ReadInterval("60"), absl::Seconds(60));
  EXPECT_EQ(ReadInterval("0.25"), absl::Milliseconds(250));
  EXPECT_EQ(ReadInterval("0.2s"), absl::Milliseconds(200));
  EXPECT_EQ(ReadInterval("1m30s"), absl::Seconds(90));
  EXPECT_EQ(ReadInterval("2h"), absl::Hours(2));
  EXPECT_EQ(ReadInterval(kCheckpointEvery), absl::Minutes(1));
}

TEST(CheckpointOptionTest, ZeroAndNeverAreNever) {
  for (const std::string text : {"0", "0s", "never"}) {
    EXPECT_EQ(ReadInterval(text), absl::InfiniteDuration()) << text;
    EXPECT_EQ(CheckpointInterval()(std::string(text)), "") << text;
  }
}

TEST(CheckpointOptionTest, WhatIsNoTimeIsNotRead) {
  for (const std::string text :
       {"", "often", "-1", "-1s", "nan", "inf", "-inf", "1e999", "60x"}) {
    EXPECT_EQ(ReadInterval(text), std::nullopt) << text;
  }
}

TEST(CheckpointOptionTest, TheRangeIsHeldAndTheErrorSaysIt) {
  std::string text;
  CLI::App app;
  AddCheckpointOption(app, text, "help");
  EXPECT_NO_THROW(app.parse("--checkpoint-every 100ms"));
  EXPECT_EQ(text, "100ms");
  EXPECT_NO_THROW(app.parse("--checkpoint-every 24h"));
  for (const std::string value : {"0.05", "25h", "nan", "often"}) {
    const std::string error = CheckpointInterval()(std::string(value));
    EXPECT_THAT(error, HasSubstr("found " + value)) << value;
    EXPECT_THAT(error, HasSubstr("from 100ms to 24h")) << value;
    EXPECT_THROW(app.parse("--checkpoint-every " + value), CLI::ParseError);
  }
}

}  // namespace
}  // namespace fathom

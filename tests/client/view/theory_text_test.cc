#include "client/view/theory_text.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fathom::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

void Add(const char* statement, const char* setting, double residual,
         v1::TheoryReport* report) {
  v1::TheoryCheck& check = *report->add_checks();
  check.set_claim("Claim 9");
  check.set_statement(statement);
  check.set_setting(setting);
  check.set_predicted(2);
  check.set_measured(2 + residual);
  check.set_residual(residual);
  check.set_tolerance(0.5);
  check.set_holds(residual <= 0.5);
}

TEST(TheoryTextTest, ShowsTheSettingNearestToItsTolerance) {
  v1::TheoryReport report;
  Add("one", "easy", 0.1, &report);
  Add("one", "close", 0.4, &report);
  Add("one", "slack", 0.2, &report);
  Add("two", "other", 0.3, &report);

  const std::string text = TheoryText(report, false, 0);

  EXPECT_THAT(text, HasSubstr("close"));
  EXPECT_THAT(text, HasSubstr("holds (3 of 3)"));
  EXPECT_THAT(text, HasSubstr("other"));
  EXPECT_THAT(text, Not(HasSubstr("easy")));
  EXPECT_THAT(text, Not(HasSubstr("slack")));
  EXPECT_THAT(text, HasSubstr("\nall of 4 checks hold on this machine\n"));
}

TEST(TheoryTextTest, AFailureIsShownBeforeAllThatHolds) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  v1::TheoryReport report;
  Add("one", "close", 0.4, &report);
  Add("one", "nowhere", kNaN, &report);
  Add("one", "easy", 0, &report);

  const std::string text = TheoryText(report, false, 0);

  EXPECT_THAT(text, HasSubstr("nowhere"));
  EXPECT_THAT(text, HasSubstr("FAILS (2 of 3)"));
  EXPECT_THAT(text, HasSubstr("\n1 of 3 checks failed\n"));
}

TEST(TheoryTextTest, AllShowsEverySetting) {
  v1::TheoryReport report;
  Add("one", "easy", 0.1, &report);
  Add("one", "close", 0.4, &report);

  const std::string text = TheoryText(report, true, 0);

  EXPECT_THAT(text, HasSubstr("easy"));
  EXPECT_THAT(text, HasSubstr("close"));
}

}  // namespace
}  // namespace fathom::client

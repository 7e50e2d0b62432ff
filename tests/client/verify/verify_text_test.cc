#include "client/verify/verify_text.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fathom::client {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

VerifyReport Report() {
  VerifyReport report;
  report.finished = 30;
  report.trials = 20;
  report.doubles = 500;
  report.ways = {{"avx2", 1, 20, 7, 500},
                 {"avx2", 2, 20, 9, 500},
                 {"portable", 2, 0, 0, 0}};
  return report;
}

TEST(VerifyTextTest, APackingThatTrainedNothingIsLeftOutAndSaidToBe) {
  EXPECT_THAT(VerifyText(Report(), 0),
              AllOf(HasSubstr("left out: portable"), HasSubstr("2 packings"),
                    HasSubstr("1,000 comparisons: 0 differences")));
}

TEST(VerifyTextTest, AnInterruptedOneHadNotGotThere) {
  VerifyReport report = Report();
  report.interrupted = true;
  EXPECT_THAT(VerifyText(report, 0), AllOf(HasSubstr("interrupted after 20"),
                                           Not(HasSubstr("left out"))));
}

TEST(VerifyTextTest, EveryPackingThatTrainedIsCounted) {
  VerifyReport report = Report();
  report.ways[2] = {"portable", 2, 1, 1, 25};
  EXPECT_THAT(VerifyText(report, 0),
              AllOf(HasSubstr("3 packings"), HasSubstr("1,025 comparisons"),
                    Not(HasSubstr("left out"))));
}

}  // namespace
}  // namespace fathom::client

#include "client/view/bar.h"

#include "gtest/gtest.h"

namespace fathom::client {
namespace {

TEST(BarTest, FillsItsPlaceAndNeverMore) {
  EXPECT_EQ(Bar(0, 4, false), "[----]");
  EXPECT_EQ(Bar(0.5, 4, false), "[##--]");
  EXPECT_EQ(Bar(0.99, 4, false), "[###-]");
  for (const double all : {1.0, 1.0000001, 7.0}) {
    EXPECT_EQ(Bar(all, 4, false), "[####]") << all;
    EXPECT_EQ(Bar(all, 2, true), "▕██▏") << all;
  }
  for (const double none : {-0.0, -1e-9, -3.0}) {
    EXPECT_EQ(Bar(none, 4, false), "[----]") << none;
    EXPECT_EQ(Bar(none, 2, true), "▕  ▏") << none;
  }
  EXPECT_EQ(Bar(0.5, 1, true), "▕▌▏");
}

}  // namespace
}  // namespace fathom::client

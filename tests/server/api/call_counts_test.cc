#include "server/api/call_counts.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fathom::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CallCountsTest, CountsByMethodAndCode) {
  CallCounts counts;
  EXPECT_THAT(counts.All(), IsEmpty());
  counts.Add("/fathom.v1.SweepService/Query", 0);
  counts.Add("/fathom.v1.SweepService/Query", 0);
  counts.Add("/fathom.v1.SweepService/Query", 3);
  // Strangers may call what they like, and make no more rows by it.
  counts.Add("/fathom.v1.SweepService/Quer", 12);
  counts.Add("/a/b", 12);
  counts.Add("/a/b", 4711);
  const auto all = counts.All();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].method, "Query");
  EXPECT_EQ(all[0].code, "OK");
  EXPECT_EQ(all[0].calls, 2);
  EXPECT_EQ(all[1].code, "INVALID_ARGUMENT");
  EXPECT_EQ(all[2].method, "other");
  EXPECT_EQ(all[2].code, "UNIMPLEMENTED");
  EXPECT_EQ(all[2].calls, 2);
  EXPECT_EQ(all[3].code, "UNAUTHENTICATED");
}

}  // namespace
}  // namespace fathom::server

#include "worker/engine/batch_order.h"

#include <cmath>
#include <cstdint>
#include <iterator>
#include <set>
#include <span>
#include <vector>

#include "gtest/gtest.h"

namespace fathom::worker {
namespace {

std::vector<int32_t> NextBatch(BatchOrder& order) {
  const std::span<const int32_t> batch = order.Next();
  return {batch.begin(), batch.end()};
}

TEST(BatchOrderTest, BatchesOfARoundAreDisjointAndRoundsDiffer) {
  for (const int64_t size : {1, 3, 7, 20}) {
    BatchOrder order(20, size, v1::BATCH_ORDER_SHUFFLED, 5);
    std::vector<std::vector<int32_t>> rounds;
    for (int round = 0; round < 4; ++round) {
      std::vector<int32_t> all;
      for (int64_t b = 0; b < 20 / size; ++b) {
        for (const int32_t i : NextBatch(order)) all.push_back(i);
      }
      const std::set<int32_t> distinct(all.begin(), all.end());
      EXPECT_EQ(std::ssize(distinct), 20 / size * size);
      EXPECT_GE(*distinct.begin(), 0);
      EXPECT_LT(*distinct.rbegin(), 20);
      rounds.push_back(all);
    }
    EXPECT_NE(rounds[0], rounds[1]);
    EXPECT_NE(rounds[1], rounds[2]);
  }
}

TEST(BatchOrderTest, RandomOrdersDependOnSeedAndShapeAlone) {
  for (const v1::BatchOrder kind :
       {v1::BATCH_ORDER_SHUFFLED, v1::BATCH_ORDER_DRAWN}) {
    BatchOrder a(100, 10, kind, 1);
    BatchOrder b(100, 10, kind, 1);
    BatchOrder other(100, 10, kind, 2);
    int same = 0;
    for (int i = 0; i < 25; ++i) {
      const std::vector<int32_t> batch = NextBatch(a);
      EXPECT_EQ(batch, NextBatch(b));
      same += batch == NextBatch(other) ? 1 : 0;
    }
    EXPECT_EQ(same, 0);
  }
}

TEST(BatchOrderTest, InOrderGoesRoundTheSamplesAsTheyLie) {
  for (const int64_t size : {1, 3, 7, 20}) {
    BatchOrder order(20, size, v1::BATCH_ORDER_IN_ORDER, 5);
    int64_t next = 0;
    for (int batch = 0; batch < 50; ++batch) {
      const std::vector<int32_t> samples = NextBatch(order);
      ASSERT_EQ(std::ssize(samples), size);
      for (const int32_t sample : samples) EXPECT_EQ(sample, next++ % 20);
    }
  }
}

// With replacement: in 4000 batches of 10 of 10 samples, each sample is in
// 1 - 0.9^10 = 65 % of the batches, and each is drawn equally often.
TEST(BatchOrderTest, DrawnSamplesAreIndependent) {
  constexpr int kBatches = 4000;
  BatchOrder order(10, 10, v1::BATCH_ORDER_DRAWN, 7);
  std::vector<int> drawn(10);
  int present = 0;
  for (int batch = 0; batch < kBatches; ++batch) {
    const std::vector<int32_t> samples = NextBatch(order);
    for (const int32_t sample : samples) ++drawn.at(sample);
    present += std::ssize(std::set<int32_t>(samples.begin(), samples.end()));
  }
  for (const int count : drawn) EXPECT_NEAR(count, kBatches, 300);
  EXPECT_NEAR(present, kBatches * 10 * (1 - std::pow(0.9, 10)), 300);
}

TEST(BatchOrderTest, EverySampleComesFirstEquallyOften) {
  BatchOrder order(8, 8, v1::BATCH_ORDER_UNSPECIFIED, 3);
  std::vector<int> first(8);
  constexpr int kRounds = 8000;
  for (int i = 0; i < kRounds; ++i) ++first[order.Next()[0]];
  for (const int count : first) EXPECT_NEAR(count, kRounds / 8, 150);
}

TEST(BatchOrderTest, SkippedBatchesAreThoseThatWouldHaveCome) {
  const auto always = [] { return true; };
  for (int kind = 0; kind < v1::BatchOrder_ARRAYSIZE; ++kind) {
    for (const int64_t size : {1, 3, 7, 20}) {
      for (const int64_t before : {0, 1, 5}) {
        for (const int64_t skipped : {0, 1, 2, 6, 7, 20, 41, 1000}) {
          BatchOrder walked(20, size, static_cast<v1::BatchOrder>(kind), 5);
          BatchOrder order(20, size, static_cast<v1::BatchOrder>(kind), 5);
          for (int64_t i = 0; i < before + skipped; ++i) walked.Next();
          for (int64_t i = 0; i < before; ++i) order.Next();
          EXPECT_TRUE(order.Skip(skipped, always));
          for (int i = 0; i < 45; ++i) {
            ASSERT_EQ(NextBatch(walked), NextBatch(order))
                << kind << " " << size << " " << before << " " << skipped;
          }
        }
      }
    }
  }
}

TEST(BatchOrderTest, OnlyShufflesTakeTimeToSkip) {
  constexpr int64_t kMany = int64_t{1} << 40;
  int calls = 0;
  const auto once = [&] { return ++calls < 2; };
  BatchOrder shuffled(20, 7, v1::BATCH_ORDER_SHUFFLED, 5);
  EXPECT_FALSE(shuffled.Skip(kMany, once));
  EXPECT_EQ(calls, 2);
  BatchOrder drawn(20, 7, v1::BATCH_ORDER_DRAWN, 5);
  BatchOrder in_order(20, 7, v1::BATCH_ORDER_IN_ORDER, 5);
  EXPECT_TRUE(drawn.Skip(kMany, once));
  EXPECT_TRUE(in_order.Skip(kMany, once));
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(in_order.Next()[0], kMany % 20 * 7 % 20);
}

}  // namespace
}  // namespace fathom::worker

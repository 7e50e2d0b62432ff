// Whatever a message holds, it is either refused or means trials.
#include "tests/proto/sweep/random_spec.h"

#include <random>
#include <string>
#include <vector>

#include "google/protobuf/stubs/logging.h"
#include "gtest/gtest.h"
#include "proto/sweep/fingerprint.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/space.h"
#include "proto/sweep/validate.h"
#include "tests/proto/sweep/specs.h"
#include "tests/testing/status_matchers.h"

namespace fathom::test {
namespace {

TEST(RandomSpecTest, ValidSpecsAreValid) {
  std::mt19937_64 random(4);
  for (int i = 0; i < 500; ++i) {
    EXPECT_OK(ToStatus(Validate(RandomValidSpec(&random))));
  }
}

TEST(RandomSpecTest, MutantsAreRefusedOrMeanTrials) {
  std::mt19937_64 random(5);
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    v1::SweepSpec spec = RandomValidSpec(&random);
    Mutate(&random, &spec);
    if (random() % 4 != 0) spec = Normalize(spec);

    const std::vector<Violation> violations = Validate(spec);
    const absl::StatusOr<Space> space = Space::Create(spec);

    ASSERT_EQ(space.ok(), violations.empty()) << spec.DebugString();
    ASSERT_EQ(Fingerprint(spec).size(), 64u);
    for (const Violation& violation : violations) {
      EXPECT_NE(violation.found, "") << violation.field;
      EXPECT_NE(violation.expected, "") << violation.field;
    }
    if (!space.ok()) continue;
    ++accepted;
    ASSERT_GE(space->size(), 1);
    ASSERT_LE(space->size(), kMaxTrials);
    ASSERT_GT(space->total_steps(), 0);
    for (const int64_t index :
         {int64_t{0}, space->size() / 2, space->size() - 1}) {
      ASSERT_EQ(space->IndexOf(space->PositionsAt(index)), index);
      // Each trial on its own is a valid sweep.
      v1::SweepSpec single;
      single.set_name("single");
      *single.mutable_trial() = space->TrialAt(index);
      ASSERT_OK(ToStatus(Validate(single))) << single.DebugString();
    }
  }
  EXPECT_GT(accepted, 1000);
  EXPECT_LT(accepted, 19000);
}

TEST(RandomSpecTest, NormalizingMutantsIsIdempotent) {
  std::mt19937_64 random(6);
  for (int round = 0; round < 5000; ++round) {
    v1::SweepSpec spec = RandomValidSpec(&random);
    Mutate(&random, &spec);
    const v1::SweepSpec once = Normalize(spec);
    ASSERT_EQ(once.SerializeAsString(), Normalize(once).SerializeAsString());
  }
}

TEST(RandomSpecTest, RandomBytesDoNoHarm) {
  // Protobuf would print a line for each text that is no UTF-8.
  const google::protobuf::LogSilencer silencer;
  std::mt19937_64 random(7);
  const std::string bytes = RandomValidSpec(&random).SerializeAsString();
  for (int round = 0; round < 5000; ++round) {
    std::string damaged = bytes;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    v1::SweepSpec spec;
    if (!spec.ParseFromString(damaged)) continue;
    const v1::SweepSpec normalized = Normalize(spec);
    EXPECT_EQ(Space::Create(normalized).ok(), Validate(normalized).empty());
    EXPECT_EQ(Fingerprint(normalized).size(), 64u);
  }
}

}  // namespace
}  // namespace fathom::test

#include "proto/sweep/checks/loss.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/proto/sweep/specs.h"

namespace fathom::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kDigest = "sha256:" + std::string(64, 'a');

// A normalized spec with this loss and data, and more.
v1::SweepSpec WithLoss(const std::string& loss, const std::string& data,
                       const std::string& more = "") {
  v1::SweepSpec spec = SmallSpec();
  spec.mutable_trial()->clear_data();
  return Normalize(With(spec, "trial { loss { " + loss + " } data { digest: '" +
                                  kDigest + "' " + data + " } } " + more));
}

constexpr char kCrossEntropy[] = "kind: LOSS_KIND_CROSS_ENTROPY";
constexpr char kBothKinds[] =
    "axes { axes { field: 'loss.kind' list { values { text: 'lp' } "
    "values { text: 'cross_entropy' } } } } ";
constexpr char kAccuracy[] = "trial { record { metrics: METRIC_ACCURACY } } ";

void ExpectRefused(const v1::SweepSpec& spec, const std::string& field,
                   const std::string& found, const std::string& expected) {
  const std::vector<Violation> violations = Validate(spec);
  ASSERT_THAT(violations, SizeIs(1));
  EXPECT_EQ(violations[0].field, field);
  EXPECT_THAT(violations[0].found, HasSubstr(found));
  EXPECT_THAT(violations[0].expected, HasSubstr(expected));
}

TEST(CheckLossTest, AcceptsLossesThatFitTheData) {
  EXPECT_THAT(Validate(WithLoss(kCrossEntropy, "one_hot: true")), IsEmpty());
  EXPECT_THAT(Validate(WithLoss(kCrossEntropy, "target_class: 3")), IsEmpty());
  EXPECT_THAT(Validate(WithLoss(kCrossEntropy, "")), IsEmpty());
  EXPECT_THAT(
      Validate(WithLoss(kCrossEntropy, "one_hot: true standardize: true")),
      IsEmpty());
  EXPECT_THAT(Validate(WithLoss(kCrossEntropy,
                                "target_class: 1 standardize: true "
                                "standardize_targets: false")),
              IsEmpty());
  EXPECT_THAT(Validate(WithLoss("lp: 3.5", "", kBothKinds)), IsEmpty());
  EXPECT_THAT(Validate(WithLoss("", "one_hot: true", kAccuracy)), IsEmpty());
  EXPECT_THAT(Validate(WithLoss(kCrossEntropy, "", kAccuracy)), IsEmpty());
}

TEST(CheckLossTest, RefusesFieldsOfOtherLosses) {
  ExpectRefused(WithLoss(std::string(kCrossEntropy) + " lp: 4", ""),
                "trial.loss.lp", "lp with loss cross_entropy", "no lp");
  ExpectRefused(
      WithLoss(std::string(kCrossEntropy) + " factor: LOSS_FACTOR_ONE", ""),
      "trial.loss.factor", "factor with loss cross_entropy", "no factor");
  ExpectRefused(
      WithLoss("", "",
               std::string(kBothKinds) +
                   "axes { axes { field: 'lp' list { values { number: 2 } "
                   "values { number: 4 } } } }"),
      "trial.loss.lp", "lp with loss cross_entropy", "loss lp alone");
}

TEST(CheckLossTest, RefusesTargetsThatAreNoLabels) {
  ExpectRefused(WithLoss(kCrossEntropy, "target_class: 1 standardize: true"),
                "trial.data.standardize_targets",
                "standardized targets with loss cross_entropy",
                "`standardize_targets: false`");
  ExpectRefused(Spec("trial { loss { kind: LOSS_KIND_CROSS_ENTROPY } }"),
                "trial.loss.kind", "cross_entropy with synthetic data",
                "loss lp");
  ExpectRefused(WithLoss("", "one_hot: true target_class: 1"),
                "trial.data.one_hot", "one_hot with target_class",
                "one of the two");
}

TEST(CheckLossTest, AccuracyNeedsClasses) {
  ExpectRefused(WithLoss("", "", kAccuracy), "trial.record.metrics[0]",
                "accuracy without classes", "one_hot: true");
  ExpectRefused(WithLoss("", "", std::string(kBothKinds) + kAccuracy),
                "trial.record.metrics[0]", "accuracy without classes",
                "loss cross_entropy");
}

}  // namespace
}  // namespace fathom::test

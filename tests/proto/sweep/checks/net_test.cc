#include "proto/sweep/checks/net.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/sweep/sizes.h"
#include "tests/proto/sweep/specs.h"

namespace fathom::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kDigest = "sha256:" + std::string(64, 'a');

// A normalized sweep of a conv_net on images with labels, and more.
v1::SweepSpec Net(const std::string& trial, const std::string& more = "") {
  v1::SweepSpec spec = SmallSpec();
  spec.mutable_trial()->clear_data();
  return Normalize(
      With(spec, "trial { data { digest: '" + kDigest +
                     "' one_hot: true } loss { kind: LOSS_KIND_CROSS_ENTROPY } "
                     "model { family: MODEL_FAMILY_CONV_NET } "
                     "optimizer { batch_size: 64 } " +
                     trial + " } " + more));
}

void ExpectRefused(const v1::SweepSpec& spec, const std::string& field,
                   const std::string& found, const std::string& expected) {
  const std::vector<Violation> violations = Validate(spec);
  ASSERT_THAT(violations, SizeIs(1)) << ToStatus(violations);
  EXPECT_EQ(violations[0].field, field);
  EXPECT_THAT(violations[0].found, HasSubstr(found));
  EXPECT_THAT(violations[0].expected, HasSubstr(expected));
}

std::string Families(const std::string& other) {
  return AxisText("model.family",
                  "list { values { text: 'conv_net' } values { "
                  "text: '" +
                      other + "' } }");
}

TEST(CheckNetTest, AcceptsNetsAndTheirAxes) {
  for (const std::string text :
       {"",
        "model { depth: 2 conv1 { channels: 8 kernel: 3 pool: 1 std: 0 "
        "bias: -1 } dense1 { width: 100 dropout: 0.9 depth: 3 } }",
        "model { conv: CONVOLUTION_KIND_NONE dense2 { width: 9 } }",
        "regularizer { l2: 5e-4 on: REGULARIZER_PLACE_FACTORS }",
        "data { feature_shift: 127.5 feature_scale: 255 }",
        "record { metrics: METRIC_BATCH_LOSS metrics: METRIC_REGULARIZER }"}) {
    EXPECT_THAT(Validate(Net(text)), IsEmpty()) << text;
  }
  EXPECT_THAT(Validate(Net("", AxisText("conv1.channels",
                                        "list { values { integer: 0 } "
                                        "values { integer: 16 } }"))),
              IsEmpty());
  EXPECT_THAT(Validate(Net("regularizer { l2: 1 }",
                           AxisText("regularizer.on",
                                    "list { values { text: 'product' } "
                                    "values { text: 'factors' } }"))),
              IsEmpty());
}

TEST(CheckNetTest, OtherFamiliesHaveNoneOfItsFields) {
  const v1::SweepSpec linear =
      Normalize(With(SmallSpec(), "trial { model { conv1 { channels: 8 } } }"));
  ExpectRefused(linear, "trial.model.conv1.channels",
                "conv1.channels with family linear_net", "family conv_net");
  ExpectRefused(
      Normalize(With(SmallSpec(), "trial { regularizer { l2: 0.1 } }")),
      "trial.regularizer.l2", "l2 with family linear_net", "family conv_net");
  // A value for those that use it, but no axis of which others know nothing.
  EXPECT_THAT(
      Validate(Net("model { dense1 { width: 8 } }", Families("linear_net"))),
      IsEmpty());
  ExpectRefused(
      Net("", Families("linear_net") +
                  AxisText("dense1.width", "list { values { integer: 8 } }")),
      "trial.model.dense1.width", "dense1.width with family linear_net",
      "family conv_net alone");
}

TEST(CheckNetTest, NumbersAreBounded) {
  const struct {
    const char* text;
    const char* field;
  } cases[] = {
      {"model { conv1 { channels: 1025 } }", "model.conv1.channels"},
      {"model { conv1 { channels: -1 } }", "model.conv1.channels"},
      {"model { conv2 { kernel: 4 } }", "model.conv2.kernel"},
      {"model { conv2 { kernel: 13 } }", "model.conv2.kernel"},
      {"model { conv3 { pool: 0 } }", "model.conv3.pool"},
      {"model { dense1 { dropout: 1 } }", "model.dense1.dropout"},
      {"model { dense1 { dropout: -0.1 } }", "model.dense1.dropout"},
      {"model { dense1 { inner_width: -1 } }", "model.dense1.inner_width"},
      {"model { dense2 { width: 65537 } }", "model.dense2.width"},
      {"model { output { width: 10 } }", "model.output.width"},
      {"model { output { dropout: 0.5 } }", "model.output.dropout"},
      {"model { dense3 { std: -1 } }", "model.dense3.std"},
      {"model { image { height: -1 } }", "model.image.height"},
      {"regularizer { l2: -1 }", "regularizer.l2"},
      {"data { feature_scale: 0 }", "data.feature_scale"},
      {"model { activation: 9 }", "model.activation"},
  };
  for (const auto& [text, field] : cases) {
    const std::vector<Violation> violations = Validate(Net(text));
    ASSERT_THAT(violations, SizeIs(1)) << text << ToStatus(violations);
    EXPECT_EQ(violations[0].field, std::string("trial.") + field);
  }
}

TEST(CheckNetTest, WhatItCannotBeTrainedWithIsRefused) {
  ExpectRefused(Net("optimizer { batch_size: 4097 }"),
                "trial.optimizer.batch_size", "batch_size 4097", "1 to 4096");
  v1::SweepSpec full = Net("");
  full.mutable_trial()->mutable_optimizer()->set_batch_size(0);
  ExpectRefused(full, "trial.optimizer.batch_size", "batch_size 0",
                "1 to 4096");
  ExpectRefused(Net("precision: PRECISION_FLOAT"), "trial.precision",
                "precision with family conv_net", "floats");
  ExpectRefused(Net("model { depth: 3 hidden_widths: [2, 2] }"),
                "trial.model.hidden_widths", "hidden_widths", "inner_width");
  ExpectRefused(Net("data { standardize: true }"), "trial.data.standardize",
                "standardize with family conv_net", "feature_shift");
  EXPECT_THAT(Validate(Net("data { standardize: true } "
                           "model { conv: CONVOLUTION_KIND_NONE }")),
              IsEmpty());
  ExpectRefused(Net("model { conv: CONVOLUTION_KIND_NONE conv2 { pool: 3 } }"),
                "trial.model.conv2.pool", "with conv: none", "conv: same");
}

TEST(CheckNetTest, MetricsAreThoseOfTheFamily) {
  ExpectRefused(Net("record { metrics: METRIC_SINGULAR_MAX }"),
                "trial.record.metrics[0]", "singular max with family conv_net",
                "batch_loss");
  ExpectRefused(
      Normalize(
          With(SmallSpec(), "trial { record { metrics: METRIC_BATCH_LOSS } }")),
      "trial.record.metrics[0]", "batch loss with family linear_net",
      "family conv_net");
}

TEST(CheckNetTest, SizesAreCheckedOnceTheDataAreKnown) {
  const auto check = [](const std::string& trial, int64_t columns) {
    std::vector<Violation> violations;
    CheckSizes(Net(trial), MatrixSides{.outputs = 10, .columns = columns},
               &violations);
    return violations;
  };
  EXPECT_THAT(check("", 784), IsEmpty());
  const std::vector<Violation> no_image = check("", 785);
  ASSERT_THAT(no_image, SizeIs(1));
  EXPECT_EQ(no_image[0].field, "trial.model.image");
  const std::vector<Violation> pool = check("model { conv1 { pool: 5 } }", 784);
  ASSERT_THAT(pool, SizeIs(1));
  EXPECT_EQ(pool[0].field, "trial.model.conv1.pool");
  const std::vector<Violation> batch = check(
      "model { conv1 { channels: 1024 pool: 1 } } "
      "optimizer { batch_size: 256 }",
      784);
  ASSERT_THAT(batch, SizeIs(1));
  EXPECT_EQ(batch[0].field, "trial.optimizer.batch_size");
  EXPECT_THAT(check("optimizer { batch_size: 4096 }", 784), IsEmpty());
  EXPECT_THAT(
      check("model { dense1 { width: 65536 } dense2 { width: 65536 } }", 784),
      SizeIs(1));
}

}  // namespace
}  // namespace fathom::test

#include "proto/sweep/net.h"

#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace fathom {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::ModelSpec Model(const std::string& text) {
  v1::ModelSpec model;
  model.set_family(v1::MODEL_FAMILY_CONV_NET);
  model.set_depth(1);
  EXPECT_TRUE(google::protobuf::TextFormat::MergeFromString(text, &model));
  return model;
}

NetLayers Layers(const std::string& text, int64_t columns = 784,
                 int64_t outputs = 10) {
  const ResolvedNet net = ResolveNet(Model(text), columns, outputs);
  EXPECT_THAT(net.objections, IsEmpty());
  return net.layers;
}

// The net of TensorFlow's tutorial has 1,663,370 parameters, and with every
// dense matrix as a product of two 262,244 more, 15.77 % (docs/science.md).
TEST(NetLayersTest, TheDefaultIsTheNetOfTheTutorial) {
  const NetLayers plain = Layers("");
  EXPECT_EQ(plain.parameters(), 1'663'370);
  EXPECT_EQ(Layers("depth: 2").parameters(), 1'663'370 + 262'244);
  ASSERT_THAT(plain.stages, SizeIs(2));
  EXPECT_EQ(plain.stages[0].in, (ImageSize{1, 28, 28}));
  EXPECT_EQ(plain.stages[0].channels, 32);
  EXPECT_EQ(plain.stages[0].bias, 0);
  EXPECT_EQ(plain.stages[1].in, (ImageSize{32, 14, 14}));
  EXPECT_EQ(plain.stages[1].bias, 0.1);
  EXPECT_EQ(plain.stages[1].out(), (ImageSize{64, 7, 7}));
  ASSERT_THAT(plain.dense, SizeIs(2));
  EXPECT_THAT(plain.dense[0].widths, ElementsAre(3136, 512));
  EXPECT_EQ(plain.dense[0].dropout, 0.5);
  EXPECT_THAT(plain.dense[1].widths, ElementsAre(512, 10));
  EXPECT_EQ(plain.activations(),
            32 * (28 * 28 + 14 * 14) + 64 * (14 * 14 + 7 * 7) + 512 + 10);
  EXPECT_EQ(plain.dense[1].dropout, 0);
}

TEST(NetLayersTest, FactorsHaveTheWidthThatIsNamedNearestToThem) {
  EXPECT_THAT(Layers("depth: 3").dense[0].widths,
              ElementsAre(3136, 512, 512, 512));
  EXPECT_THAT(Layers("depth: 3").dense[1].widths, ElementsAre(512, 10, 10, 10));
  EXPECT_THAT(Layers("depth: 2 hidden_width: 40").dense[1].widths,
              ElementsAre(512, 40, 10));
  EXPECT_THAT(Layers("depth: 2 output { inner_width: 1 }").dense[1].widths,
              ElementsAre(512, 1, 10));
  const NetLayers mixed = Layers(
      "depth: 2 hidden_width: 40 output { depth: 1 } "
      "dense1 { width: 20 inner_width: 7 } dense2 { width: 5 depth: 3 }");
  EXPECT_THAT(mixed.dense[0].widths, ElementsAre(3136, 7, 20));
  EXPECT_THAT(mixed.dense[1].widths, ElementsAre(20, 40, 40, 5));
  EXPECT_THAT(mixed.dense[2].widths, ElementsAre(5, 10));
}

TEST(NetLayersTest, LayersCanBeLeftOut) {
  const NetLayers flat = Layers("conv: CONVOLUTION_KIND_NONE", 100);
  EXPECT_THAT(flat.stages, IsEmpty());
  EXPECT_EQ(flat.image, (ImageSize{100, 1, 1}));
  EXPECT_THAT(flat.dense[0].widths, ElementsAre(100, 512));
  const NetLayers map =
      Layers("conv: CONVOLUTION_KIND_NONE dense1 { width: 0 }", 100);
  ASSERT_THAT(map.dense, SizeIs(1));
  EXPECT_THAT(map.dense[0].widths, ElementsAre(100, 10));
  EXPECT_THAT(Layers("conv1 { channels: 0 }").stages, SizeIs(1));
}

TEST(NetLayersTest, ImagesAreSquareUnlessTheyAreDescribed) {
  EXPECT_EQ(Layers("image { channels: 3 }", 3 * 32 * 32).image,
            (ImageSize{3, 32, 32}));
  EXPECT_EQ(
      Layers(
          "image { height: 4 } conv1 { kernel: 3 } conv2 { kernel: 1 pool: 1 }",
          4 * 10)
          .image,
      (ImageSize{1, 4, 10}));
  EXPECT_EQ(
      Layers(
          "image { width: 4 } conv1 { kernel: 3 } conv2 { kernel: 1 pool: 1 }",
          4 * 10)
          .image,
      (ImageSize{1, 10, 4}));
}

void ExpectObjection(const std::string& text, int64_t columns,
                     const std::string& field, const std::string& found) {
  const ResolvedNet net = ResolveNet(Model(text), columns, 10);
  ASSERT_THAT(net.objections, SizeIs(1)) << text;
  EXPECT_EQ(net.objections[0].field, field);
  EXPECT_EQ(net.objections[0].found, found);
  EXPECT_NE(net.objections[0].expected, "");
}

TEST(NetLayersTest, WhatDoesNotFitIsNamed) {
  ExpectObjection("conv1 { pool: 0 }", 784, "conv1.pool", "pool 0");
  ExpectObjection("conv2 { kernel: 2 }", 784, "conv2.kernel", "kernel 2");
  ExpectObjection("", 783, "image", "783 features");
  ExpectObjection("image { channels: 3 }", 784, "image", "784 features");
  ExpectObjection("image { height: 28 width: 27 }", 784, "image",
                  "784 features");
  ExpectObjection("image { height: 1000 }", 784, "image", "784 features");
  ExpectObjection("conv1 { pool: 3 } conv2 { channels: 0 }", 784, "conv1.pool",
                  "pool 3 of conv1 on an image of 28 x 28 pixels");
  ExpectObjection("conv1 { pool: 7 }", 784, "conv2.kernel",
                  "kernel 5 of conv2 on an image of 4 x 4 pixels");
  ExpectObjection("conv1 { pool: 7 } conv2 { kernel: 3 pool: 3 }", 784,
                  "conv2.pool", "pool 3 of conv2 on an image of 4 x 4 pixels");
}

}  // namespace
}  // namespace fathom

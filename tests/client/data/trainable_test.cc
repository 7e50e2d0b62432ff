// These tests are about sweeps that are refused before any trial, because every
// trial would fail.
#include "client/data/trainable.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "proto/sweep/normalize.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Returns a spec. Each line of `text` is a part of it.
v1::SweepSpec Spec(const std::string& text) {
  v1::SweepSpec spec;
  for (const absl::string_view line : absl::StrSplit(
           "trial { data { import { file: 't' } } }\n" + text, '\n')) {
    v1::SweepSpec part;
    EXPECT_TRUE(
        google::protobuf::TextFormat::ParseFromString(std::string(line), &part))
        << line;
    spec.MergeFrom(part);
  }
  return Normalize(spec);
}

ImportedDataset Data(int32_t columns, std::vector<double> x,
                     std::vector<double> y) {
  const auto rows = static_cast<int64_t>(x.size()) / columns;
  const auto targets = static_cast<int32_t>(y.size() / rows);
  return {.dataset = {rows, columns, targets, std::move(x), std::move(y)},
          .source = "t.csv"};
}

std::string ErrorOf(const std::string& spec, const ImportedDataset& data) {
  return std::string(CheckTrainable(Spec(spec), data).status().message());
}

const ImportedDataset kPlain = Data(2, {1, 2, 3, 2, 5, 2}, {0, 1, 7});

TEST(TrainableTest, SomeFeatureMustVary) {
  EXPECT_EQ(ErrorOf("", kPlain), "");
  EXPECT_EQ(ErrorOf("", Data(1, {4, 4}, {1, 2})),
            "t.csv: found no feature that varies, expected at least one: "
            "nothing else can tell rows apart");
}

TEST(TrainableTest, ClassesMustBeThere) {
  const std::string entropy = "trial { loss { kind: LOSS_KIND_CROSS_ENTROPY } ";
  EXPECT_THAT(ErrorOf(entropy + "}", kPlain),
              HasSubstr("found a target that is not 0 or 1, expected `one_hot: "
                        "true` or a `target_class`"));
  EXPECT_EQ(ErrorOf(entropy + "}", Data(1, {1, 2, 3}, {0, 1, 1})), "");
  EXPECT_EQ(ErrorOf(entropy + "data { one_hot: true } }", kPlain), "");
  EXPECT_EQ(ErrorOf("trial { data { target_class: 7 } }", kPlain), "");
  EXPECT_THAT(ErrorOf("trial { data { target_class: 3 } }", kPlain),
              HasSubstr("found no row with the target 3, expected a "
                        "`target_class` that is there, such as 0"));
  EXPECT_THAT(ErrorOf("trial { data { one_hot: true } }",
                      Data(1, {1, 2}, {1, 2, 3, 4})),
              HasSubstr("found 2 targets, expected one, for `one_hot`"));
  std::vector<double> many(1001);
  for (size_t i = 0; i < many.size(); ++i) many[i] = static_cast<double>(i);
  EXPECT_THAT(
      ErrorOf("trial { data { one_hot: true } }", Data(1, many, many)),
      HasSubstr("found 1001 different values of the target, expected at most "
                "1000"));
  // One value of the axis may train although another does not.
  EXPECT_EQ(ErrorOf("axes { axes { field: 'data.target_class' list { values { "
                    "number: 7 } values { number: 3 } } } }",
                    kPlain),
            "");
}

// Rows are held out as they lie, and files are often sorted by class.
TEST(TrainableTest, TheRowsThatAreTrainedOnMustBeEnough) {
  const ImportedDataset sorted = Data(1, {1, 2, 3, 4, 5}, {0, 0, 0, 1, 1});
  const std::string two = "trial { data { test { rows: 2 } } }";
  EXPECT_THAT(ErrorOf(two, sorted),
              HasSubstr("found a target that is constant in the rows that are "
                        "trained on"));
  EXPECT_THAT(ErrorOf(two + "\ntrial { data { one_hot: true } }", sorted),
              HasSubstr("found the target 1 in held-out rows alone, expected "
                        "each class among those that are trained on; rows are "
                        "held out as they lie"));
  EXPECT_THAT(ErrorOf(two + "\ntrial { data { target_class: 0 } }", sorted),
              HasSubstr("constant in the rows that are trained on"));
  const std::string one = "trial { data { test { rows: 1 } } }";
  EXPECT_EQ(ErrorOf(one, sorted), "");
  EXPECT_EQ(ErrorOf(one + "\ntrial { data { one_hot: true } }", sorted), "");
  const ImportedDataset still = Data(1, {4, 4, 4, 5}, {1, 2, 3, 4});
  EXPECT_THAT(ErrorOf(one, still), HasSubstr("found no feature that varies"));
  // Where another trial may hold out others, nothing is said.
  EXPECT_EQ(ErrorOf(one + "\naxes { axes { field: 'test.from' list { values { "
                          "integer: 0 } values { integer: 1 } } } }",
                    still),
            "");
}

TEST(TrainableTest, TheModelMustFit) {
  const std::string wide =
      "trial { model { depth: 2 } }\naxes { axes { field: 'model.hidden_width' "
      "list { values { integer: 1 } values { integer: 60000 } } } }";
  const ImportedDataset data =
      Data(3000, std::vector<double>(6000, 1.0), {1, 2});
  ImportedDataset varied = data;
  varied.dataset.x[0] = 2;
  EXPECT_THAT(ErrorOf(wide, varied),
              HasSubstr("found 180060000 weights (depth 2, 3000 columns, 1 "
                        "outputs), expected at most"));
  // Constant features do not count, because they are dropped.
  EXPECT_EQ(ErrorOf(wide + "\ntrial { data { standardize: true } }", varied),
            "");
}

TEST(TrainableTest, FloatMustHoldTheNumbersAndTheirDifferences) {
  const std::string single = "trial { precision: PRECISION_FLOAT }";
  const ImportedDataset large = Data(1, {1, 1e39}, {0, 1});
  EXPECT_EQ(ErrorOf("", large), "");
  EXPECT_EQ(ErrorOf(single, large),
            "t.csv: found 1e39 in column \"f1\", expected at most 3.4e38 with "
            "`precision: float`; `precision: double` or `standardize: true` "
            "takes it");
  EXPECT_EQ(ErrorOf(single + "\ntrial { data { standardize: true } }", large),
            "");
  EXPECT_THAT(ErrorOf("axes { axes { field: 'precision' list { values { text: "
                      "'double' } values { text: 'float' } } } }",
                      large),
              HasSubstr("with `precision: float`"));

  const ImportedDataset far =
      Data(2, {1, 100000001, 2, 100000002}, {1e8, 1e8 + 4});
  EXPECT_THAT(PrecisionWarnings(Spec(""), far), IsEmpty());
  EXPECT_THAT(PrecisionWarnings(Spec(single), kPlain), IsEmpty());
  EXPECT_THAT(
      PrecisionWarnings(Spec(single), far),
      ElementsAre(HasSubstr("column \"f2\", from 100000001 to 100000002, so "
                            "far from 0 that differences get lost"),
                  HasSubstr("column \"target\"")));
  EXPECT_THAT(PrecisionWarnings(
                  Spec(single + "\ntrial { data { standardize: true } }"), far),
              IsEmpty());
  EXPECT_THAT(
      PrecisionWarnings(Spec(single + "\ntrial { data { standardize: true "
                                      "standardize_targets: false } }"),
                        far),
      ElementsAre(HasSubstr("column \"target\"")));
}

TEST(TrainableTest, SidesAreThoseOfTheMatrixThatIsTrained) {
  const auto sides = [](const std::string& spec, const ImportedDataset& data) {
    const auto found = CheckTrainable(Spec(spec), data);
    EXPECT_OK(found);
    return std::pair(found->outputs, found->columns);
  };
  EXPECT_EQ(sides("", kPlain), std::pair(int64_t{1}, int64_t{2}));
  EXPECT_EQ(sides("trial { data { one_hot: true } }", kPlain),
            std::pair(int64_t{3}, int64_t{2}));
  // The second column is constant, and is dropped.
  EXPECT_EQ(sides("trial { data { standardize: true } }", kPlain),
            std::pair(int64_t{1}, int64_t{1}));
}

TEST(TrainableTest, ScalesThatDifferMuchAreNoted) {
  const auto notes = [](const std::string& spec, double scale) {
    return TrainingNotes(
        Spec(spec), Data(2, {1, scale, 2, 3 * scale, 3, 2 * scale}, {1, 2, 3}));
  };
  EXPECT_THAT(notes("", 9), IsEmpty());
  EXPECT_THAT(notes("", 11),
              ElementsAre("the standard deviations of the features differ by a "
                          "factor of 11: consider `standardize: true`"));
  EXPECT_THAT(notes("trial { data { standardize: true } }", 11), IsEmpty());
  EXPECT_THAT(notes("axes { axes { field: 'data.standardize' list { values { "
                    "flag: true } values { flag: false } } } }",
                    11),
              IsEmpty());
}

TEST(TrainableTest, ClassesOfAnAmountAreNoted) {
  const auto notes = [](int classes, int rows) {
    std::vector<double> x;
    std::vector<double> y;
    for (int i = 0; i < rows; ++i) {
      x.push_back(i);
      y.push_back(i % classes);
    }
    return TrainingNotes(Spec("trial { data { one_hot: true } }"),
                         Data(1, x, y));
  };
  EXPECT_THAT(notes(100, 120),
              ElementsAre("`one_hot` makes 100 classes of the target, for 120 "
                          "rows: if it is an amount, leave `one_hot` out"));
  EXPECT_THAT(notes(100, 500), IsEmpty());
  EXPECT_THAT(notes(3, 9), IsEmpty());
}

TEST(TrainableTest, ClassesOfTextsAreNamed) {
  ImportedDataset data = Data(1, {1, 2, 3}, {0, 1, 0});
  data.classes = {{"B", "M"}};
  EXPECT_THAT(ErrorOf("trial { data { target_class: 2 } }", data),
              HasSubstr("such as 0 (0 = B, 1 = M)"));
  EXPECT_THAT(
      TrainingNotes(Spec("trial { data { target_class: 1 } }"), data),
      ElementsAre("each text of the target is a number (0 = B, 1 = M)"));
  EXPECT_THAT(TrainingNotes(Spec("trial { data { one_hot: true } }"), data),
              IsEmpty());
}

}  // namespace
}  // namespace fathom::client

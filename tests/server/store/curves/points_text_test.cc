#include "server/store/curves/points_text.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/store/json_text.h"
#include "tests/testing/status_matchers.h"

namespace fathom::server {
namespace {

using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr size_t kMost = 1000;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

// The points of three metrics: the n-th one is at step 10 n and has n + c / 10
// in column c, or what `set` puts there.
std::string Points(int points, const std::vector<double>& second = {}) {
  v1::TrialPoints chunk;
  for (int i = 0; i < 3; ++i) chunk.add_metrics(v1::METRIC_LOSS);
  for (int n = 0; n < points; ++n) {
    chunk.add_steps(10 * n);
    chunk.add_values(n);
    chunk.add_values(second.empty() ? n + 0.1 : second[n]);
    chunk.add_values(n + 0.2);
  }
  std::string text;
  AppendPointsJson(chunk, &text);
  return text;
}

// Text that ends where its memory does.
class ExactText {
 public:
  explicit ExactText(absl::string_view text)
      : bytes_(new char[text.size()]), size_(text.size()) {
    std::copy(text.begin(), text.end(), bytes_.get());
  }
  absl::string_view view() const { return {bytes_.get(), size_}; }

 private:
  const std::unique_ptr<char[]> bytes_;
  const size_t size_;
};

TEST(FindColumnTest, FindsTheFirstOfAName) {
  const auto place = FindColumn(R"(["a","loss","b","loss"])", "loss");
  ASSERT_OK(place);
  EXPECT_EQ(place->column, 1);
  EXPECT_EQ(place->columns, 4);
  EXPECT_EQ(FindColumn(R"(["a","losses"])", "loss")->column, -1);
  EXPECT_EQ(FindColumn("[]", "loss")->columns, 0);
}

TEST(FindColumnTest, OtherTextIsRefused) {
  for (const char* text :
       {"", "[", "]", "{}", "[loss]", R"(["loss")", R"(["loss",])",
        R"(["loss"]])", R"(["lo\u0073s"])", R"(["loss)", R"("loss")"}) {
    EXPECT_THAT(FindColumn(text, "loss"), StatusIs(kInvalid)) << text;
  }
}

TEST(AppendPointsTest, TakesOneColumn) {
  for (int column = 0; column < 3; ++column) {
    PointColumn read;
    read.steps = {-1};
    read.values = {-1};
    ASSERT_OK(AppendPoints(Points(12), {column, 3}, kMost, &read));
    ASSERT_EQ(read.steps.size(), 13u);
    ASSERT_EQ(read.values.size(), 13u);
    for (int n = 0; n < 12; ++n) {
      EXPECT_EQ(read.steps[n + 1], 10 * n);
      EXPECT_EQ(read.values[n + 1], column == 0 ? n : n + column / 10.0);
    }
  }
}

TEST(AppendPointsTest, NullIsNanAndNoPointsAreNone) {
  PointColumn read;
  ASSERT_OK(AppendPoints("[[1,null],[2,3]]", {0, 1}, kMost, &read));
  EXPECT_TRUE(std::isnan(read.values[0]));
  EXPECT_EQ(read.values[1], 3);
  read = {};
  ASSERT_OK(AppendPoints("[]", {0, 1}, kMost, &read));
  EXPECT_THAT(read.steps, IsEmpty());
}

TEST(AppendPointsTest, MorePointsThanThereMayBeAreRefused) {
  PointColumn read;
  EXPECT_THAT(AppendPoints(Points(20), {0, 3}, 20, &read), StatusIs(kInvalid));
  EXPECT_EQ(read.steps.size(), 20u);
  read = {};
  EXPECT_OK(AppendPoints(Points(20), {0, 3}, 21, &read));
}

TEST(AppendPointsTest, OtherTextIsRefusedWithThePlace) {
  for (const char* text : {"",
                           "[",
                           "]",
                           "[[",
                           "[[]]",
                           "[[1]]",
                           "[[1,2]]",
                           "[[1,2,3,4]]",
                           "[[1,2,3],]",
                           "[[1,2,3],[4,5]]",
                           "[[1,2,3]][",
                           "[[1,2,3]",
                           "[1,2,3]",
                           "[[1,x,3]]",
                           "[[1 ,2,3]]",
                           "[[x,2,3]]",
                           "[[1.5,2,3]]",
                           "{}",
                           "[[1,\"2\",3]]",
                           "[[1,2,3][4,5,6]]",
                           "[[1,[2],3]]"}) {
    PointColumn read;
    EXPECT_THAT(AppendPoints(text, {0, 2}, kMost, &read), StatusIs(kInvalid))
        << text;
  }
  PointColumn read;
  const absl::Status status =
      AppendPoints("[[1,2,3],[4,oops,6]]", {0, 2}, kMost, &read);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("found \"oops,6]]\" at byte 12, expected a point"));
}

TEST(AppendPointsTest, TextThatIsCutOffIsRefusedWhereverItEnds) {
  const std::string whole =
      Points(8, {0, -1.5e-300, 1e300, 1.0 / 3, 5,
                 std::numeric_limits<double>::infinity(), 2e-310, 7});
  for (size_t size = 0; size < whole.size(); ++size) {
    const ExactText text(absl::string_view(whole).substr(0, size));
    for (int column = 0; column < 3; ++column) {
      PointColumn read;
      EXPECT_THAT(AppendPoints(text.view(), {column, 3}, kMost, &read),
                  StatusIs(kInvalid));
      // The first point may be there.
      EXPECT_EQ(FirstFinitePoint(text.view(), {column, 3}).ok(),
                text.view().find(']') != absl::string_view::npos)
          << text.view();
    }
  }
}

TEST(FinitePointTest, FindsTheFirstAndTheLast) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::string text = Points(5, {nan, 4, nan, 2, nan});

  const auto first = FirstFinitePoint(text, {1, 3});
  const auto last = LastFinitePoint(text, {1, 3});

  ASSERT_OK(first);
  EXPECT_EQ((*first)->step, 10);
  EXPECT_EQ((*first)->value, 4);
  ASSERT_OK(last);
  EXPECT_EQ((*last)->step, 30);
  EXPECT_EQ((*last)->value, 2);
}

TEST(FinitePointTest, WithoutFiniteValuesThereIsNone) {
  for (const char* text : {"[]", "[[1,null]]", "[[1,null],[2,null]]"}) {
    const auto first = FirstFinitePoint(text, {0, 1});
    const auto last = LastFinitePoint(text, {0, 1});
    ASSERT_OK(first);
    ASSERT_OK(last);
    EXPECT_FALSE(first->has_value()) << text;
    EXPECT_FALSE(last->has_value()) << text;
  }
}

TEST(FinitePointTest, TextWithoutAnEndIsRefused) {
  for (const char* text :
       {"", "[", "]", "[[1,2,3]", "[1,2,3]", "[[1,2]]", "[[1,2,3],]",
        "[[1,2,3]x]", "[x[1,null,3]]", "[[1,2,3]x[1,null,3]]",
        "[[1,null,3],,[1,null,3]]", "[[1,2,3,4]]", "x[1,null,3]]"}) {
    EXPECT_THAT(LastFinitePoint(text, {0, 2}), StatusIs(kInvalid)) << text;
  }
}

// The ends are found without a look at what is between them.
TEST(FinitePointTest, TheMiddleIsNotLookedAt) {
  const std::string text = "[[1,2],[what is this],[3,4]]";
  EXPECT_EQ((*FirstFinitePoint(text, {0, 1}))->step, 1);
  EXPECT_EQ((*LastFinitePoint(text, {0, 1}))->step, 3);
}

}  // namespace
}  // namespace fathom::server

#include "client/data/overlay.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/data/files.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

absl::StatusOr<Overlay> Read(const std::string& text) {
  return ReadOverlay(InputFile::OfText("f.csv", text).get());
}

// Returns what is wrong with `text`, or "" when nothing is.
std::string Error(const std::string& text) {
  const absl::Status status = Read(text).status();
  EXPECT_TRUE(status.ok() || absl::IsInvalidArgument(status)) << status;
  return std::string(status.message());
}

TEST(OverlayFileTest, ThreeColumnsAreEnough) {
  const absl::StatusOr<Overlay> overlay =
      Read("curve,iteration,value\na,10,0.5\nb,1e3,2\na,20,-0.25\n");

  ASSERT_OK(overlay);
  EXPECT_EQ(overlay->source, "f.csv");
  ASSERT_THAT(overlay->curves, SizeIs(2));
  const OverlayCurve& first = overlay->curves[0];
  EXPECT_EQ(first.name, "a");
  EXPECT_THAT(first.iterations, ElementsAre(10, 20));
  EXPECT_THAT(first.values, ElementsAre(0.5, -0.25));
  EXPECT_THAT(first.settings, IsEmpty());
  EXPECT_EQ(first.updates_per_iteration, 1);
  EXPECT_EQ(first.offset, 0);
  EXPECT_THAT(overlay->curves[1].iterations, ElementsAre(1000));
}

TEST(OverlayFileTest, OptionalColumnsSayWhereACurveGoes) {
  const absl::StatusOr<Overlay> overlay = Read(
      "# Figure 3, read off\n"
      "value,optimizer.name,depth,offset,iteration,updates_per_iteration,"
      "curve\n"
      "0.5,gd,3,1e-3,10,3.5,\"L(w1,w2)\"\n"
      "\n# and\n"
      "0.25,,,,20,,b\n");

  ASSERT_OK(overlay);
  ASSERT_THAT(overlay->curves, SizeIs(2));
  const OverlayCurve& first = overlay->curves[0];
  EXPECT_EQ(first.name, "L(w1,w2)");
  ASSERT_THAT(first.settings, SizeIs(2));
  EXPECT_EQ(first.settings.at("model.depth").integer(), 3);
  EXPECT_EQ(first.settings.at("optimizer.name").text(), "gd");
  EXPECT_EQ(first.offset, 1e-3);
  EXPECT_EQ(first.updates_per_iteration, 3.5);
  EXPECT_THAT(overlay->curves[1].settings, IsEmpty());
  EXPECT_EQ(overlay->curves[1].updates_per_iteration, 1);
}

TEST(OverlayFileTest, MistakesAreFoundAtTheirLineAndColumn) {
  const std::string head = "curve,iteration,value\n";
  struct {
    std::string text;
    const char* error;
  } const cases[] = {
      {"", "f.csv:1:1: found no header line"},
      {"# nothing\n", "f.csv:1:1: found no header line"},
      {"\na,1,2\n", "f.csv:1:1: found an empty line"},
      {"curve,value\na,2\n", "f.csv:1:12: found no column iteration"},
      {"curve,iteration,value,value\n",
       "f.csv:1:23: found the column \"value\" again"},
      {"curve,iteration,valeu\n",
       "f.csv:1:17: found the column \"valeu\", expected value"},
      {"curve,iteration,value,colour\n",
       "f.csv:1:23: found the column \"colour\", expected curve"},
      {head, "f.csv:2:1: found no point"},
      {head + "a,1\n", "f.csv:2:4: found 2 cells, expected 3"},
      {head + "a,1,2,3\n", "f.csv:2:7: found 4 cells, expected 3"},
      {head + ",1,2\n", "f.csv:2:1: found no name"},
      {head + "a,-1,2\n", "f.csv:2:3: found -1, expected a number, at least 0"},
      {head + "a,1,2\na,x,2\n", "f.csv:3:3: found \"x\", expected a number"},
      {head + "a,1,nan\n", "f.csv:2:5: found NaN, expected a finite number"},
      {head + "a,1,\n", "f.csv:2:5: found nothing, expected a finite number"},
      {"curve,iteration,value,updates_per_iteration\na,1,2,0\n",
       "f.csv:2:7: found 0, expected a number above 0"},
      {"curve,iteration,value,depth\na,1,2,x\n",
       "f.csv:2:7: found depth \"x\", expected an integer"},
      {"curve,iteration,value,offset\na,1,2,1\nb,1,2,1\na,2,2,0\n",
       "f.csv:4:1: found curve \"a\" with another setting, "
       "updates_per_iteration or offset than on line 2"},
      {head + "\"a,1,2\n", "f.csv:2:1: found a quote that is never closed"},
      {head + std::string(101, 'n') + ",1,2\n", "f.csv:2:1: found \"nnn"},
      {head + "\xFF,1,2\n", "f.csv:2:1: found \"\\xff\", expected the name"},
      {"curve,iteration,value," + std::string(1 << 20, 'x') + "\n",
       "f.csv:1:23: found the column \"xxx"},
  };
  for (const auto& [text, error] : cases) {
    EXPECT_THAT(Error(text), HasSubstr(error)) << text.substr(0, 200);
  }
}

TEST(OverlayFileTest, SizesAreBounded) {
  std::string points = "curve,iteration,value\n";
  for (size_t i = 0; i < kMostOverlayPoints; ++i) points += "a,1,2\n";
  EXPECT_EQ(Error(points), "");
  EXPECT_THAT(Error(points + "a,1,2\n"),
              HasSubstr("f.csv:20002:1: found one point more, expected at most "
                        "20000"));

  std::string curves = "curve,iteration,value\n";
  for (size_t i = 0; i < kMostOverlayCurves; ++i) {
    absl::StrAppend(&curves, "c", i, ",1,2\n");
  }
  EXPECT_EQ(Error(curves), "");
  EXPECT_THAT(Error(curves + "d,1,2\n"), HasSubstr("at most 32 curves"));

  std::string columns = "curve,iteration,value";
  for (int i = 0; i < 62; ++i) columns += ",depth";
  EXPECT_THAT(Error(columns + "\n"), HasSubstr("65 columns, expected at most"));

  // The compressed file is small, but its content is large.
  const test::TempFolder folder;
  const std::string path = folder.WriteGzip(
      "f.csv.gz", "curve,iteration,value\n" + std::string(8 << 20, '#'));
  const auto file = InputFile::Open(path, kMaxOverlayBytes);
  ASSERT_OK(file);
  EXPECT_THAT(std::string(ReadOverlay(file->get()).status().message()),
              HasSubstr("bytes after decompression"));
}

}  // namespace
}  // namespace fathom::client

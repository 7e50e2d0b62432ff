// Reads any text as the points of a chunk, with the place of the metric from
// the first byte. What is read of it must agree with itself and with the C
// library.
#include <bit>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>

#include "server/store/curves/points_text.h"
#include "server/store/number_text.h"
#include "tests/fuzz/fuzz.h"

namespace {

using fathom::fuzz::Require;

constexpr size_t kMost = 1000;

// Checks a number at the start of a text, which is read faster when more text
// follows.
void CheckNumber(const std::string& text) {
  const std::string padded = text + "," + std::string(200, ' ');
  double slow = 0;
  double fast = 0;
  const char* const slow_end =
      fathom::server::ReadNumber(text.data(), text.data() + text.size(), &slow);
  const char* const fast_end = fathom::server::ReadNumber(
      padded.data(), padded.data() + padded.size(), &fast);
  Require((slow_end == nullptr) == (fast_end == nullptr), "both or none");
  if (slow_end == nullptr) return;
  Require(slow_end - text.data() == fast_end - padded.data(), "one end");
  if (std::isnan(slow)) {
    Require(std::isnan(fast) && text[0] == 'n', "NaN is null");
    return;
  }
  Require(std::bit_cast<uint64_t>(slow) == std::bit_cast<uint64_t>(fast),
          "one number");
  if (text[0] == '"') return;
  const std::string number = text.substr(0, slow_end - text.data());
  Require(std::strtod(number.c_str(), nullptr) == slow,
          "the number of the C library");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fathom;
  using namespace fathom::server;
  if (size == 0) return 0;
  const absl::string_view text = fuzz::View(data + 1, size - 1);
  CheckNumber(std::string(text.substr(0, 100)));
  FindColumn(text, "loss").IgnoreError();
  const int columns = 1 + data[0] % 4;
  const ColumnPlace place{data[0] / 4 % columns, columns};
  const auto first = FirstFinitePoint(text, place);
  const auto last = LastFinitePoint(text, place);
  PointColumn all;
  const absl::Status status = AppendPoints(text, place, kMost, &all);
  Require(all.steps.size() == all.values.size(), "a value for each step");
  Require(all.steps.size() <= kMost, "not too many");
  if (!status.ok()) return 0;
  std::optional<Point> expected_first;
  std::optional<Point> expected_last;
  for (size_t i = 0; i < all.steps.size(); ++i) {
    if (!std::isfinite(all.values[i])) continue;
    expected_last = Point{all.steps[i], all.values[i]};
    if (!expected_first.has_value()) expected_first = expected_last;
  }
  const auto same = [](const auto& found,
                       const std::optional<Point>& expected) {
    if (!found.ok() || found->has_value() != expected.has_value()) return false;
    return !expected.has_value() || ((*found)->step == expected->step &&
                                     (*found)->value == expected->value);
  };
  Require(same(first, expected_first), "the first is the first of all");
  // A value that is skipped may hold the start of another point.
  const bool plain = place.columns == 1;
  Require(!plain || same(last, expected_last), "the last is the last of all");
  return 0;
}

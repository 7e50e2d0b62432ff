#include "server/store/number_text.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/store/json_text.h"

namespace fathom::server {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
// So much that the fast way is taken.
const std::string& Padding() {
  static const auto* const kPadding = new std::string(200, ' ');
  return *kPadding;
}

// Reads all of `text` as one number; NaN when it is none. Before other text,
// which is read fast, and at the very end of memory.
double Read(const std::string& text) {
  const std::string before = "," + text + "," + Padding();
  double fast = kNan;
  const char* const fast_end =
      ReadNumber(before.data() + 1, before.data() + before.size(), &fast);
  // Exactly as long, so that the sanitizers see a byte that is read behind it.
  const std::unique_ptr<char[]> exact(new char[text.size()]);
  std::copy(text.begin(), text.end(), exact.get());
  double slow = kNan;
  const char* const slow_end =
      ReadNumber(exact.get(), exact.get() + text.size(), &slow);
  const bool all = fast_end == before.data() + 1 + text.size();
  EXPECT_EQ(all, slow_end == exact.get() + text.size()) << text;
  if (!all) return kNan;
  EXPECT_EQ(std::bit_cast<uint64_t>(fast), std::bit_cast<uint64_t>(slow))
      << text;
  return fast;
}

// Counts the numbers that do not come back from what is written of them.
int CountDifferent(const std::vector<double>& numbers) {
  int different = 0;
  for (const double number : numbers) {
    std::string text;
    AppendJsonNumber(number, &text);
    const double read = Read(text);
    if (std::bit_cast<uint64_t>(read) == std::bit_cast<uint64_t>(number)) {
      continue;
    }
    if (++different < 5) {
      ADD_FAILURE() << absl::StrFormat("%a, written as %s, was read as %a",
                                       number, text, read);
    }
  }
  return different;
}

TEST(ReadNumberTest, RandomBitPatternsComeBackExactly) {
  std::mt19937_64 random(1);
  std::vector<double> numbers;
  while (numbers.size() < 300'000) {
    const double number = std::bit_cast<double>(random());
    if (std::isfinite(number)) numbers.push_back(number);
  }
  EXPECT_EQ(CountDifferent(numbers), 0);
}

TEST(ReadNumberTest, NumbersOfEverydaySizeComeBackExactly) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> exponent(-20, 20);
  std::vector<double> numbers;
  for (int i = 0; i < 150'000; ++i) {
    numbers.push_back(std::pow(10, exponent(random)) * (i % 3 == 0 ? -1 : 1));
    // Few digits, which are written shorter.
    numbers.push_back(static_cast<double>(random() >> (random() % 64)) /
                      std::pow(10, random() % 10));
  }
  EXPECT_EQ(CountDifferent(numbers), 0);
}

TEST(ReadNumberTest, ExtremesComeBackExactly) {
  using Limits = std::numeric_limits<double>;
  std::vector<double> numbers = {0.0,
                                 -0.0,
                                 1.0,
                                 -1e300,
                                 1e22,
                                 1e23,
                                 Limits::max(),
                                 Limits::lowest(),
                                 1e-280,
                                 Limits::denorm_min(),
                                 -Limits::denorm_min()};
  for (int e = -1074; e <= 1023; ++e) {
    const double power = std::ldexp(1.0, e);
    for (const double x : {power, std::nextafter(power, 0.0),
                           std::nextafter(power, Limits::max())}) {
      numbers.push_back(x);
      numbers.push_back(-x);
    }
  }
  for (int e = -323; e <= 308; ++e) {
    numbers.push_back(std::strtod(absl::StrCat("1e", e).c_str(), nullptr));
  }
  EXPECT_EQ(CountDifferent(numbers), 0);
}

// Decimal numbers that lie between two doubles, and exactly half way.
TEST(ReadNumberTest, RoundsAsTheCLibraryDoes) {
  std::mt19937_64 random(4);
  std::vector<std::string> texts;
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t digits = random() >> (random() % 64);
    const int exponent = static_cast<int>(random() % 580) - 290;
    texts.push_back(absl::StrCat(digits, "e", exponent < 0 ? "-" : "+",
                                 std::abs(exponent) < 10 ? "0" : "",
                                 std::abs(exponent)));
    texts.push_back(absl::StrCat(digits, ".", random() % 100'000));
  }
  for (int i = 0; i < 100'000; ++i) {
    // 54 bits, the last of them set: half way.
    const uint64_t half = (random() >> 10 | uint64_t{1} << 53) | 1;
    texts.push_back(absl::StrCat(half));
    texts.push_back(absl::StrCat(half, ".0000"));
    texts.push_back(absl::StrCat(half >> 1, ".5"));
    texts.push_back(absl::StrCat(half * 2, "e+00"));
  }
  int different = 0;
  for (const std::string& text : texts) {
    const double expected = std::strtod(text.c_str(), nullptr);
    const double read = Read(text);
    if (read == expected) continue;
    if (++different < 5) {
      ADD_FAILURE() << absl::StrFormat("%s: found %a, expected %a", text, read,
                                       expected);
    }
  }
  EXPECT_EQ(different, 0);
}

// The digits are gathered in 64 bits, which wrap: those of 2^64 to zero.
TEST(ReadNumberTest, MoreDigitsThanFitAreNotLost) {
  for (const char* text :
       {"18446744073709551616.01", "00000018446744073709551616.01",
        "18446744073709551616.0000123", "36893488147419103232.5",
        "00000000000000000001.25", "0000000000000000000000.125",
        "18446744073709551617", "184467440737095516160000000.5e-03"}) {
    EXPECT_EQ(Read(text), std::strtod(text, nullptr)) << text;
  }
}

TEST(ReadNumberTest, NullIsNan) {
  const std::string text = "null," + Padding();
  double number = 1;
  EXPECT_EQ(ReadNumber(text.data(), text.data() + text.size(), &number),
            text.data() + 4);
  EXPECT_TRUE(std::isnan(number));
}

TEST(ReadNumberTest, WhatIsNoNumberIsRefused) {
  for (const char* text : {"",      "-",     "--1",         "+1",
                           ".5",    "-.5",   "e5",          "nul",
                           "nan",   "inf",   "Infinity",    "\"",
                           "\"1",   "\"1\"", "\"1*2^-60\"", "\"null*2^-600\"",
                           "1e999", "x",     "[",           "'1'"}) {
    for (const std::string& after : {std::string(), "," + Padding()}) {
      const std::string whole = text + after;
      double number = 0;
      EXPECT_EQ(ReadNumber(whole.data(), whole.data() + whole.size(), &number),
                nullptr)
          << whole;
    }
  }
}

// Whatever comes behind is left to the caller.
TEST(ReadNumberTest, EndsWhereTheNumberEnds) {
  for (const auto& [text, length] :
       std::vector<std::pair<std::string, int>>{{"1.5]", 3},
                                                {"1e+05,", 5},
                                                {"1E-00,", 5},
                                                {"12.25.5", 5},
                                                {"0-1", 1},
                                                {"1e", 1},
                                                {"7\n", 1},
                                                {"-0.0]", 4}}) {
    for (const std::string& after : {std::string(), Padding()}) {
      const std::string whole = text + after;
      double number = 0;
      const char* const end =
          ReadNumber(whole.data(), whole.data() + whole.size(), &number);
      ASSERT_NE(end, nullptr) << text;
      EXPECT_EQ(end - whole.data(), length) << text;
      EXPECT_EQ(number, std::strtod(text.substr(0, length).c_str(), nullptr));
    }
  }
}

TEST(ReadIntegerTest, IntegersComeBack) {
  std::mt19937_64 random(5);
  std::vector<int64_t> numbers = {0,
                                  -1,
                                  99'999'999,
                                  100'000'000,
                                  std::numeric_limits<int64_t>::max(),
                                  std::numeric_limits<int64_t>::min()};
  for (int i = 0; i < 100'000; ++i) {
    numbers.push_back(std::bit_cast<int64_t>(random()) >> (random() % 64));
  }
  for (const int64_t number : numbers) {
    for (const std::string& after : {std::string(), "," + Padding()}) {
      const std::string text = absl::StrCat(number, after);
      int64_t read = 0;
      const char* const end =
          ReadInteger(text.data(), text.data() + text.size(), &read);
      ASSERT_EQ(end, text.data() + text.size() - after.size()) << text;
      ASSERT_EQ(read, number);
    }
  }
}

TEST(ReadIntegerTest, WhatNoIntegerHoldsIsRefused) {
  for (const char* text :
       {"", "-", "x", ",1", "9223372036854775808", "123456789012345678901"}) {
    for (const std::string& after : {std::string(), "," + Padding()}) {
      const std::string whole = text + after;
      int64_t read = 0;
      EXPECT_EQ(ReadInteger(whole.data(), whole.data() + whole.size(), &read),
                nullptr)
          << whole;
    }
  }
}

}  // namespace
}  // namespace fathom::server

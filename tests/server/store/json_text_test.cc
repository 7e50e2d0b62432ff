#include "server/store/json_text.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "sqlite3.h"
#include "tests/server/store/ledger_fixture.h"

namespace fathom::server {
namespace {

using test::AddPoints;
using test::LedgerTest;
using test::NewLease;
using test::NewReport;

class NumbersTest : public LedgerTest {
 protected:
  // Records `numbers` as one curve and reads it through the view with a plain
  // SQLite connection.
  std::vector<double> Recorded(const std::vector<double>& numbers) {
    RecordReport report = NewReport(1, 1);
    AddPoints(report, 0, 0, 0, numbers);
    EXPECT_OK(Commit({NewLease(1, 1, 0, 1), report}));
    sqlite3* db = nullptr;
    EXPECT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    sqlite3_stmt* query = nullptr;
    EXPECT_EQ(
        sqlite3_prepare_v2(db,
                           "SELECT value FROM metric_points WHERE sweep=1 "
                           "AND trial=0 AND metric='loss' ORDER BY step",
                           -1, &query, nullptr),
        SQLITE_OK);
    std::vector<double> read;
    while (sqlite3_step(query) == SQLITE_ROW) {
      read.push_back(sqlite3_column_double(query, 0));
    }
    sqlite3_finalize(query);
    sqlite3_close(db);
    return read;
  }

  void ExpectSameBits(const std::vector<double>& numbers) {
    const std::vector<double> read = Recorded(numbers);
    ASSERT_EQ(read.size(), numbers.size());
    int different = 0;
    for (size_t i = 0; i < numbers.size(); ++i) {
      if (std::bit_cast<uint64_t>(read[i]) ==
          std::bit_cast<uint64_t>(numbers[i])) {
        continue;
      }
      if (++different < 5) {
        ADD_FAILURE() << absl::StrFormat("%a was read as %a", numbers[i],
                                         read[i]);
      }
    }
    EXPECT_EQ(different, 0);
  }
};

TEST_F(NumbersTest, RandomBitPatternsComeBackExactly) {
  std::mt19937_64 random(1);
  std::vector<double> numbers;
  while (numbers.size() < 300'000) {
    const double number = std::bit_cast<double>(random());
    if (std::isfinite(number)) numbers.push_back(number);
  }
  ExpectSameBits(numbers);
}

TEST_F(NumbersTest, NumbersOfEverydaySizeComeBackExactly) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> exponent(-20, 10);
  std::vector<double> numbers;
  for (int i = 0; i < 200'000; ++i) {
    numbers.push_back(std::pow(10, exponent(random)));
  }
  ExpectSameBits(numbers);
}

TEST_F(NumbersTest, ExtremesComeBackExactly) {
  using Limits = std::numeric_limits<double>;
  std::mt19937_64 random(3);
  std::vector<double> numbers = {0.0,
                                 -0.0,
                                 1.0,
                                 -1e300,
                                 0.1,
                                 9007199254740993.0,
                                 1e22,
                                 1e23,
                                 123456789012345678.0,
                                 Limits::max(),
                                 Limits::lowest(),
                                 Limits::min(),
                                 Limits::denorm_min(),
                                 -Limits::denorm_min(),
                                 std::nextafter(Limits::min(), 0),
                                 1e-280,
                                 std::nextafter(1e-280, 0),
                                 std::nextafter(1e-280, 1)};
  // Neighbours of all powers of two, where the spacing changes.
  for (int e = -1074; e <= 1023; ++e) {
    const double power = std::ldexp(1.0, e);
    for (const double x : {power, std::nextafter(power, 0.0),
                           std::nextafter(power, Limits::max())}) {
      numbers.push_back(x);
    }
  }
  // Subnormals, and the range where SQLite's reader rounds more than once.
  for (int i = 0; i < 20'000; ++i) {
    numbers.push_back(std::bit_cast<double>(random() >> 12));
    numbers.push_back(std::ldexp(1.0 + std::ldexp(random() >> 12, -52),
                                 -900 - static_cast<int>(random() % 120)));
  }
  ExpectSameBits(numbers);
}

TEST(AppendJsonStringTest, QuotesWhatJsonWants) {
  std::string json;
  AppendJsonString("a\"b\\c\n\x01\xc3\xa4", &json);
  EXPECT_EQ(json, "\"a\\\"b\\\\c\\u000a\\u0001\xc3\xa4\"");
}

}  // namespace
}  // namespace fathom::server

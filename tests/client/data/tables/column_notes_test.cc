// These tests check what is said of columns that may not be what they look
// like, and that nothing is said of other columns.
#include "client/data/tables/column_notes.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/data/tables/csv.h"
#include "client/data/tables/dates.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/data/files.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Returns the notes on a table with the target y, where `row` returns line i,
// counted from 0.
template <typename Row>
std::vector<std::string> Notes(const std::string& header, int rows, Row row,
                               const std::string& missing_value = "") {
  v1::DataImport import;
  import.add_target("y");
  if (!missing_value.empty()) {
    import.add_missing_value(missing_value);
    import.set_missing(v1::MISSING_CELLS_DROP);
  }
  std::string table = header + "\n";
  for (int i = 0; i < rows; ++i) absl::StrAppend(&table, row(i), "\n");
  const auto imported = ReadCsv(import, InputFile::OfText("t", table).get());
  EXPECT_OK(imported);
  return imported.ok() ? imported->notes : std::vector<std::string>();
}

// Returns numbers from 0 to 16 without an order.
int Mixed(int i) { return (i * 7 + i / 17) % 17; }

TEST(ColumnNotesTest, ANumberFarFromAllOthersMayStandForNone) {
  // The number is in two columns, once in each.
  const auto two = [](int i) {
    return absl::StrCat(i == 3 ? -200 : Mixed(i), ",",
                        i == 4 ? -200.0 : 0.25 * Mixed(i), ",", Mixed(i + 1));
  };
  EXPECT_THAT(Notes("a,b,y", 40, two),
              ElementsAre("found -200 as the least value of 2 columns (\"a\", "
                          "\"b\") in 2 rows, far from the others; if it "
                          "stands for a missing value: `missing_value: -200` "
                          "and `missing: drop`"));
  EXPECT_THAT(Notes("a,b,y", 40, two, "-200"),
              ElementsAre("2 rows with missing values are left out"));
  // The number is in one column, the target, and often there.
  EXPECT_THAT(Notes("a,b,y", 300,
                    [](int i) {
                      return absl::StrCat(Mixed(i), ",", Mixed(i + 2), ",",
                                          i % 100 == 5 ? 9999 : Mixed(i));
                    }),
              ElementsAre(HasSubstr("found 9999 as the greatest value of "
                                    "column \"y\" in 3 rows")));
}

// The range of c is wide, but a and b show what -200 means.
TEST(ColumnNotesTest, AMarkOfSomeColumnsIsOneOfAll) {
  const auto row = [](int i, int wide) {
    return absl::StrCat(i == 3 ? -200 : Mixed(i), ",",
                        i == 4 ? wide : Mixed(i + 2), ",",
                        i == 5 ? -200 : 40 * Mixed(i), ",", Mixed(i + 1));
  };
  EXPECT_THAT(
      Notes("a,b,c,y", 40, [&](int i) { return row(i, -200); }),
      ElementsAre(HasSubstr("3 columns (\"a\", \"b\", \"c\") in 3 rows")));
  EXPECT_THAT(Notes("a,b,c,y", 40, [&](int i) { return row(i, 2); }),
              IsEmpty());
}

TEST(ColumnNotesTest, OtherNumbersAreLeftInPeace) {
  // These numbers are no marks: one outlier; a number in two of a thousand
  // rows; the least number of a wide range; a number with a single other value
  // beside it; numbers scaled to [-1, 1]; a large number that does not consist
  // of nines.
  for (const char* kind :
       {"outlier", "rare", "wide", "flag", "scaled", "large"}) {
    EXPECT_THAT(Notes("a,b,y", 1000,
                      [kind = std::string(kind)](int i) {
                        double a = Mixed(i);
                        double b = Mixed(i + 1);
                        if (kind == "outlier" && i == 7) a = -200;
                        if (kind == "rare" && i % 300 == 7) a = -200;
                        if (kind == "wide" && i % 9 == 7) a = b = -15;
                        if (kind == "flag") a = b = i % 2 == 0 ? -1 : 1;
                        if (kind == "scaled") {
                          a = i % 20 == 7 ? -1 : 0.5 + a / 32;
                          b = i % 20 == 9 ? -1 : 0.5 + b / 32;
                        }
                        if (kind == "large" && i % 20 == 7) a = b = 5000;
                        return absl::StrCat(a, ",", b, ",", Mixed(i + 3));
                      }),
                IsEmpty())
        << kind;
  }
}

TEST(ColumnNotesTest, NumbersOfRowsAreNoFeatures) {
  const auto note = [](const std::string& name, int first, int step) {
    return Notes(absl::StrCat(name, ",b,y"), 30, [&](int i) {
      return absl::StrCat(first + step * i, ",", Mixed(i), ",", Mixed(i + 1));
    });
  };
  EXPECT_THAT(note("time", 17, 1),
              ElementsAre("column \"time\" counts the rows: if it is no "
                          "feature, `ignore: [time]`"));
  for (const char* name :
       {"Id", "index", "Unnamed: 0", "column_1", "customer_id", "No"}) {
    EXPECT_THAT(note(name, 842302, 13),
                ElementsAre(AllOf(HasSubstr("has another integer in each row"),
                                  HasSubstr(name))));
  }
  EXPECT_THAT(note("Unnamed: 0", 842302, 13),
              ElementsAre(HasSubstr("`ignore: [\"Unnamed: 0\"]`")));
  EXPECT_THAT(note("area", 842302, 13), IsEmpty());
  EXPECT_THAT(note("id", 5, 0), IsEmpty());
}

TEST(ColumnNotesTest, FewRowsAndTheOnlyFeatureAreNotCounted) {
  const auto row = [](int i) { return absl::StrCat(i, ",", Mixed(i)); };
  EXPECT_THAT(Notes("x,y", 30, row), IsEmpty());
  const auto wide = [](int i) { return absl::StrCat(i, ",1,", Mixed(i)); };
  EXPECT_THAT(Notes("x,b,y", 9, wide), IsEmpty());
  EXPECT_THAT(Notes("x,b,y", 10, wide), testing::SizeIs(1));
}

TEST(ColumnNotesTest, DatesAndTimesAreNoAmounts) {
  EXPECT_THAT(Notes("Date,d,b,y", 12,
                    [](int i) {
                      return absl::StrCat("2016-01-", 11 + i % 3, " 17:00:00,",
                                          20160111 + i % 2, ",", Mixed(i), ",",
                                          Mixed(i + 1));
                    }),
              testing::IsSupersetOf(
                  {HasSubstr("dates and times, such as \"2016-01-11 "
                             "17:00:00\" in column \"Date\", are categories, "
                             "each of its own; `ignore: [Date]` leaves them "
                             "out"),
                   HasSubstr("dates, such as 20160111 in column \"d\", are "
                             "read as numbers")}));
  // There is no month 13.
  EXPECT_THAT(Notes("d,b,y", 12,
                    [](int i) {
                      return absl::StrCat(i == 5 ? 20161301 : 20160111, ",",
                                          Mixed(i), ",", Mixed(i + 1));
                    }),
              IsEmpty());
}

TEST(ColumnNotesTest, TooManyDatesAreRefusedAsWhatTheyAre) {
  v1::DataImport import;
  import.add_target("y");
  std::string table = "t,b,y\n";
  for (int i = 0; i < 120; ++i) {
    absl::StrAppend(&table, 1900 + i, "-01-01,", Mixed(i), ",1\n");
  }
  EXPECT_THAT(
      test::Message(ReadCsv(import, InputFile::OfText("t", table).get())),
      HasSubstr("found more than 100 different texts in column \"t\", expected "
                "no dates or times"));
}

TEST(ColumnNotesTest, FormsOfDates) {
  for (const char* text : {"2016-01-11", "2016-01-11 17:00:00", "11/01/2016",
                           "1/31/16", "2016-01-11T17:00:00.5Z", "10.03.2004",
                           "18.00.00", "7:30", "2016/1/1 0:00"}) {
    EXPECT_TRUE(IsDateOrTime(text)) << text;
  }
  for (const char* text :
       {"", " ", "10-20", "Ulm", "2016-13-11", "11/32/2016", "1-2-3-4", "25:00",
        "2016", "2016-01-11 Ulm", "a/b/c", "10:5", "123-45-6789"}) {
    EXPECT_FALSE(IsDateOrTime(text)) << text;
  }
}

}  // namespace
}  // namespace fathom::client

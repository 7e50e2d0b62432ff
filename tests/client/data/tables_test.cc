// These tests have tables as people find them. The forms are those of UCI,
// scikit-learn, pandas, R, Excel, NumPy and Weka; the numbers are made up. Each
// table is read, also from a gzip file, or refused with what to do.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/data/import.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "proto/sweep/fields.h"
#include "tests/client/data/files.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr char kFolder[] = FATHOM_SOURCE_DIR "/tests/client/data/samples";

struct Table {
  const char* file;
  const char* import;    // A DataImport in text.
  const char* shape;     // "rows x features"; "" if refused.
  const char* last_row;  // "features : targets".
  const char* says;      // In the format, a note, or the error.
};

const Table kTables[] = {
    {"airfoil_self_noise.dat", "target: 'column_6'", "5 x 5",
     "2000 4.2 0.1016 31.7 0.011 : 126.5",
     "separated by tabs, no header: columns are called column_1, ..."},
    {"airfoil_self_noise.dat", "target: 'pressure'", "", "",
     "found no column \"pressure\" for the target, expected one of "
     "\"column_1\", \"column_2\""},
    {"yacht_hydrodynamics.data", "target: 'column_7'", "4 x 6",
     "0 0.565 5.1 3.94 3.51 0.2 : 0.78", "separated by blanks, no header"},
    {"housing.data", "target: 'column_8'", "3 x 7",
     "8.98296 0 18.1 1 0.77 6.212 17.6 : 17.8", "separated by blanks"},
    {"Concrete_Data.csv",
     "target: 'Concrete compressive strength(MPa, megapascals)'", "3 x 4",
     "332.5 228 0 270 : 40.27", "csv"},
    {"AirQualityUCI.csv",
     "target: 'C6H6(GT)' ignore: 'Date' ignore: 'Time' missing_value: '-200' "
     "missing: MISSING_CELLS_DROP",
     "3 x 5", "2.2 1376 80 11 60 : 9.2", "separated by ;, decimal commas"},
    {"AirQualityUCI.csv",
     "target: 'C6H6(GT)' ignore: 'Date' ignore: 'Time' missing_value: '-200'",
     "", "",
     ":4:21: found -200 in column \"CO(GT)\", expected a number; `missing: "
     "drop` leaves out rows with missing values; 2 rows have some, next on "
     "line 6"},
    {"ENB2012_data.csv", "target: 'Y1' target: 'Y2'", "3 x 4",
     "0.9 563.5 318.5 5 : 20.84 28.28",
     "2 empty columns without a name are left out"},
    {"diabetes.tab.txt", "target: 'Y'", "4 x 5", "24 1 25.3 84 198 : 206",
     "csv, separated by tabs"},
    {"winequality-red.csv", "target: 'quality'", "3 x 4",
     "11.2 0.28 3.16 9.8 : 6", "csv, separated by ;"},
    {"iris.data", "target: 'column_5'", "4 x 4", "6.3 3.3 6 2.5 : 2",
     "no header: columns are called column_1"},
    {"auto-mpg.data",
     "target: 'column_1' ignore: 'column_9' missing: MISSING_CELLS_DROP",
     "3 x 7", "4 97 46 1835 20.5 70 2 : 26", "separated by blanks"},
    {"adult.data",
     "target: 'column_7' missing: MISSING_CELLS_DROP ignore: 'column_2' "
     "ignore: 'column_4'",
     "5 x 5", "31 45781 14 1 0 : 1", "one for each of: Female, Male"},
    {"adult.data", "target: 'column_7'", "", "",
     ":3:4: found ? in column \"column_2\", expected a text; `missing: drop`"},
    {"car.data",
     "target: 'column_7' categorical: 'column_3' categorical: 'column_4'",
     "4 x 16", "1 0 1 0 0 0 0 1 0 0 1 1 0 0 0 1 : 0",
     "one for each of: 2, 3, 5more"},
    {"car.data", "target: 'column_7'", "", "",
     ":3:11: found \"more\", expected a number in column \"column_4\"; "
     "`ignore` leaves the column out"},
    {"pandas_index.csv", "target: 'y'", "3 x 3", "-2 1 0 : 0.5",
     "the column without a name, the number of the row, is left out"},
    {"pandas_filtered.csv", "target: 'y'", "", "",
     "expected the number of the row, 1, as above, or \"\" among the columns "
     "to `ignore`"},
    {"pandas_filtered.csv", "target: 'y' ignore: ''", "3 x 1", "-2 : 0.5",
     "csv"},
    {"pandas_missing.csv", "target: 'y' missing: MISSING_CELLS_DROP", "3 x 2",
     "2.5 1 : 5.5", "2 rows with missing values are left out"},
    {"pandas_columns.csv", "target: '3'", "2 x 3", "4.9 3 1.4 : 0.4", "csv"},
    {"r_write_table.txt", "target: 'mpg'", "3 x 2", "6 3 : 21.4",
     "separated by blanks, names of rows left out"},
    {"r_write_csv.csv", "target: 'mpg'", "3 x 1", "8 : 21.4",
     "the number of the row, is left out"},
    {"excel_export.csv", "target: 'Niederschlag (mm)'", "3 x 3", "0 1 1 : 3.25",
     "one for each of: K\xC3\xB6ln, Ulm"},
    {"excel_european.csv", "target: 'Preis'", "3 x 3", "20.25 1 0 : 2000",
     "separated by ;, decimal commas"},
    {"excel_unicode.txt", "target: 'y'", "", "",
     "found text in UTF-16, expected UTF-8, as `iconv"},
    {"old_mac.csv", "target: 'y'", "", "",
     "found lines that end in CR alone, as on old Macs, expected line ends of "
     "LF, as `tr"},
    {"numpy_savetxt.txt", "target: 'y'", "2 x 2", "4 5 : 6.5",
     "names from a comment"},
    {"weather.arff", "target: 'play' missing: MISSING_CELLS_DROP", "3 x 5",
     "1 0 0 80 1 : 1", "arff"},
    {"weather.arff", "target: 'play'", "", "",
     ":14:14: found ? in column \"temperature\", expected a number"},
    {"heart_scale", "", "3 x 4", "0.166667 1 -0.333333 0 : 1", "libsvm"},
    {"records.jsonl", "target: 'y'", "", "",
     "found JSON, expected a text table; in Python, pandas.read_json"},
    {"matrix.npy", "target: 'column_2'", "3 x 1", "5 : -6", "npy 2 of float64"},
    {"frame.npy", "target: 'column_1'", "3 x 1", "-6 : 5", "npy 2 of int32"},
    {"matrix.npy", "labels: 'targets.npy'", "3 x 2", "5 -6 : 2.5", "npy 2 of"},
    {"matrix.npy", "", "", "", "expected their file in `labels`, or `target`"},
    {"arrays.npz", "target: 'column_1'", "", "",
     "found several NumPy arrays (npz), expected one array per file"},
    {"commented.csv", "target: 'y'", "3 x 1", "5 : 7",
     "3 lines that begin with # or % are left out"},
    {"page.html", "target: 'y'", "", "", "found a web page"},
    {"thousands.csv", "target: 'y' ignore: 'Town'", "", "",
     ":2:5: found \"126,405\", expected a plain number in column \"People\""},
    {"latin1.csv", "target: 'y'", "", "",
     "found \"gr\\xf6\\xdfe\", expected a name in UTF-8, as `iconv -f LATIN1 "
     "-t UTF-8 FILE` writes it"},
};

std::string Content(const std::string& file) {
  std::ifstream stream(absl::StrCat(kFolder, "/", file), std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(stream),
                     std::istreambuf_iterator<char>());
}

std::string LastRow(const Dataset& data) {
  const auto text = [](std::string* out, double number) {
    out->append(NumberText(number));
  };
  return absl::StrCat(
      absl::StrJoin(data.x.end() - data.columns, data.x.end(), " ", text),
      " : ",
      absl::StrJoin(data.y.end() - data.targets, data.y.end(), " ", text));
}

class TablesTest : public ::testing::TestWithParam<Table> {
 protected:
  // Reads the table, whose file is now `file` of `folder`.
  static absl::StatusOr<ImportedDataset> Read(const std::string& file,
                                              const std::string& folder) {
    v1::DataImport import;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(GetParam().import,
                                                              &import));
    import.set_file(file);
    if (!import.labels().empty()) {
      import.set_labels(absl::StrCat(kFolder, "/", import.labels()));
    }
    return ImportDataset(import, folder);
  }
};

TEST_P(TablesTest, IsReadOrRefusedWithTheCure) {
  const Table& table = GetParam();
  const auto imported = Read(table.file, kFolder);
  if (*table.shape == '\0') {
    EXPECT_THAT(imported, test::StatusIs(absl::StatusCode::kInvalidArgument));
    EXPECT_THAT(test::Message(imported),
                StartsWith(absl::StrCat(kFolder, "/", table.file)));
    EXPECT_THAT(test::Message(imported), HasSubstr(table.says));
    return;
  }
  ASSERT_OK(imported);
  const Dataset& data = imported->dataset;
  EXPECT_EQ(absl::StrCat(data.rows, " x ", data.columns), table.shape);
  EXPECT_EQ(LastRow(data), table.last_row);
  EXPECT_THAT(absl::StrCat(imported->format, "\n",
                           absl::StrJoin(imported->notes, "\n")),
              HasSubstr(table.says));
}

TEST_P(TablesTest, GzipChangesNothing) {
  const Table& table = GetParam();
  const test::TempFolder folder;
  folder.WriteGzip(table.file, Content(table.file));
  const auto plain = Read(table.file, kFolder);
  const auto packed = Read(table.file, folder.path());
  ASSERT_EQ(packed.status().code(), plain.status().code());
  if (plain.ok()) {
    EXPECT_EQ(test::Digest(packed), test::Digest(plain));
    EXPECT_THAT(packed->format, HasSubstr("(gzip)"));
  } else {
    EXPECT_THAT(test::Message(packed), HasSubstr(table.says));
  }
}

std::string TableName(const ::testing::TestParamInfo<Table>& info) {
  std::string name = absl::StrCat(info.index, "_", info.param.file);
  for (char& c : name) {
    if (!absl::ascii_isalnum(c)) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, TablesTest, ::testing::ValuesIn(kTables),
                         TableName);

TEST(TablesFolderTest, EveryFileIsTried) {
  std::set<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    left.insert(entry.path().filename().string());
  }
  for (const Table& table : kTables) left.erase(table.file);
  left.erase("targets.npy");  // Labels of another file.
  EXPECT_THAT(left, IsEmpty());
}

}  // namespace
}  // namespace fathom::client

#include "client/view/query_format.h"

#include <limits>
#include <sstream>

#include "gmock/gmock.h"
#include "nlohmann/json.hpp"

namespace fathom::client {
namespace {

v1::QueryCell Integer(int64_t value) {
  v1::QueryCell cell;
  cell.set_integer(value);
  return cell;
}
v1::QueryCell Real(double value) {
  v1::QueryCell cell;
  cell.set_real(value);
  return cell;
}
v1::QueryCell Text(const std::string& value) {
  v1::QueryCell cell;
  cell.set_text(value);
  return cell;
}
v1::QueryCell Null() { return {}; }

std::string Write(QueryFormat format, const std::vector<std::string>& columns,
                  const std::vector<std::vector<v1::QueryCell>>& rows,
                  bool cut_off = false) {
  std::ostringstream out;
  QueryWriter writer(format, &out, 0);
  v1::QueryResponse response;
  for (const std::string& column : columns) response.add_columns(column);
  writer.Write(response);
  // Each row comes in a message of its own, which must not show.
  for (const auto& cells : rows) {
    response.Clear();
    v1::QueryRow* row = response.add_rows();
    for (const v1::QueryCell& cell : cells) *row->add_cells() = cell;
    writer.Write(response);
  }
  writer.Finish(cut_off);
  return out.str();
}

TEST(QueryFormatTest, TableAlignsNumbersRight) {
  EXPECT_EQ(Write(QueryFormat::kTable, {"state", "n"},
                  {{Text("succeeded"), Integer(49)}, {Null(), Integer(5)}}),
            "state       n\n"
            "---------  --\n"
            "succeeded  49\n"
            "NULL        5\n");
}

TEST(QueryFormatTest, CsvQuotesWhatNeedsIt) {
  EXPECT_EQ(
      Write(QueryFormat::kCsv, {"a,b", "c"},
            {{Text("say \"hi\"\nthere"), Text("plain")}, {Text(""), Null()}}),
      "\"a,b\",c\n"
      "\"say \"\"hi\"\"\nthere\",plain\n"
      "\"\",\n");
}

// RFC 4180 requires quotes for each of these characters.
TEST(QueryFormatTest, CsvQuotesEveryCharacterThatWouldEndACellOrARow) {
  for (const char special : {',', '"', '\r', '\n'}) {
    const std::string text = std::string("a") + special + "b";
    const std::string inside = special == '"' ? "a\"\"b" : text;
    EXPECT_EQ(CsvCell(Text(text)), "\"" + inside + "\"") << int{special};
  }
  for (const char plain : {';', '\t', '\'', ' ', '\\'}) {
    const std::string text = std::string("a") + plain + "b";
    EXPECT_EQ(CsvCell(Text(text)), text) << int{plain};
  }
}

TEST(QueryFormatTest, RealsAreShortAndReadBackAsTheSameDouble) {
  EXPECT_EQ(CsvCell(Real(0.1)), "0.1");
  EXPECT_EQ(CsvCell(Real(1)), "1.0");
  EXPECT_EQ(CsvCell(Real(1e-5)), "1e-5");
  for (const double value : {1.0 / 3, 0.1 + 0.2, 2.2250738585072014e-308,
                             1.7976931348623157e308, -0.0}) {
    EXPECT_EQ(std::stod(CsvCell(Real(value))), value);
    EXPECT_EQ(nlohmann::json::parse(JsonCell(Real(value))).get<double>(),
              value);
  }
}

TEST(QueryFormatTest, JsonHasAnObjectPerRow) {
  const std::string text =
      Write(QueryFormat::kJson, {"n", "x"},
            {{Integer(9007199254740993), Null()}, {Integer(2), Text("é\"")}});

  const nlohmann::json json = nlohmann::json::parse(text)["rows"];

  ASSERT_EQ(json.size(), 2u);
  EXPECT_EQ(json[0]["n"].get<int64_t>(), 9007199254740993);
  EXPECT_TRUE(json[0]["x"].is_null());
  EXPECT_EQ(json[1]["x"], "é\"");
}

TEST(QueryFormatTest, JsonKeepsColumnsOfTheSameName) {
  const nlohmann::json json = nlohmann::json::parse(
      Write(QueryFormat::kJson, {"n", "n"}, {{Integer(1), Integer(2)}}));

  EXPECT_EQ(json["rows"][0]["n"], 1);
  EXPECT_EQ(json["rows"][0]["n_2"], 2);
}

TEST(QueryFormatTest, JsonLinesAreAnObjectPerLineAndNothingElse) {
  EXPECT_EQ(Write(QueryFormat::kJsonl, {"n", "x"},
                  {{Integer(1), Text("a\nb")}, {Null(), Real(2)}}),
            "{\"n\": 1, \"x\": \"a\\nb\"}\n{\"n\": null, \"x\": 2.0}\n");
  EXPECT_EQ(Write(QueryFormat::kJsonl, {"n"}, {}), "");
}

TEST(QueryFormatTest, JsonWithoutRowsHasAnEmptyArray) {
  const auto json = nlohmann::json::parse(Write(QueryFormat::kJson, {"n"}, {}));
  EXPECT_EQ(json["rows"], nlohmann::json::array());
  EXPECT_EQ(json["truncated"], false);
}

TEST(QueryFormatTest, JsonSaysWhenRowsAreMissing) {
  const auto json = nlohmann::json::parse(
      Write(QueryFormat::kJson, {"n"}, {{Integer(1)}}, /*cut_off=*/true));
  EXPECT_EQ(json["rows"].size(), 1u);
  EXPECT_EQ(json["truncated"], true);
}

TEST(QueryFormatTest, JsonSurvivesTextThatIsNotUtf8AndInfinity) {
  EXPECT_TRUE(nlohmann::json::accept(JsonCell(Text("\xff\xfe"))));
  EXPECT_EQ(JsonCell(Real(std::numeric_limits<double>::infinity())), "9e999");
}

TEST(QueryFormatTest, TableShowsNoControlCharacters) {
  EXPECT_EQ(TableCell(Text("a\x1b[31m")), "a\\x1b[31m");
}

}  // namespace
}  // namespace fathom::client

#include "client/data/sqlite_table.h"

#include <sqlite3.h>
#include <sys/resource.h>

#include <csignal>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/client/data/files.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::QueryResponse Columns(const std::vector<std::string>& names) {
  v1::QueryResponse response;
  for (const std::string& name : names) response.add_columns(name);
  return response;
}

// Returns the first column of the answer, as SQLite writes it.
std::vector<std::string> Ask(const std::string& path, const char* sql) {
  std::vector<std::string> texts;
  sqlite3* db = nullptr;
  EXPECT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  char* error = nullptr;
  const auto add = [](void* all, int, char** cells, char**) {
    static_cast<std::vector<std::string>*>(all)->push_back(
        cells[0] == nullptr ? "NULL" : cells[0]);
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(db, sql, add, &texts, &error), SQLITE_OK) << error;
  sqlite3_close(db);
  return texts;
}

TEST(SqliteTableTest, EveryCellKeepsItsTypeAndItsValue) {
  const test::TempFolder folder;
  const std::string path = folder.Write("a.db", "");
  SqliteTable table(path, "odd \"name\"");
  v1::QueryResponse response = Columns({"select", "b\"c"});
  ASSERT_THAT(table.Write(response), IsOk());
  response.Clear();
  v1::QueryRow* row = response.add_rows();
  row->add_cells()->set_integer(9007199254740993);
  row->add_cells()->set_real(0.1);
  row = response.add_rows();
  row->add_cells()->set_text(std::string("12\0'3", 5));
  row->add_cells()->set_blob("\x01\x02");
  row = response.add_rows();
  row->add_cells();
  row->add_cells()->set_real(5e-324);
  ASSERT_THAT(table.Write(response), IsOk());
  ASSERT_THAT(table.Finish(), IsOk());

  EXPECT_THAT(Ask(path,
                  "SELECT typeof(\"select\")||' '||typeof(\"b\"\"c\") "
                  "FROM \"odd \"\"name\"\"\" ORDER BY rowid"),
              ElementsAre("integer real", "text blob", "null real"));
  EXPECT_THAT(Ask(path,
                  "SELECT count(*) FROM \"odd \"\"name\"\"\" WHERE "
                  "\"select\"=9007199254740993 AND \"b\"\"c\"=0.1 OR "
                  "hex(\"select\")='3132002733' OR \"b\"\"c\"=4.9e-324"),
              ElementsAre("3"));
  EXPECT_THAT(Ask(path, "PRAGMA integrity_check"), ElementsAre("ok"));
}

TEST(SqliteTableTest, AnAnswerWithoutRowsIsAnEmptyTable) {
  const test::TempFolder folder;
  const std::string path = folder.Write("a.db", "");
  SqliteTable table(path, "t");
  ASSERT_THAT(table.Write(Columns({"a"})), IsOk());
  ASSERT_THAT(table.Finish(), IsOk());
  EXPECT_THAT(Ask(path, "SELECT count(a) FROM t"), ElementsAre("0"));
}

TEST(SqliteTableTest, ARowThatDoesNotFitTheColumnsIsAnError) {
  const test::TempFolder folder;
  SqliteTable table(folder.Write("a.db", ""), "t");
  v1::QueryResponse response = Columns({"a", "b"});
  response.add_rows()->add_cells()->set_integer(1);
  EXPECT_THAT(table.Write(response),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("expected 2")));
}

// A file that may not grow stands for a disk that is full.
TEST(SqliteTableTest, AFileThatCannotGrowIsAnErrorThatNamesIt) {
  const test::TempFolder folder;
  SqliteTable table(folder.Write("a.db", ""), "t");
  v1::QueryResponse response = Columns({"a"});
  response.add_rows()->add_cells()->set_text(std::string(1 << 20, 'x'));
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small = {100'000, before.rlim_max};
  const auto on_excess = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  absl::Status status = table.Write(response);
  if (status.ok()) status = table.Finish();
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, on_excess);

  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("a.db: "));
}

}  // namespace
}  // namespace fathom::client

// What a misspelled query is told.
#include "server/store/queries/suggestion.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/server/store/ledger_fixture.h"

namespace fathom::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class SuggestionTest : public test::LedgerTest {
 protected:
  // Returns the error of a query that fails.
  std::string Error(const std::string& sql) {
    const std::vector<std::string> rows = Rows(sql);
    return rows.size() == 1 ? rows[0] : "no error";
  }
};

TEST_F(SuggestionTest, AColumnOfTheViewThatIsNamed) {
  EXPECT_THAT(Error("SELECT trial, stat FROM results"),
              HasSubstr("no such column: stat at character 15; did you mean "
                        "state?\n  SELECT trial, stat"));
  EXPECT_THAT(Error("SELECT r.finalloss FROM results AS r"),
              HasSubstr("did you mean final_loss?"));
  EXPECT_THAT(Error("SELECT results.state FROM results AS r"),
              HasSubstr("did you mean state?"));
  // What others call it.
  EXPECT_THAT(Error("SELECT min(lr) FROM results"),
              HasSubstr("did you mean learning_rate?"));
  // The view that the statement names counts, not one with a nearer column.
  EXPECT_THAT(Error("SELECT stepz FROM metric_points"),
              HasSubstr("did you mean step?"));
  EXPECT_THAT(Error("SELECT stepz FROM results"),
              HasSubstr("did you mean steps?"));
}

TEST_F(SuggestionTest, AMetricIsNoColumn) {
  EXPECT_THAT(Error("SELECT los FROM metric_points"),
              HasSubstr("did you mean loss? loss is a metric: SELECT step, "
                        "value FROM metric_points WHERE metric = 'loss'"));
  EXPECT_THAT(Error("SELECT weight_norm FROM results"),
              HasSubstr("; weight_norm is a metric: SELECT "));
}

TEST_F(SuggestionTest, AColumnOfAnotherView) {
  EXPECT_THAT(Error("SELECT owner FROM results"),
              HasSubstr("; the view sweep_overview has it\n"));
}

TEST_F(SuggestionTest, AViewOrAFunction) {
  EXPECT_THAT(Error("SELECT * FROM result"),
              HasSubstr("no such table: result; did you mean results?"));
  EXPECT_THAT(Error("SELECT conut(*) FROM results"),
              HasSubstr("did you mean count?"));
}

TEST_F(SuggestionTest, NothingIsMeantWhereNothingIsNear) {
  for (const char* sql :
       {"SELECT qqqqqqqq FROM results", "SELECT * FROM zzzzzzzzz", "SELECT 1 +",
        "SELECT results.* FROM results AS r",
        "SELECT state FROM (SELECT trial FROM results)"}) {
    const std::string error = Error(sql);
    EXPECT_THAT(error, HasSubstr("INVALID_ARGUMENT")) << sql;
    EXPECT_THAT(error, Not(HasSubstr("did you mean"))) << sql;
  }
  // A column that there is works as before.
  EXPECT_THAT(Rows("SELECT trials FROM sweep_overview"), ElementsAre("12"));
}

}  // namespace
}  // namespace fathom::server

// These tests ask for the pages of ledgers that they write.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "client/ui/data/handler.h"
#include "gmock/gmock.h"
#include "proto/sweep/space.h"
#include "sqlite3.h"
#include "tests/client/ui/data/page.h"

namespace fathom::client::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Depths 1 to 3, and ten rates each.
v1::SweepSpec SmallSpec() { return fathom::test::SmallSpec(10); }

class AnswersTest : public PageTest {
 protected:
  // A completed sweep of 30 trials. The loss of trial i is 1 / (i + 1), and
  // every tenth diverged.
  void WriteSmall() {
    WriteSweep(1, SmallSpec(), 30);
    for (int64_t trial = 0; trial < 30; ++trial) {
      const double loss = 1.0 / static_cast<double>(trial + 1);
      if (trial % 10 == 9) {
        WriteTrial(
            1, trial, {1, 5, 1e300},
            fathom::test::NewResult(trial, 1e300, 1, v1::TRIAL_STATE_DIVERGED));
      } else {
        WriteTrial(1, trial, loss);
      }
    }
    WriteState(1, 30, 27, 3);
  }
  // Returns the first cells of all pages of a table.
  std::vector<int64_t> AllPages(const std::string& target) {
    std::vector<int64_t> trials;
    std::string after;
    do {
      const nlohmann::json page =
          Json(absl::StrCat(target, after.empty() ? "" : "&after=", after));
      for (const nlohmann::json& row : page["rows"]) trials.push_back(row[0]);
      after = page["next"].is_string() ? page["next"].get<std::string>() : "";
    } while (!after.empty());
    return trials;
  }
};

TEST_F(AnswersTest, SweepsAreListedByPageAndFilter) {
  for (int64_t id = 1; id <= 5; ++id) {
    v1::SweepSpec spec = SmallSpec();
    spec.set_name(id == 3 ? "<b>Odd\x1b[31m</b>" : absl::StrCat("even-", id));
    WriteSweep(id, spec, 30);
  }
  WriteState(2, 30, 30);
  nlohmann::json page = Json("sweeps?limit=2");
  EXPECT_EQ(page["sweeps"][0]["id"], 5);
  EXPECT_EQ(page["sweeps"][1]["id"], 4);
  page = Json("sweeps?limit=3&after=" + page["next"].get<std::string>());
  EXPECT_THAT(page["sweeps"], SizeIs(3));
  EXPECT_EQ(page["sweeps"][0]["name"], "<b>Odd\x1b[31m</b>");
  page = Json("sweeps?state=completed");
  ASSERT_THAT(page["sweeps"], SizeIs(1));
  EXPECT_EQ(page["sweeps"][0]["id"], 2);
  EXPECT_EQ(page["sweeps"][0]["counts"]["succeeded"], 30);
  EXPECT_EQ(page["next"], nullptr);
  EXPECT_THAT(Json("sweeps?name=ODD")["sweeps"], SizeIs(1));
  page = Json("sweeps?name=even&limit=2");
  EXPECT_EQ(page["sweeps"][1]["id"], 4);
  page = Json("sweeps?name=even&limit=2&after=4");
  EXPECT_EQ(page["sweeps"][0]["id"], 2);
  EXPECT_EQ(page["sweeps"][1]["id"], 1);
  EXPECT_EQ(page["next"], nullptr);
  EXPECT_THAT(Error("sweeps?limit=0"), HasSubstr("expected 1 to 1000"));
}

TEST_F(AnswersTest, ASweepHasItsAxesAndIsSentOnce) {
  WriteSmall();
  const nlohmann::json sweep = Json("sweeps/1");
  EXPECT_EQ(sweep["trials"], 30);
  EXPECT_EQ(sweep["axes"][0]["name"], "depth");
  EXPECT_EQ(sweep["axes"][0]["values"], nlohmann::json({1, 2, 3}));
  EXPECT_FALSE(sweep["axes"][0]["log"]);
  EXPECT_TRUE(sweep["axes"][1]["log"]);
  EXPECT_EQ(sweep["axes"][1]["count"], 10);
  EXPECT_EQ(sweep["metrics"][0]["name"], "loss");
  EXPECT_THAT(sweep["spec_yaml"], HasSubstr("name: small"));
  EXPECT_EQ(sweep["spec"],
            nlohmann::json::parse(
                Fathom({"show", "1", "--db", db(), "--json"}).out)["spec"]);

  const UiResponse first = Ask("sweeps/1");
  const std::string known = absl::StrCat("\"", first.etag, "\"");
  EXPECT_EQ(Ask("sweeps/1", "GET", "", known).status, 304);
  for (const char* target : {"sweeps/1/curves", "sweeps/1/trials"}) {
    const std::string tag = absl::StrCat("\"", Ask(target).etag, "\"");
    EXPECT_EQ(Ask(target, "GET", "", tag).status, 304) << target;
    EXPECT_EQ(Ask(absl::StrCat(target, "?limit=5"), "GET", "", tag).status,
              200);
    const std::string five =
        absl::StrCat("\"", Ask(absl::StrCat(target, "?limit=5")).etag, "\"");
    EXPECT_EQ(Ask(absl::StrCat(target, "?limit=6"), "GET", "", five).status,
              200);
  }
  WriteState(1, 30, 20, 10);
  EXPECT_EQ(Ask("sweeps/1", "GET", "", known).status, 200);
}

TEST_F(AnswersTest, CurvesAreThePointsOfTheLedger) {
  WriteSmall();
  const ReadColumns all = AskColumns("sweeps/1/curves?by=depth");
  EXPECT_EQ(all.header["matching"], 30);
  EXPECT_EQ(all.header["shown"], 30);
  ASSERT_THAT(all.columns.at("trial"), SizeIs(30));
  EXPECT_THAT(all.columns.at("start"), SizeIs(31));
  EXPECT_EQ(all.header["groups"][2]["value"], 3);
  EXPECT_EQ(all.columns.at("group")[29], 2);
  EXPECT_EQ(all.columns.at("state")[8], 1);
  EXPECT_EQ(all.columns.at("state")[9], 2);
  EXPECT_EQ(all.columns.at("end_step")[9], 100);
  EXPECT_THAT(all.columns.at("start"), testing::Each(testing::Ge(0)));
  EXPECT_EQ(all.columns.at("start")[3], 9);
  EXPECT_EQ(all.columns.at("value")[11], 0.25);
  EXPECT_EQ(all.columns.at("step")[11], 2);

  const ReadColumns some =
      AskColumns("sweeps/1/curves?where=depth:2&where=state:diverged");
  EXPECT_THAT(some.columns.at("trial"), ElementsAre(19));
  const ReadColumns few = AskColumns("sweeps/1/curves?limit=7");
  EXPECT_EQ(few.header["matching"], 30);
  EXPECT_THAT(few.columns.at("trial"), SizeIs(7));
  EXPECT_EQ(std::set<double>(few.columns.at("trial").begin(),
                             few.columns.at("trial").end())
                .size(),
            7u);
  EXPECT_THAT(Error("sweeps/1/curves?metric=los"),
              HasSubstr("did you mean loss?"));
  EXPECT_THAT(Error("sweeps/1/curves?by=dept"),
              HasSubstr("did you mean depth?"));
}

// What is spread over the grid must not fall in step with its axes.
TEST_F(AnswersTest, AChoiceOfCurvesHasAllValuesOfTheAxes) {
  v1::SweepSpec spec = SmallSpec();
  v1::Axis& seed = *spec.add_axes()->add_axes();
  seed.set_field("seed");
  seed.mutable_range()->set_to(10);
  WriteSweep(1, Normalize(spec), 300);
  server::RecordReport report = fathom::test::NewReport(1, 1);
  for (int64_t trial = 0; trial < 300; ++trial) {
    fathom::test::AddResult(report, fathom::test::NewResult(trial, 1));
  }
  Write({fathom::test::NewLease(1, 1, 0, 300), std::move(report),
         server::DeleteLease{1}});
  WriteState(1, 300, 300);
  std::set<int64_t> seeds;
  const ReadColumns chosen = AskColumns("sweeps/1/curves?limit=30");
  for (const double trial : chosen.columns.at("trial")) {
    seeds.insert(static_cast<int64_t>(trial) % 10);
  }
  EXPECT_GE(seeds.size(), 7u);
}

TEST_F(AnswersTest, OddCurvesAreShownAsTheyAre) {
  WriteSweep(1, SmallSpec(), 30);
  WriteTrial(1, 0, {}, fathom::test::NewResult(0, 1));
  WriteTrial(1, 1, {0}, fathom::test::NewResult(1, 0));
  WriteTrial(1, 2, {1, kInfinity, kNan, -2}, fathom::test::NewResult(2, -2));
  const ReadColumns curves = AskColumns("sweeps/1/curves");
  EXPECT_THAT(curves.columns.at("start"), ElementsAre(0, 0, 1, 5));
  EXPECT_EQ(curves.columns.at("value")[0], 0);
  EXPECT_EQ(curves.columns.at("value")[1], 1);
  EXPECT_TRUE(std::isnan(curves.columns.at("value")[2]));
  EXPECT_TRUE(std::isnan(curves.columns.at("value")[3]));
  EXPECT_EQ(curves.columns.at("value")[4], -2);
  const ReadColumns one = AskColumns("sweeps/1/trials/2/curves");
  EXPECT_THAT(one.columns.at("step"), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(AskColumns("sweeps/1/trials/0/curves").columns.at("loss"),
              IsEmpty());
  EXPECT_THAT(AskColumns("sweeps/1/trials/29/curves").columns.at("loss"),
              IsEmpty());
}

TEST_F(AnswersTest, ACloserLookHasItsPointsAndThoseBesideThem) {
  WriteSweep(1, SmallSpec(), 30);
  WriteTrial(1, 0, {9, 8, 7, 6, 5, 4}, fathom::test::NewResult(0, 4));
  WriteTrial(1, 1, {3, 2}, fathom::test::NewResult(1, 2));
  const ReadColumns near = AskColumns("sweeps/1/curves?steps=1.5..3");
  EXPECT_THAT(near.columns.at("start"), ElementsAre(0, 4, 5));
  EXPECT_THAT(near.columns.at("step"), ElementsAre(1, 2, 3, 4, 1));
  EXPECT_THAT(near.columns.at("value"), ElementsAre(8, 7, 6, 5, 2));
  for (const char* steps : {"3..1", "1..1", "1", "a..b", "1..inf", ".."}) {
    EXPECT_THAT(Error(absl::StrCat("sweeps/1/curves?steps=", steps)),
                HasSubstr("expected LOW..HIGH"))
        << steps;
  }
}

// Trials come back from workers that are lost, and are pending once more.
TEST_F(AnswersTest, TrialsThatCameBackStillHaveTheirCurves) {
  WriteSweep(1, SmallSpec(), 30);
  for (int64_t trial = 0; trial < 10; ++trial) WriteTrial(1, trial, 0.5);
  WriteState(1, 30, 6);
  EXPECT_EQ(AskColumns("sweeps/1/curves").header["matching"], 10);
  WriteState(1, 30, 10);
  EXPECT_EQ(AskColumns("sweeps/1/curves").header["matching"], 10);
}

TEST_F(AnswersTest, TablesAreSortedLikeTheLedger) {
  WriteSmall();
  // The states succeeded and diverged have ascending numbers.
  const std::string sql =
      "SELECT trial, final_loss, best_loss, steps, seconds, depth, state, "
      "state = 'diverged' AS number FROM results WHERE sweep = 1";
  nlohmann::json all = nlohmann::json::parse(
      Fathom({"query", sql, "--db", db(), "--format", "json"}).out)["rows"];
  ASSERT_THAT(all, SizeIs(30));
  const auto expect = [&](const std::string& where, const auto& chosen,
                          const std::string& key, bool descending) {
    std::vector<nlohmann::json> rows;
    for (const nlohmann::json& row : all) {
      if (chosen(row)) rows.push_back(row);
    }
    const std::string column = key == "state" ? "number" : key;
    std::stable_sort(rows.begin(), rows.end(),
                     [&](const nlohmann::json& a, const nlohmann::json& b) {
                       return descending ? b[column] < a[column]
                                         : a[column] < b[column];
                     });
    std::vector<int64_t> expected;
    for (const nlohmann::json& row : rows) expected.push_back(row["trial"]);
    const std::string target =
        absl::StrCat("sweeps/1/trials?limit=11&sort=", key,
                     "&order=", descending ? "desc" : "asc", where);
    EXPECT_EQ(AllPages(target), expected) << target;
    EXPECT_EQ(Json(target)["total"], expected.size()) << target;
  };
  const auto any = [](const nlohmann::json&) { return true; };
  for (const std::string key :
       {"trial", "final_loss", "best_loss", "steps", "seconds", "state"}) {
    expect("", any, key, false);
    expect("", any, key, true);
  }
  expect(
      "&where=depth:2|3",
      [](const nlohmann::json& row) { return row["depth"] > 1; }, "final_loss",
      true);
  expect(
      "&where=state:succeeded",
      [](const nlohmann::json& row) { return row["state"] == "succeeded"; },
      "trial", true);
  expect(
      "&where=final_loss:0.05..0.5&where=depth:1..2",
      [](const nlohmann::json& row) {
        return row["final_loss"] >= 0.05 && row["final_loss"] <= 0.5 &&
               row["depth"] <= 2;
      },
      "best_loss", false);
}

TEST_F(AnswersTest, RowsHaveTheCellsOfTheirColumns) {
  WriteSmall();
  const nlohmann::json page = Json("sweeps/1/trials?at=12&limit=1");
  std::vector<std::string> names;
  for (const nlohmann::json& column : page["columns"]) {
    names.push_back(column["name"]);
  }
  EXPECT_EQ(absl::StrJoin(names, ","),
            "trial,state,depth,learning_rate,final_loss,best_loss,best_step,"
            "steps,seconds,attempt,worker,error");
  const nlohmann::json row = page["rows"][0];
  EXPECT_EQ(row[0], 12);
  EXPECT_EQ(row[1], "succeeded");
  EXPECT_EQ(row[2], 2);
  EXPECT_EQ(
      row[3],
      Space::FromStored(SmallSpec())->TrialAt(12).optimizer().learning_rate());
  EXPECT_EQ(row[4], 1.0 / 13);
  EXPECT_EQ(row[7], 100);
  EXPECT_EQ(row[10], "worker-of-s1");
  EXPECT_THAT(Error("sweeps/1/trials?sort=loss"), HasSubstr("final_loss"));
  EXPECT_THAT(Error("sweeps/1/trials?after=x"), HasSubstr("cursor"));
  EXPECT_THAT(Error("sweeps/1/trials?order=up"), HasSubstr("asc or desc"));
}

// Rows that come while somebody pages through a table change nothing of what is
// behind the cursor, and are seen when they lie ahead.
TEST_F(AnswersTest, CursorsSurviveWrites) {
  WriteSweep(1, SmallSpec(), 30);
  for (const int64_t trial : {0, 2, 4, 6}) {
    WriteTrial(1, trial, static_cast<double>(trial + 1));
  }
  WriteState(1, 30, 4);
  const std::string target = "sweeps/1/trials?sort=final_loss&limit=2";
  const nlohmann::json first = Json(target);
  EXPECT_EQ(first["rows"][0][0], 0);
  EXPECT_EQ(first["rows"][1][0], 2);
  WriteTrial(1, 7, 0.5);  // Before the cursor.
  WriteTrial(1, 8, 4.5);  // Behind it.
  WriteState(1, 30, 6);
  now_ += absl::Seconds(2);
  std::vector<int64_t> rest;
  std::string after = first["next"];
  for (int page = 0; page < 2; ++page) {
    const nlohmann::json next = Json(absl::StrCat(target, "&after=", after));
    for (const nlohmann::json& row : next["rows"]) rest.push_back(row[0]);
    after = next["next"];
  }
  EXPECT_THAT(rest, ElementsAre(8, 4, 6, 1));
}

TEST_F(AnswersTest, TrialsThatWaitAreInTheTable) {
  v1::SweepSpec spec = SmallSpec();
  v1::Axis& seed = *spec.add_axes()->add_axes();
  seed.set_field("seed");
  seed.mutable_range()->set_to(4'000'000);
  WriteSweep(1, Normalize(spec), 120'000'000);
  for (const int64_t trial : {0, 1, 2}) {
    WriteTrial(1, trial, static_cast<double>(3 - trial));
  }
  WriteState(1, 120'000'000, 3);
  nlohmann::json page = Json("sweeps/1/trials?sort=final_loss&limit=4");
  EXPECT_EQ(page["total"], 120'000'000);
  EXPECT_EQ(page["rows"][0][0], 2);
  EXPECT_EQ(page["rows"][2][0], 0);
  EXPECT_EQ(page["rows"][3][0], 3);
  EXPECT_EQ(page["rows"][3][1], "pending");
  EXPECT_EQ(page["rows"][3][6], nullptr);
  page = Json("sweeps/1/trials?order=desc&limit=2&where=state:pending");
  EXPECT_EQ(page["total"], 119'999'997);
  EXPECT_EQ(page["rows"][0][0], 119'999'999);
  page = Json("sweeps/1/trials?at=100000000&limit=1&where=depth:3");
  EXPECT_EQ(page["rows"][0][0], 100'000'000);
  EXPECT_EQ(page["total"], 40'000'000);
  const ReadColumns curves = AskColumns("sweeps/1/curves");
  EXPECT_EQ(curves.header["matching"], 3);
  EXPECT_THAT(curves.columns.at("trial"), ElementsAre(0, 1, 2));
}

TEST_F(AnswersTest, ATrialSaysWhatTheCommandsSay) {
  WriteSmall();
  const nlohmann::json trial = Json("sweeps/1/trials/9");
  EXPECT_EQ(trial["state"], "diverged");
  EXPECT_EQ(trial["parameters"]["depth"], 1);
  EXPECT_EQ(trial["result"]["steps"], 100);
  EXPECT_EQ(trial["attempts"][0]["worker"], "worker-of-s1");
  EXPECT_EQ(trial["commands"]["run"], "fathom run 1/9 --db " + db());
  std::vector<std::string> lines = trial["why"];
  EXPECT_EQ(absl::StrJoin(lines, "\n") + "\n",
            Fathom({"explain", "1/9", "--db", db()}).out);
  EXPECT_EQ(Json("sweeps/1/trials/29")["state"], "diverged");
  EXPECT_NE(Error("sweeps/1/trials/30", 404), "");
  EXPECT_NE(Error("sweeps/1/trials/x", 404), "");
  EXPECT_NE(Error("sweeps/2", 404), "");
  EXPECT_NE(Error("sweeps/1/nothing", 404), "");
}

TEST_F(AnswersTest, QueriesAnswerInThreeForms) {
  WriteSmall();
  const auto query = [&](const std::string& sql, const std::string& accept) {
    return Ask("query", "POST", nlohmann::json({{"sql", sql}}).dump(), "",
               accept);
  };
  const nlohmann::json json = nlohmann::json::parse(
      query("SELECT 1 AS one, 9e999, NULL, x'00ff', 'a'", "").body);
  EXPECT_EQ(json["columns"][0], "one");
  EXPECT_EQ(json["rows"][0],
            nlohmann::json({1, "inf", nullptr, "x'00ff'", "a"}));
  EXPECT_EQ(json["truncated"], false);
  const UiResponse csv =
      query("SELECT trial, state FROM results WHERE trial < 2", "text/csv");
  ASSERT_TRUE(csv.stream);
  std::string text;
  EXPECT_TRUE(csv.stream([&](absl::string_view piece) {
                   absl::StrAppend(&text, piece);
                   return absl::OkStatus();
                 })
                  .ok());
  EXPECT_EQ(text, "trial,state\n0,succeeded\n1,succeeded\n");
  const UiResponse wrong = query("SELECT finl_loss FROM results", "");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_THAT(wrong.body, HasSubstr("finl_loss"));
  EXPECT_EQ(query("DELETE FROM trials", "").status, 400);
  EXPECT_EQ(Ask("query", "POST", "{").status, 400);
  EXPECT_EQ(Ask("query", "POST", R"({"sql": "SELECT 1", "limit": 0})").status,
            400);
  const std::string limited = R"({"sql": "SELECT * FROM results", "limit": 2})";
  const nlohmann::json two =
      nlohmann::json::parse(Ask("query", "POST", limited).body);
  EXPECT_THAT(two["rows"], SizeIs(2));
  EXPECT_EQ(two["truncated"], true);
}

TEST_F(AnswersTest, TheSchemaHasTheViewsAndItsExamplesRun) {
  WriteSmall();
  const nlohmann::json schema = Json("schema");
  bool results = false;
  for (const nlohmann::json& table : schema["tables"]) {
    if (table["kind"] != "view") continue;
    EXPECT_NE(table["doc"], "") << table["name"];
    for (const nlohmann::json& column : table["columns"]) {
      EXPECT_NE(column["type"], "") << table["name"] << " " << column["name"];
    }
    results |= table["name"] == "results" &&
               table["columns"][8]["name"] == "final_loss" &&
               table["columns"][8]["doc"] == "last finite loss";
  }
  EXPECT_TRUE(results);
  for (const nlohmann::json& example : schema["examples"]) {
    EXPECT_EQ(Fathom({"query", example["sql"], "--db", db()}).code, 0)
        << example["sql"];
  }
}

TEST_F(AnswersTest, EmptyAndDamagedSweepsHaveAnswers) {
  WriteSweep(1, SmallSpec(), 30);
  EXPECT_EQ(Json("sweeps/1/trials?limit=1")["total"], 30);
  EXPECT_THAT(Json("sweeps/1/trials?where=state:succeeded")["rows"], IsEmpty());
  EXPECT_THAT(AskColumns("sweeps/1/curves").columns.at("trial"), IsEmpty());
  EXPECT_EQ(Json("sweeps/1/trials/3")["state"], "pending");
  EXPECT_EQ(Json("sweeps/1/heat?x=depth&y=learning_rate")["cells"][0][0],
            nullptr);
  EXPECT_EQ(Json("sweeps/1/summary")["summary"]["finished"], 0);

  WriteSweep(2, SmallSpec(), 30);
  WriteTrial(2, 0, 1);
  ledger_.reset();
  sqlite3* db_handle = nullptr;
  ASSERT_EQ(sqlite3_open(db().c_str(), &db_handle), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db_handle,
                         "UPDATE sweep_specs SET spec=x'0a' WHERE sweep_id=2;"
                         "UPDATE metric_chunks SET points='[[0,1],[1' WHERE "
                         "sweep_id=2",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(db_handle);
  EXPECT_THAT(Json("sweeps")["sweeps"], SizeIs(2));
  const nlohmann::json damaged = Json("sweeps/2");
  EXPECT_NE(damaged["unreadable"], "");
  EXPECT_THAT(damaged["axes"], IsEmpty());
  EXPECT_THAT(Error("sweeps/2/curves", 409), HasSubstr("cannot be read"));
  EXPECT_THAT(Error("sweeps/2/summary", 409), HasSubstr("cannot be read"));
}

TEST_F(AnswersTest, DamagedCurvesAreToldWithTheirPlace) {
  WriteSweep(1, SmallSpec(), 30);
  WriteTrial(1, 4, 1);
  ledger_.reset();
  sqlite3* db_handle = nullptr;
  ASSERT_EQ(sqlite3_open(db().c_str(), &db_handle), SQLITE_OK);
  ASSERT_EQ(
      sqlite3_exec(db_handle, "UPDATE metric_chunks SET points='[[0,1],[1'",
                   nullptr, nullptr, nullptr),
      SQLITE_OK);
  sqlite3_close(db_handle);
  EXPECT_THAT(Error("sweeps/1/curves", 500), HasSubstr("trial 4"));
  EXPECT_THAT(Error("sweeps/1/density", 500), HasSubstr("trial 4"));
  // And again: a job that failed is tried again.
  EXPECT_THAT(Error("sweeps/1/density", 500), HasSubstr("trial 4"));
}

TEST_F(AnswersTest, AFileHasNoWorkers) {
  WriteSmall();
  const nlohmann::json workers = Json("workers");
  EXPECT_THAT(workers["workers"], IsEmpty());
  EXPECT_THAT(workers["note"].get<std::string>(), HasSubstr("ledger file"));
}

}  // namespace
}  // namespace fathom::client::test

// `fathom best` shows the best settings of a sweep, how sure they are, how much
// faster depth makes them, and how wide the band of stable learning rates is.

#include <memory>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/commands/question.h"
#include "client/commands/report.h"
#include "client/commands/sweep_notes.h"
#include "client/commands/where.h"
#include "client/load/analysis.h"
#include "client/view/analysis/best_text.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/table.h"
#include "proto/shared/status.h"
#include "proto/sweep/names.h"

namespace fathom::client {
namespace {

constexpr char kBestFooter[] =
    R"(What is not asked for is taken from the sweep's `summarize`. Each depth is
compared with the shallowest of its group: steps to a goal, each at its own best
setting for that goal, from the common start down to where the shallowest ends.
docs/statistics.md says exactly how.

Examples:
  fathom best quickstart --db fathom.db
  fathom best 3 --by depth --over learning_rate --average seed --epsilon 0.01
  fathom best 3 --where lp=4 --where learning_rate=0.001..0.1
  fathom best 3 --tuning --split --why
  fathom best 3 --at 1000 --metric lp_error --json)";

// Returns the error of a share that no repetition can satisfy or that is no
// number, and "" for a valid share.
std::string CheckShare(const std::string& text) {
  double share = 0;
  return absl::SimpleAtod(text, &share) && share > 0 && share <= 1
             ? ""
             : absl::StrCat("found ", text,
                            ", expected a number above 0 and at most 1");
}

struct BestOptions {
  std::string sweep = {};
  Source source = {};
  AnalysisQuestion question = {};
  std::string metric = {};
  std::vector<std::string> where = {};
  bool why = false;
  bool json = false;
};

const QuestionOptions& BestQuestionOptions() {
  static const auto* const options =
      new QuestionOptions{{"summarize.by", "--by"},
                          {"summarize.best_over", "--over"},
                          {"summarize.average_over", "--average"},
                          {"summarize.metric", "--metric"},
                          {"summarize.at", "--at"}};
  return *options;
}

// Returns an error for a step that no trial recorded, because an empty answer
// would hide that mistake.
absl::Status CheckStep(const v1::Sweep& sweep, const SweepAnalysis& analysis,
                       bool asked) {
  const int64_t step = analysis.summary.steps.back();
  const bool any =
      step == kAtTheEnd || analysis.finished == 0 || !asked ||
      absl::c_any_of(analysis.summary.rows, [](const SummaryRow& row) {
        return row.best.back().has_value();
      });
  if (any) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "--at: no setting has values of ", MetricName(analysis.summary.metric),
      " at step ", CountText(step),
      "; expected a recorded step that trials got to, see: SELECT DISTINCT "
      "step FROM metric_points WHERE sweep = ",
      sweep.sweep_id(), " AND trial = 0 AND metric = '",
      MetricName(analysis.summary.metric), "'"));
}

absl::StatusOr<SweepAnalysis> Ask(Connection& connection, BestOptions options,
                                  v1::Sweep* sweep) {
  if (!options.metric.empty()) {
    ASSIGN_OR_RETURN(options.question.metric,
                     ReadMetric("--metric", options.metric));
  }
  ASSIGN_OR_RETURN(*sweep, FindSweepFor(options.question, BestQuestionOptions(),
                                        options.sweep, connection));
  ASSIGN_OR_RETURN(const TrialFilter filter,
                   ReadWhere(sweep->spec(), options.where));
  ASSIGN_OR_RETURN(
      SweepAnalysis analysis,
      AnalyzeSweep(connection, *sweep, options.question.race,
                   options.question.at, /*curves=*/false, &filter));
  RETURN_IF_ERROR(CheckStep(*sweep, analysis, options.question.at.has_value()));
  return analysis;
}

int ShowBest(const BestOptions& options, Invocation& invocation) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      Open(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  v1::Sweep sweep;
  const absl::StatusOr<SweepAnalysis> analysis =
      Ask(**connection, options, &sweep);
  if (!analysis.ok()) return Fail(invocation, analysis.status());
  WarnMixedNumerics(sweep, invocation);
  if (options.json) {
    nlohmann::ordered_json json = {{"sweep", ToJson(sweep)},
                                   {"best", BestJson(*analysis)}};
    if (!options.where.empty()) json["where"] = options.where;
    WriteJson(json, invocation.out);
  } else {
    invocation.out << WrapLines(
        absl::StrCat(BestText(sweep, *analysis, options.why, invocation.width),
                     BottleneckLine(**connection, sweep.spec())),
        invocation.width);
  }
  return SweepExitCode(sweep);
}

}  // namespace

void AddBestCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "best", "the best settings, how sure, and how much faster depth is");
  const auto options = std::make_shared<BestOptions>();
  AddSweepToLookAt(command, &options->sweep);
  AnalysisQuestion& question = options->question;
  AddAxes(command, "--by", "axes to tell groups apart by", &question.by);
  AddAxes(command, "--over", "axes of which the best value is chosen",
          &question.best_over);
  AddAxes(command, "--average", "axes to average, such as seed",
          &question.average_over);
  AddWhere(command, &options->where);
  command->add_option("--metric", options->metric, "what is compared")
      ->type_name("METRIC");
  command->add_option("--at", question.at, "recorded step (default: the last)")
      ->type_name("STEP");
  command
      ->add_option("--epsilon", question.race.goal,
                   "one goal to race to, instead of a profile of them")
      ->type_name("VALUE");
  command
      ->add_option("--arrive", question.race.arrive,
                   "share of the repetitions that must arrive at a goal "
                   "(default: 1)")
      ->type_name("SHARE")
      ->check(CheckShare);
  command->add_flag("--tuning", question.race.tuning,
                    "count the steps of the whole grid, not those of the best "
                    "setting alone");
  command->add_flag("--split", question.race.split,
                    "choose settings on half of the repetitions and measure "
                    "on the other half");
  command->add_flag("--why", options->why,
                    "list the trials that each number rests on");
  AddReadOptions(command, &options->source);
  command->add_flag("--json", options->json, "the result as one JSON document");
  command->footer(kBestFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return ShowBest(*options, invocation);
    };
  });
}

}  // namespace fathom::client

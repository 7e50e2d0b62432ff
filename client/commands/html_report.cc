// `fathom report` writes what is known of a sweep into one page.
#include "client/view/html_report.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/commands/commands.h"
#include "client/commands/report.h"
#include "client/commands/sweep_notes.h"
#include "client/commands/where.h"
#include "client/data/new_file.h"
#include "client/load/analysis.h"
#include "client/spec/spec_writer.h"
#include "client/view/analysis/best_text.h"
#include "client/view/analysis/race_text.h"
#include "client/view/analysis/summary_text.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/plots/plot.h"
#include "proto/shared/status.h"
#include "proto/shared/version.h"
#include "proto/sweep/names.h"

namespace fathom::client {
namespace {

constexpr char kReportFooter[] =
    R"(One file that needs nothing else and no network, for mail, a folder or a printer: what
the comparison of depths says, the pictures, the tables of `fathom summary` and `fathom
best`, the spec, versions and digests, and with each the command that shows the same
again. It appears whole or not at all.

Examples:
  fathom report quickstart -o report.html --db fathom.db
  fathom report 3 -o deep.html --where depth=2,3 --db fathom.db
  fathom report 3 -o report.html --server 127.0.0.1:7373)";

struct HtmlOptions {
  std::string sweep = {};
  std::string out = {};
  Source source = {};
  std::vector<std::string> where = {};
  bool force = false;
  bool json = false;
};

// Wide enough for every table: a page scrolls where a terminal cannot.
constexpr int kPageWidth = 0;

std::vector<std::pair<std::string, std::string>> FactsOfSweep(
    const v1::Sweep& sweep, const Source& source) {
  std::vector<std::pair<std::string, std::string>> facts = {
      {"Sweep", absl::StrCat(sweep.sweep_id(), ", ", sweep.spec().name())},
      {"Fingerprint of the spec", sweep.fingerprint()},
      {"Created", TimeText(sweep.create_time())}};
  if (sweep.has_end_time()) {
    facts.emplace_back("Ended", TimeText(sweep.end_time()));
  }
  if (!sweep.owner().empty()) facts.emplace_back("Owner", sweep.owner());
  facts.emplace_back("Numerics of the results",
                     sweep.numerics().empty()
                         ? "no results yet"
                         : absl::StrJoin(sweep.numerics(), ", "));
  facts.emplace_back("Ledger",
                     source.db.empty() ? ServerAddress(source) : source.db);
  facts.emplace_back("Report by", absl::StrCat("fathom ", FullVersion()));
  return facts;
}

// Returns the lines of a text that are not empty.
std::vector<std::string> LinesOf(const std::string& text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

HtmlReport MakeReport(const v1::Sweep& sweep, const SweepAnalysis& analysis,
                      const std::string& note, const HtmlOptions& options,
                      std::vector<std::string> pictures) {
  const Source& source = options.source;
  const std::string which =
      absl::StrCat(" +", sweep.sweep_id(), " ", SourceOption(source));
  const std::string where = absl::StrCat(which, WhereText(options.where));
  HtmlReport report = {
      .title = sweep.spec().name(),
      .subtitle = absl::StrCat(
          CountText(analysis.finished), " of ",
          CountText(analysis.trials, "trial"),
          options.where.empty()
              ? ""
              : absl::StrCat(" with ", absl::StrJoin(options.where, " and ")),
          " finished, ", StateName(sweep.state()))};
  report.findings = LinesOf(ComparisonText(analysis) + note);
  if (!pictures.empty()) {
    report.parts.push_back({.heading = "Pictures",
                            .command = absl::StrCat("fathom plot", where),
                            .pictures = std::move(pictures)});
  }
  report.parts.push_back({.heading = "Summary",
                          .command = absl::StrCat("fathom summary", where),
                          .text = SummaryText(sweep, analysis, kPageWidth)});
  report.parts.push_back(
      {.heading = "Best settings",
       .command = absl::StrCat("fathom best", where),
       .text = BestText(sweep, analysis, /*why=*/true, kPageWidth)});
  report.parts.push_back({.heading = "Spec",
                          .command = absl::StrCat("fathom show", which),
                          .text = ToYaml(sweep.spec())});
  report.parts.push_back({.heading = "Where it is from",
                          .command = absl::StrCat("fathom verify", which),
                          .facts = FactsOfSweep(sweep, source)});
  return report;
}

absl::Status WritePage(const HtmlOptions& options, Invocation& invocation) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                   Open(options.source));
  ASSIGN_OR_RETURN(const v1::Sweep sweep,
                   FindSweep(*connection, options.sweep));
  ASSIGN_OR_RETURN(const TrialFilter filter,
                   ReadWhere(sweep.spec(), options.where));
  NewFile file;
  RETURN_IF_ERROR(file.Create(options.out, options.force, 0666));
  ASSIGN_OR_RETURN(
      const SweepAnalysis analysis,
      AnalyzeSweep(*connection, sweep, {}, {}, /*curves=*/true, &filter));
  absl::StatusOr<std::vector<std::string>> pictures =
      SvgsOfSummary(sweep, analysis);
  if (!pictures.ok()) {
    // The rest of the report is worth having without.
    invocation.err << "fathom: " << pictures.status().message() << "\n";
    pictures = std::vector<std::string>();
  }
  RETURN_IF_ERROR(file.Append(RenderHtml(
      MakeReport(sweep, analysis, BottleneckLine(*connection, sweep.spec()),
                 options, *std::move(pictures)))));
  return file.Finish();
}

int WriteReport(const HtmlOptions& options, Invocation& invocation) {
  const absl::Status status = WritePage(options, invocation);
  if (absl::IsAlreadyExists(status)) {
    return Fail(invocation,
                absl::AlreadyExistsError(absl::StrCat(
                    status.message(), "; --force replaces a file")));
  }
  if (!status.ok()) return Fail(invocation, status);
  if (options.json) {
    WriteJson(nlohmann::ordered_json({{"out", options.out}}), invocation.out);
  } else {
    invocation.out << options.out << "\n";
  }
  return kExitOk;
}

}  // namespace

void AddReportCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "report", "write pictures, tables and spec of a sweep into one page");
  const auto options = std::make_shared<HtmlOptions>();
  AddSweepToLookAt(command, &options->sweep);
  command->add_option("-o,--out", options->out, "the page, as HTML")
      ->required()
      ->type_name("FILE");
  command->add_flag("--force", options->force, "replace FILE if it exists");
  AddWhere(command, &options->where);
  AddReadOptions(command, &options->source);
  command->add_flag("--json", options->json,
                    "say what was written as one JSON document");
  command->footer(kReportFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return WriteReport(*options, invocation);
    };
  });
}

}  // namespace fathom::client

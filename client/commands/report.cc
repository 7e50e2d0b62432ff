#include "client/commands/report.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/data/data_text.h"
#include "client/commands/sweep_notes.h"
#include "client/commands/where.h"
#include "client/load/analysis.h"
#include "client/load/rows.h"
#include "client/view/analysis/summary_text.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/plots/plot.h"
#include "client/view/progress.h"
#include "client/view/table.h"

namespace fathom::client {
namespace {

// Returns the counts of trials by state: "54 trials: 49 succeeded, 5 diverged".
std::string CountsText(const v1::Sweep& sweep) {
  const v1::Progress& progress = sweep.progress();
  std::string text = CountText(sweep.trial_count(), "trial");
  const char* separator = ": ";
  const auto add = [&](int64_t count, const char* what) {
    if (count == 0) return;
    absl::StrAppend(&text, separator, CountText(count), " ", what);
    separator = ", ";
  };
  add(progress.succeeded(), "succeeded");
  add(progress.diverged(), "diverged");
  add(progress.stopped(), "stopped by a rule");
  add(progress.failed(), "failed");
  add(progress.cancelled(), "cancelled");
  add(progress.pending() + progress.leased(),
      sweep.interrupted()
          ? "not finished (interrupted: nothing has this ledger open)"
          : "not finished");
  return text;
}

// Returns the commonest errors of failed trials, a line each.
std::vector<std::string> FailureLines(Connection& connection,
                                      const v1::Sweep& sweep) {
  std::vector<std::string> lines;
  if (sweep.progress().failed() == 0) return lines;
  const std::string sql = absl::StrCat(
      "SELECT error, count(*) FROM results WHERE sweep=", sweep.sweep_id(),
      " AND state='failed' GROUP BY error ORDER BY 2 DESC, 1 LIMIT 3");
  const absl::Status status =
      ForEachRow(connection, sql, [&](const v1::QueryRow& row) {
        if (row.cells_size() != 2) return;
        lines.push_back(absl::StrCat(CountText(row.cells(1).integer(), "trial"),
                                     ": ", Printable(row.cells(0).text())));
      });
  if (!status.ok()) lines = {std::string(status.message())};
  return lines;
}

nlohmann::ordered_json ReportJson(const v1::Sweep& sweep, const Source& source,
                                  const SweepAnalysis& analysis,
                                  const std::vector<std::string>& pictures) {
  nlohmann::ordered_json json = {{"sweep", ToJson(sweep)},
                                 {"summary", SummaryJson(analysis)},
                                 {"pictures", pictures}};
  if (!source.db.empty()) {
    json["db"] = source.db;
  } else {
    json["server"] = ServerAddress(source);
  }
  return json;
}

}  // namespace

std::string StoppingText(const v1::Progress& progress) {
  std::string text = absl::StrCat(
      "stopping: ", CountText(FinishedTrials(progress), "finished trial"),
      FinishedTrials(progress) == 1 ? " is kept" : " are kept");
  if (progress.leased() > 0) {
    absl::StrAppend(&text, ", ", CountText(progress.leased()),
                    " in progress will go on or start again");
  }
  return absl::StrCat(text, "; run the same command to go on");
}

int SweepExitCode(const v1::Sweep& sweep) {
  return sweep.state() == v1::SWEEP_STATE_CANCELLED ||
                 sweep.progress().failed() > 0
             ? kExitSweepIncomplete
             : kExitOk;
}

void WarnMixedNumerics(const v1::Sweep& sweep, Invocation& invocation) {
  if (sweep.numerics_size() < 2) return;
  invocation.err << "fathom: sweep " << sweep.sweep_id()
                 << " has results of several numerics ("
                 << Printable(absl::StrJoin(sweep.numerics(), ", "))
                 << "): their last digits differ for reasons that are not in "
                    "the spec; the column numerics of the view results tells "
                    "them apart\n";
}

std::optional<v1::SummarySpec> SummarizeOf(const v1::SweepSpec& spec) {
  if (!spec.has_summarize()) return std::nullopt;
  return spec.summarize();
}

int ReportSweep(Connection& connection, const v1::Sweep& reported,
                const Source& source, const ReportOptions& options,
                Invocation& invocation) {
  WarnMixedNumerics(reported, invocation);
  v1::Sweep sweep = reported;
  if (options.summarize.has_value()) {
    *sweep.mutable_spec()->mutable_summarize() = *options.summarize;
  }
  const absl::StatusOr<TrialFilter> filter =
      ReadWhere(sweep.spec(), options.where);
  if (!filter.ok()) return Fail(invocation, filter.status());
  const absl::StatusOr<SweepAnalysis> analysis =
      AnalyzeSweep(connection, sweep, {}, {}, options.pictures, &*filter);
  if (!analysis.ok()) return Fail(invocation, analysis.status());
  std::vector<std::string> pictures;
  if (options.pictures) {
    absl::StatusOr<std::vector<std::string>> drawn = DrawSummary(
        sweep, *analysis,
        {.folder = options.picture_folder, .ledger = LedgerName(source)});
    if (drawn.ok()) {
      pictures = *std::move(drawn);
    } else {
      invocation.err << "fathom: " << drawn.status().message() << "\n";
    }
  }
  const std::string data_text = options.data_text.empty()
                                    ? DataText(connection, sweep.spec())
                                    : options.data_text;
  if (options.json) {
    nlohmann::ordered_json json =
        ReportJson(sweep, source, *analysis, pictures);
    json["data"] = data_text;
    if (!options.where.empty()) json["where"] = options.where;
    WriteJson(json, invocation.out);
    return SweepExitCode(sweep);
  }

  std::ostream& out = invocation.out;
  out << WrapLines(absl::StrCat(SummaryText(sweep, *analysis, invocation.width),
                                BottleneckLine(connection, sweep.spec())),
                   invocation.width)
      << "\n"
      << CountsText(sweep) << "\n";
  if (!options.where.empty()) {
    out << "Where:    " << Printable(absl::StrJoin(options.where, " and "))
        << ": " << CountText(analysis->trials) << " of these trials\n";
  }
  for (const std::string& line : FailureLines(connection, sweep)) {
    out << "Failed:   " << line << "\n";
  }
  out << "Data:     " << data_text << "\n";
  if (source.db.empty()) {
    out << "Ledger:   at the coordinator " << ServerAddress(source) << "\n";
  } else {
    out << "Ledger:   " << source.db << " (SQLite)\n";
  }
  for (size_t i = 0; i < pictures.size(); ++i) {
    out << (i == 0 ? "Pictures: " : "          ") << pictures[i] << "\n";
  }
  out << "Queries to try:\n";
  for (const std::string& sql : QueriesToTry(sweep, analysis->summary)) {
    out << "  fathom query " << ShellQuote(sql) << " " << SourceOption(source)
        << "\n";
  }
  return SweepExitCode(sweep);
}

}  // namespace fathom::client

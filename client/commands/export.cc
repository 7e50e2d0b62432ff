// `fathom export` writes all rows of a sweep into a file.
#include <filesystem>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/commands/interrupt.h"
#include "client/commands/where.h"
#include "client/data/new_file.h"
#include "client/data/sqlite_table.h"
#include "client/load/export_rows.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/query_format.h"
#include "nlohmann/json.hpp"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

constexpr char kExportFooter[] =
    R"(Results are the rows of the view results, a row per trial that was given out; points
are those of metric_points, a row per trial, metric and recorded step. There is no limit
on their number. Without --format the ending of FILE says it: .csv, .jsonl, .db or
.sqlite.

csv has a header and RFC 4180 quotes, jsonl an object per line, and sqlite one table that
is called results or metric_points. Reals have the digits that read back as the same
double. A value that was not finite, or that a trial does not have, is nothing in csv,
null in jsonl and NULL in sqlite. Infinity, where a result has it, is inf in csv and
9e999 in jsonl.

FILE appears whole or not at all. parquet comes through the Python package:
fathom.open("fathom.db"), then to_parquet() of the results or curves of a sweep.

Examples:
  fathom export quickstart -o results.csv --db fathom.db
  fathom export 3 --where depth=1 --where seed=0..4 -o few.csv
  fathom export 3 --what points -o points.db --server 127.0.0.1:7373
  fathom export 3 --what points --format jsonl -o - | gzip > points.jsonl.gz)";

enum class ExportFormat { kCsv, kJsonl, kSqlite };

struct ExportOptions {
  std::string sweep = {};
  Source source = {};
  std::string what = "results";
  std::string format = {};
  std::string out = {};
  std::vector<std::string> where = {};
  bool force = false;
  bool json = false;
};

constexpr char kStandardOutput[] = "-";

absl::StatusOr<ExportFormat> FormatOf(const ExportOptions& options) {
  const bool named = !options.format.empty();
  std::string word = options.format;
  if (!named) {
    word = std::filesystem::path(options.out).extension().string();
    if (!word.empty()) word.erase(0, 1);
    if (options.out == kStandardOutput) word = "csv";
    if (word == "db") word = "sqlite";
  }
  if (word == "csv") return ExportFormat::kCsv;
  if (word == "jsonl") return ExportFormat::kJsonl;
  if (word == "sqlite") {
    if (options.out != kStandardOutput) return ExportFormat::kSqlite;
    return absl::InvalidArgumentError(
        "--format: found sqlite for standard output, expected csv or jsonl; a "
        "database needs a file");
  }
  if (word == "parquet") {
    return absl::InvalidArgumentError(
        "--format: found parquet, expected csv, jsonl or sqlite; parquet comes "
        "through the Python package: fathom.open(\"fathom.db\"), then "
        "to_parquet() of the results or curves of a sweep");
  }
  return absl::InvalidArgumentError(
      named ? absl::StrCat("--format: found ", Printable(word),
                           ", expected csv, jsonl or sqlite")
            : absl::StrCat("-o: found ", Printable(options.out),
                           ", expected a name that ends in .csv, .jsonl, .db "
                           "or .sqlite, or --format"));
}

// Where the rows go: into a file that is not there before it is complete, or to
// the standard output.
class ExportTarget {
 public:
  ExportTarget(ExportFormat format, const ExportOptions& options,
               std::ostream* out)
      : options_(options),
        format_(format),
        out_(out),
        text_writer_(format == ExportFormat::kJsonl ? QueryFormat::kJsonl
                                                    : QueryFormat::kCsv,
                     &text_, /*width=*/0) {}

  absl::Status Create() {
    if (options_.out == kStandardOutput) return absl::OkStatus();
    RETURN_IF_ERROR(file_.Create(options_.out, options_.force, 0666));
    if (format_ == ExportFormat::kSqlite) {
      table_.emplace(file_.temporary(),
                     options_.what == "points" ? "metric_points" : "results");
    }
    return absl::OkStatus();
  }

  absl::Status Write(const v1::QueryResponse& response) {
    rows_ += response.rows_size();
    if (table_.has_value()) return table_->Write(response);
    text_writer_.Write(response);
    const std::string text = std::exchange(text_, std::ostringstream()).str();
    if (options_.out != kStandardOutput) return file_.Append(text);
    *out_ << text;
    // A reader such as `head` may have closed the output.
    return *out_ ? absl::OkStatus()
                 : absl::ResourceExhaustedError("cannot write the output");
  }

  absl::Status Finish() {
    if (table_.has_value()) RETURN_IF_ERROR(table_->Finish());
    if (options_.out == kStandardOutput) return absl::OkStatus();
    return file_.Finish();
  }

  int64_t rows() const { return rows_; }

 private:
  const ExportOptions& options_;
  const ExportFormat format_;
  std::ostream* const out_;
  NewFile file_;
  std::optional<SqliteTable> table_;  // Destroyed before its file.
  std::ostringstream text_;
  QueryWriter text_writer_;
  int64_t rows_ = 0;
};

bool IsOver(const v1::Sweep& sweep) {
  return sweep.state() == v1::SWEEP_STATE_COMPLETED ||
         sweep.state() == v1::SWEEP_STATE_CANCELLED;
}

absl::Status WriteRows(Connection& connection, const v1::Sweep& sweep,
                       const ExportOptions& options, const Interrupt& interrupt,
                       ExportTarget* target) {
  ASSIGN_OR_RETURN(const TrialFilter filter,
                   ReadWhere(sweep.spec(), options.where));
  const TrialFilter* const taken = options.where.empty() ? nullptr : &filter;
  RETURN_IF_ERROR(target->Create());
  const auto consume = [&](const v1::QueryResponse& response) -> absl::Status {
    if (interrupt.raised()) return absl::CancelledError("interrupted");
    return target->Write(response);
  };
  RETURN_IF_ERROR(options.what == "points"
                      ? ExportPoints(connection, sweep, consume, taken)
                      : ExportResults(connection, sweep, consume, taken));
  if (interrupt.raised()) return absl::CancelledError("interrupted");
  return target->Finish();
}

int Export(const ExportOptions& options, Invocation& invocation) {
  const absl::StatusOr<ExportFormat> format = FormatOf(options);
  if (!format.ok()) return Fail(invocation, format.status());
  if (options.json && options.out == kStandardOutput) {
    return Fail(invocation,
                absl::InvalidArgumentError(
                    "--json: found -o -, expected a file, because the document "
                    "would stand among the rows"));
  }
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      Open(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  const absl::StatusOr<v1::Sweep> sweep =
      FindSweep(**connection, options.sweep);
  if (!sweep.ok()) return Fail(invocation, sweep.status());
  const Interrupt interrupt;
  ExportTarget target(*format, options, &invocation.out);
  const absl::Status status =
      WriteRows(**connection, *sweep, options, interrupt, &target);
  if (interrupt.raised()) return kExitInterrupted;
  if (!invocation.out) return kExitFailed;  // RunFathom() writes the error.
  if (absl::IsAlreadyExists(status)) {
    return Fail(invocation,
                absl::AlreadyExistsError(absl::StrCat(
                    status.message(), "; --force replaces a file")));
  }
  if (!status.ok()) return Fail(invocation, status);
  if (!IsOver(*sweep)) {
    invocation.err << "fathom: the sweep has not ended; rows are as they were "
                      "when they were read\n";
  }
  if (options.json) {
    WriteJson(
        nlohmann::ordered_json({{"out", options.out}, {"rows", target.rows()}}),
        invocation.out);
  } else if (options.out != kStandardOutput) {
    invocation.out << options.out << ": " << CountText(target.rows(), "row")
                   << "\n";
  }
  return kExitOk;
}

std::string CheckWhat(const std::string& text) {
  return text == "results" || text == "points"
             ? ""
             : absl::StrCat("found ", text, ", expected results or points");
}

}  // namespace

void AddExportCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "export", "write all results or points of a sweep into a file");
  const auto options = std::make_shared<ExportOptions>();
  AddSweepToLookAt(command, &options->sweep);
  command->add_option("--what", options->what, "which rows")
      ->check(CheckWhat)
      ->option_text("results|points (default: results)");
  AddWhere(command, &options->where);
  command->add_option("--format", options->format, "how they are written")
      ->option_text("csv|jsonl|sqlite");
  command
      ->add_option("-o,--out", options->out,
                   "the file, or - for the standard output")
      ->required()
      ->type_name("FILE");
  command->add_flag("--force", options->force, "replace FILE if it exists");
  AddReadOptions(command, &options->source);
  command->add_flag("--json", options->json,
                    "say what was written as one JSON document");
  command->footer(kExportFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return Export(*options, invocation);
    };
  });
}

}  // namespace fathom::client

// `fathom query` runs SQL on the ledger.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/embedded_query.h"
#include "client/view/format.h"
#include "client/view/query_format.h"
#include "proto/shared/number_between.h"

namespace fathom::client {
namespace {

constexpr char kQueryFooter[] =
    R"(Views: sweep_overview, results, metric_points, attempts, optima, events and
momentum_weights. Nothing can be changed by a query.

Without --limit an answer of more than 10000 rows is cut off, which is an error: exit
code 7, and "truncated": true in the JSON. A --limit is what was asked for, and none.

Several --db, up to 10, are read as one: the views have the rows of all, and a column
`ledger` at their end that says which file a row is from.

Examples:
  fathom query "SELECT * FROM sweep_overview" --db fathom.db
  fathom query "SELECT depth, min(final_loss) FROM results WHERE state = 'succeeded' GROUP BY depth" --format csv
  fathom query "SELECT step, value FROM metric_points WHERE sweep = 1 AND trial = 0" --format json
  fathom query --db a.db --db b.db "SELECT ledger, name, trials FROM sweep_overview")";

constexpr int64_t kDefaultLimit = 10000;

struct QueryOptions {
  std::string sql = {};
  Source source = {};
  std::vector<std::string> ledgers = {};  // That --db named.
  QueryFormat format = QueryFormat::kTable;
  std::optional<int64_t> limit;
  double timeout = 30;
};

using Consume = absl::FunctionRef<absl::Status(const v1::QueryResponse&)>;

// Asks the coordinator or ledger, or the ledgers, that the options name.
absl::Status Ask(const QueryOptions& options, const v1::QueryRequest& request,
                 Consume consume) {
  if (options.ledgers.size() > 1) {
    return QueryLedgers(options.ledgers, request, consume);
  }
  const auto connection = Open(options.source);
  if (!connection.ok()) return connection.status();
  return (*connection)->Query(request, consume);
}

int Query(const QueryOptions& options, Invocation& invocation) {
  v1::QueryRequest request;
  request.set_sql(options.sql);
  request.set_row_limit(options.limit.value_or(kDefaultLimit));
  const auto seconds = static_cast<int64_t>(options.timeout);
  request.mutable_time_limit()->set_seconds(seconds);
  request.mutable_time_limit()->set_nanos(static_cast<int32_t>(
      (options.timeout - static_cast<double>(seconds)) * 1e9));
  QueryWriter writer(options.format, &invocation.out, invocation.width);
  const absl::Status status = Ask(
      options, request, [&](const v1::QueryResponse& response) -> absl::Status {
        writer.Write(response);
        // A reader such as `head` may have closed the output.
        return invocation.out
                   ? absl::OkStatus()
                   : absl::ResourceExhaustedError("cannot write the output");
      });
  if (!invocation.out) return kExitFailed;  // RunFathom() writes the error.
  if (!status.ok()) return Fail(invocation, status);
  const bool cut_off = writer.truncated() && !options.limit.has_value();
  writer.Finish(cut_off);
  if (!cut_off) return kExitOk;
  invocation.err << "fathom: the answer is cut off after "
                 << CountText(writer.row_count(), "row")
                 << "; --limit N allows more\n";
  return kExitCutOff;
}

// Replaces the name of a format by its number, as CLI11 wants it. Returns what
// is wrong with the name, or "".
std::string ReadFormat(std::string& text) {
  static constexpr std::pair<const char*, QueryFormat> kFormats[] = {
      {"table", QueryFormat::kTable},
      {"csv", QueryFormat::kCsv},
      {"json", QueryFormat::kJson},
      {"jsonl", QueryFormat::kJsonl}};
  for (const auto& [name, format] : kFormats) {
    if (text != name) continue;
    text = absl::StrCat(static_cast<int>(format));
    return "";
  }
  return absl::StrCat("found ", text, ", expected table, csv, json or jsonl");
}

}  // namespace

void AddQueryCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("query", "ask the ledger in SQL");
  const auto options = std::make_shared<QueryOptions>();
  command->add_option("sql", options->sql, "one SELECT statement")
      ->required()
      ->type_name("SQL");
  AddReadOptions(command, &options->source);
  CLI::Option* const db = command->get_option("--db");
  db->description(absl::StrCat(db->get_description(),
                               "; may be repeated, up to 10 times"))
      ->take_first()
      ->allow_extra_args(false)
      ->each([options](const std::string& ledger) {
        options->ledgers.push_back(ledger);
      });
  command->add_option("--format", options->format, "how the rows are written")
      ->transform(CLI::Validator(ReadFormat, "", ""))
      ->option_text("table|csv|json|jsonl (default: table)");
  command
      ->add_option("--limit", options->limit,
                   absl::StrCat("most rows (default: ", kDefaultLimit,
                                ", and it is an error if there are more)"))
      ->check(IntegerBetween(1, int64_t{1} << 40))
      ->type_name("N");
  command->add_option("--timeout", options->timeout, "time limit in seconds")
      ->check(NumberBetween(0.001, 600))
      ->capture_default_str()
      ->type_name("S");
  command->add_flag_callback(
      "--json", [options] { options->format = QueryFormat::kJson; },
      "the same as --format json");
  command->footer(kQueryFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return Query(*options, invocation);
    };
  });
}

}  // namespace fathom::client

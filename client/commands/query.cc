// fathom query: SQL on the ledger.
#include <map>
#include <memory>
#include <string>

#include "client/commands/commands.h"
#include "client/view/format.h"
#include "client/view/query_format.h"

namespace fathom {
namespace {

constexpr char kQueryFooter[] =
    R"(Views: sweep_overview, results, metric_points, attempts, optima, events,
momentum_weights. Nothing can be changed by a query.

Examples:
  fathom query "SELECT * FROM sweep_overview" --db fathom.db
  fathom query "SELECT depth, min(final_loss) FROM results GROUP BY depth" --format csv
  fathom query "SELECT step, value FROM metric_points WHERE sweep = 1 AND trial = 0" --format json)";

struct QueryOptions {
  std::string sql = {};
  Source source = {};
  QueryFormat format = QueryFormat::kTable;
  int64_t limit = 10000;
  double timeout = 30;
};

int Query(const QueryOptions& options, Invocation& invocation) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      Open(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  v1::QueryRequest request;
  request.set_sql(options.sql);
  request.set_row_limit(options.limit);
  const auto seconds = static_cast<int64_t>(options.timeout);
  request.mutable_time_limit()->set_seconds(seconds);
  request.mutable_time_limit()->set_nanos(static_cast<int32_t>(
      (options.timeout - static_cast<double>(seconds)) * 1e9));
  QueryWriter writer(options.format, &invocation.out);
  const absl::Status status =
      (*connection)
          ->Query(request,
                  [&](const v1::QueryResponse& response) -> absl::Status {
                    writer.Write(response);
                    // Whoever reads the rows may have had enough.
                    return invocation.out ? absl::OkStatus()
                                          : absl::ResourceExhaustedError(
                                                "cannot write the output");
                  });
  if (!status.ok()) return Fail(invocation, status);
  writer.Finish();
  if (writer.truncated()) {
    invocation.err << "fathom: cut off after "
                   << CountText(writer.row_count(), "row")
                   << "; --limit allows more\n";
  }
  return kExitOk;
}

}  // namespace

void AddQueryCommand(CLI::App& app, Invocation& invocation) {
  static const std::map<std::string, QueryFormat> formats = {
      {"table", QueryFormat::kTable},
      {"csv", QueryFormat::kCsv},
      {"json", QueryFormat::kJson}};
  CLI::App* command = app.add_subcommand("query", "ask the ledger in SQL");
  const auto options = std::make_shared<QueryOptions>();
  command->add_option("sql", options->sql, "one SELECT statement")
      ->required()
      ->type_name("SQL");
  AddReadOptions(command, &options->source);
  command->add_option("--format", options->format, "how the rows are written")
      ->transform(CLI::CheckedTransformer(formats))
      ->option_text("table|csv|json (default: table)");
  command->add_option("--limit", options->limit, "most rows")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 40))
      ->capture_default_str()
      ->type_name("N");
  command->add_option("--timeout", options->timeout, "time limit in seconds")
      ->check(CLI::Range(0.001, 600.0))
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

}  // namespace fathom

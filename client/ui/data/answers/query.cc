// SQL that people write, and what there is to ask for.
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/ui/data/answers/answers.h"
#include "client/ui/data/number_json.h"
#include "client/ui/data/question.h"
#include "client/ui/data/schema.h"
#include "client/view/query_format.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

constexpr int64_t kRowsIfNotSaid = 10'000;
// An answer in one piece, which lies in memory, and one that streams.
constexpr int64_t kMostRowsAtOnce = 100'000;
constexpr size_t kMostBytesAtOnce = size_t{8} << 20;
constexpr int64_t kMostRowsStreamed = 1'000'000;
constexpr int64_t kSecondsPerQuery = 30;

// Returns the question in the body of a request.
absl::StatusOr<v1::QueryRequest> ReadQuestion(const UiRequest& asked,
                                              int64_t most_rows) {
  const nlohmann::json body =
      nlohmann::json::parse(asked.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object() || !body.contains("sql") || !body["sql"].is_string()) {
    return absl::InvalidArgumentError(
        "expected a body like {\"sql\": \"SELECT ...\", \"limit\": 100}");
  }
  v1::QueryRequest request;
  request.set_sql(body["sql"].get<std::string>());
  request.set_row_limit(std::min(kRowsIfNotSaid, most_rows));
  if (body.contains("limit")) {
    const nlohmann::json& limit = body["limit"];
    if (!limit.is_number_integer() || limit.get<int64_t>() < 1) {
      return absl::InvalidArgumentError("limit: expected an integer from 1 on");
    }
    request.set_row_limit(std::min(limit.get<int64_t>(), most_rows));
  } else if (most_rows == kMostRowsStreamed) {
    request.set_row_limit(most_rows);
  }
  request.mutable_time_limit()->set_seconds(kSecondsPerQuery);
  return request;
}

absl::Status Gone() { return absl::CancelledError("nobody waits for it"); }

// Streams the rows as a file of this format.
UiResponse StreamRows(const UiRequest& asked, const v1::QueryRequest& question,
                      QueryFormat format) {
  const bool csv = format == QueryFormat::kCsv;
  UiResponse response;
  response.content_type =
      csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
  response.headers.push_back(
      {"Content-Disposition", absl::StrCat("attachment; filename=\"query.",
                                           csv ? "csv" : "jsonl", "\"")});
  response.stream =
      [connection = asked.viewer.connection, question,
       format](absl::FunctionRef<absl::Status(absl::string_view)> write) {
        std::ostringstream text;
        QueryWriter writer(format, &text, 0);
        const auto flush = [&]() -> absl::Status {
          const std::string piece = text.str();
          text.str("");
          return piece.empty() ? absl::OkStatus() : write(piece);
        };
        RETURN_IF_ERROR(connection->Query(
            question, [&](const v1::QueryResponse& rows) -> absl::Status {
              writer.Write(rows);
              return flush();
            }));
        writer.Finish(writer.truncated());
        return flush();
      };
  return response;
}

}  // namespace

absl::StatusOr<UiResponse> AnswerQuery(UiState& /*state*/,
                                       const UiRequest& asked) {
  const bool csv = absl::StrContains(asked.accept, "text/csv");
  const bool lines = absl::StrContains(asked.accept, "application/x-ndjson");
  ASSIGN_OR_RETURN(
      const v1::QueryRequest question,
      ReadQuestion(asked, csv || lines ? kMostRowsStreamed : kMostRowsAtOnce));
  if (csv || lines) {
    return StreamRows(asked, question,
                      csv ? QueryFormat::kCsv : QueryFormat::kJsonl);
  }
  const absl::Time start = absl::Now();
  std::vector<std::string> columns;
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  size_t bytes = 0;
  bool truncated = false;
  const absl::Status status = asked.viewer.connection->Query(
      question, [&](const v1::QueryResponse& response) -> absl::Status {
        for (const std::string& column : response.columns()) {
          columns.push_back(column);
        }
        truncated |= response.truncated();
        for (const v1::QueryRow& row : response.rows()) {
          nlohmann::ordered_json cells = nlohmann::ordered_json::array();
          for (const v1::QueryCell& cell : row.cells()) {
            cells.push_back(CellJson(cell));
          }
          rows.push_back(std::move(cells));
        }
        bytes += response.ByteSizeLong();
        if (asked.is_cancelled() || bytes > kMostBytesAtOnce) return Gone();
        return absl::OkStatus();
      });
  if (bytes > kMostBytesAtOnce) {
    truncated = true;
  } else {
    RETURN_IF_ERROR(status);
  }
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  UiResponse response;
  response.body = PageText({{"columns", columns},
                            {"rows", std::move(rows)},
                            {"truncated", truncated},
                            {"seconds", seconds}});
  return response;
}

absl::StatusOr<UiResponse> AnswerSchema(UiState& /*state*/,
                                        const UiRequest& asked) {
  ASSIGN_OR_RETURN(const nlohmann::ordered_json schema,
                   LoadSchema(*asked.viewer.connection));
  return JsonResponse(asked, schema);
}

}  // namespace fathom::client

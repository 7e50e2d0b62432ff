#ifndef FATHOM_SERVER_STORE_QUERIES_QUERY_PROCESS_H_
#define FATHOM_SERVER_STORE_QUERIES_QUERY_PROCESS_H_

#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep_service.pb.h"

// Runs SQL that anyone may have written, in a process of its own.
//
// SQLite can be stopped between two of its instructions, but one instruction
// may run for hours (LIKE with many wildcards, a check of all pages), and
// SQLite's memory is that of its process. A query therefore runs in a child
// process that can be killed. The child is the same program again; main()
// recognizes this before it does anything else. The child has only the standard
// descriptors, can write no file, has limited memory and processor time, and
// ends with its parent, however the parent ends.
namespace fathom::server {

// To be called first in main() of every program that runs queries. Answers the
// query and returns the exit code if this process was started for a query,
// otherwise returns nullopt. RunQueryProcess fails in a program that has not
// called it.
std::optional<int> AnswerQueryIfAsked(int argc, char** argv);

// Runs the statement of `request` on the ledger at the only one of `paths`, see
// LedgerReader::Query, or on several as one, see ManyLedgers. Starting the
// process takes some milliseconds. Thread-safe.
absl::Status RunQueryProcess(
    absl::Span<const std::string> paths, const v1::QueryRequest& request,
    absl::FunctionRef<absl::Status(v1::QueryResponse)> consume,
    absl::FunctionRef<bool()> is_cancelled);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_QUERIES_QUERY_PROCESS_H_

#ifndef FATHOM_SERVER_STORE_QUERIES_QUERY_PROCESS_H_
#define FATHOM_SERVER_STORE_QUERIES_QUERY_PROCESS_H_

#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "fathom/v1/sweep_service.pb.h"

// SQL that someone else wrote, in a process of its own.
//
// SQLite asks whether to stop between instructions, but one instruction can run
// for hours (LIKE with many wildcards, a check of all pages), and its memory is
// that of its process. So a query runs in a child that can be killed: the same
// program again, which main() turns into that child before anything else. It
// has no descriptor of ours, can write no file, takes bounded memory and
// processor time, and ends with its parent, however that ends.
namespace fathom::server {

// First in main() of every program that runs queries: answers the query that
// this process was started for and returns its exit code, or nullopt when it
// was started for something else. Without it, RunQueryProcess refuses.
std::optional<int> AnswerQueryIfAsked(int argc, char** argv);

// Runs the statement of `request` on the ledger at `path`; see
// LedgerReader::Query. Costs the start of a process, some milliseconds.
// Thread-safe.
absl::Status RunQueryProcess(
    const std::string& path, const v1::QueryRequest& request,
    absl::FunctionRef<absl::Status(v1::QueryResponse)> consume,
    absl::FunctionRef<bool()> is_cancelled);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_QUERIES_QUERY_PROCESS_H_

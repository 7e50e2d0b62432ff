#ifndef FATHOM_SERVER_STORE_QUERIES_QUERY_CHILD_H_
#define FATHOM_SERVER_STORE_QUERIES_QUERY_CHILD_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "fathom/v1/sweep_service.pb.h"
#include "server/limits.h"

// The other side of query_process.h: the child process that runs one query.
// Both sides are the same program, so their protocol needs no versions.
namespace fathom::server::query_child {

// What the child reads from its standard input.
struct Question {
  pid_t parent;
  std::vector<std::string> paths;  // Of ledgers; see RunQueryProcess.
  v1::QueryRequest request;
};
// Returns the bytes of a question.
std::string Encode(const Question& question);
// INVALID_ARGUMENT when `bytes` are not an encoded question.
absl::Status Decode(absl::string_view bytes, Question* question);

// The child answers on its standard output: frames with rows, and one frame
// with the status at the end.
enum class Kind : uint32_t { kRows = 1, kEnd = 2 };
struct Frame {
  Kind kind;
  // Number of bytes that follow: a QueryResponse, or an EncodeStatus().
  uint32_t bytes;
};
// The largest frame: the largest row, after rows that did not fill a message.
inline constexpr uint32_t kMostFrameBytes =
    static_cast<uint32_t>(kMaxRowBytes) + (uint32_t{4} << 20);
// The bytes of a status: its code, and a part of its message.
std::string EncodeStatus(const absl::Status& status);
absl::Status DecodeStatus(absl::string_view bytes);

// The exit code of a child that has run out of memory.
inline constexpr int kExitOutOfMemory = 3;

// Reads a question, confines this process, answers the question, and returns
// the exit code of the process.
int Answer();

}  // namespace fathom::server::query_child

#endif  // FATHOM_SERVER_STORE_QUERIES_QUERY_CHILD_H_

// Runs any text as SQL of a reader. Whatever it is, the ledger must stay as it
// is, and time and rows must stay within their limits. The query runs in this
// process, where the fuzzer sees which code is reached; what ends a query from
// outside has tests of its own.
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>

#include "server/store/ledger.h"
#include "server/store/reader.h"
#include "sqlite3.h"
#include "tests/fuzz/fuzz.h"

namespace {

constexpr auto kTimeLimit = std::chrono::milliseconds(300);
// The time that single steps of SQLite may take, which nothing interrupts here.
// It grows with about the square of the memory, and sanitizers make all of it
// slower.
constexpr int64_t kMemory = 4 << 20;
constexpr auto kOverrun = std::chrono::seconds(60);
constexpr int64_t kRows = 100;

std::string Content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Returns the path of a ledger in a folder of its own. The ledger is closed, so
// that nobody else writes to it.
const std::string& LedgerPath() {
  static const std::string* const kPath = [] {
    std::string folder = "/tmp/fathom-query-fuzz-XXXXXX";
    fathom::fuzz::Require(mkdtemp(folder.data()) != nullptr, "a folder");
    auto* path = new std::string(folder + "/ledger.db");
    auto ledger = fathom::server::Ledger::Open(*path);
    fathom::fuzz::Require(ledger.ok(), "a ledger");
    std::atexit([] {
      const std::string file = LedgerPath();
      for (const char* end : {"", "-wal", "-shm"}) unlink((file + end).c_str());
      rmdir(file.substr(0, file.rfind('/')).c_str());
    });
    return path;
  }();
  return *kPath;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fathom;
  using namespace fathom::server;
  static const auto* const kReader =
      new std::unique_ptr<LedgerReader>(*LedgerReader::Open(LedgerPath()));
  sqlite3_hard_heap_limit64(kMemory);
  static const auto* const kBefore = new std::string(Content(LedgerPath()));
  v1::QueryRequest request;
  request.set_sql(reinterpret_cast<const char*>(data), size);
  request.set_row_limit(kRows);
  request.mutable_time_limit()->set_nanos(
      std::chrono::nanoseconds(kTimeLimit).count());
  int64_t rows = 0;
  const auto start = std::chrono::steady_clock::now();
  (*kReader)
      ->QueryHere(request,
                  [&](const v1::QueryResponse& response) {
                    rows += response.rows_size();
                    return absl::OkStatus();
                  })
      .IgnoreError();
  fuzz::Require(
      std::chrono::steady_clock::now() - start < kTimeLimit + kOverrun,
      "a query ends in time");
  fuzz::Require(rows <= kRows, "no more rows than asked for");
  fuzz::Require(Content(LedgerPath()) == *kBefore, "the ledger stays as it is");
  return 0;
}

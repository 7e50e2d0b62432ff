#ifndef FATHOM_TESTS_FUZZ_IMPORT_H_
#define FATHOM_TESTS_FUZZ_IMPORT_H_

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "client/data/import.h"
#include "client/data/input_file.h"
#include "proto/dataset/dataset.h"
#include "tests/fuzz/fuzz.h"

namespace fathom::fuzz {

// The largest number of bytes that a small compressed input may stand for.
constexpr int64_t kMostContent = 1 << 22;

inline std::unique_ptr<client::InputFile> Open(const MemoryFile& file) {
  auto opened = client::InputFile::Open(file.path(), kMostContent);
  Require(opened.ok(), "a file in memory opens");
  return *std::move(opened);
}

// Requires what a reader of any format promises: a valid dataset that comes
// back from its canonical bytes, or an error that says why.
inline void CheckImport(
    const absl::StatusOr<client::ImportedDataset>& imported) {
  if (!imported.ok()) {
    Require(!imported.status().message().empty(), "errors say what is wrong");
    return;
  }
  const Dataset& dataset = imported->dataset;
  Require(CheckDataset(dataset).ok(), "what was read is a dataset");
  const std::string bytes = EncodeDataset(dataset);
  const auto decoded = DecodeDataset(bytes);
  Require(decoded.ok() && EncodeDataset(*decoded) == bytes,
          "canonical bytes come back");
}

}  // namespace fathom::fuzz

#endif  // FATHOM_TESTS_FUZZ_IMPORT_H_

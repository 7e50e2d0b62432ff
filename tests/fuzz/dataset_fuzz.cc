// Reads any bytes as an uploaded dataset, which must be refused or be exactly
// what would be written.
#include "proto/dataset/dataset.h"
#include "proto/dataset/dataset_checker.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fathom;
  const fuzz::Budget budget(size);
  const absl::string_view bytes = fuzz::View(data, size);
  const auto dataset = DecodeDataset(bytes);
  const auto shape = DecodeDatasetShape(bytes);
  // The bytes come in two pieces, cut where the input says.
  DatasetChecker checker(int64_t{1} << 31);
  const size_t cut = size == 0 ? 0 : data[size - 1] % size;
  bool streamed = checker.Add(bytes.substr(0, cut)).ok();
  streamed = streamed && checker.Add(bytes.substr(cut)).ok();
  streamed = streamed && checker.Finish().ok();
  fuzz::Require(streamed == dataset.ok(), "streaming finds out the same");
  if (!dataset.ok()) return 0;
  fuzz::Require(CheckDataset(*dataset).ok(), "what was decoded is a dataset");
  fuzz::Require(EncodeDataset(*dataset) == bytes, "one dataset, one encoding");
  fuzz::Require(shape.ok() && shape->rows == dataset->rows &&
                    shape->columns == dataset->columns &&
                    shape->targets == dataset->targets,
                "the shape is that of the whole");
  return 0;
}

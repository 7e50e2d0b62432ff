// Any bytes as an uploaded dataset: refused, or exactly what would be written.
#include "proto/dataset/dataset.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fathom;
  const absl::string_view bytes = fuzz::View(data, size);
  const auto dataset = DecodeDataset(bytes);
  const auto shape = DecodeDatasetShape(bytes);
  if (!dataset.ok()) return 0;
  fuzz::Require(CheckDataset(*dataset).ok(), "what was decoded is a dataset");
  fuzz::Require(EncodeDataset(*dataset) == bytes, "one dataset, one encoding");
  fuzz::Require(shape.ok() && shape->rows == dataset->rows &&
                    shape->columns == dataset->columns &&
                    shape->targets == dataset->targets,
                "the shape is that of the whole");
  return 0;
}

// Reads any bytes as a pair of idx files. The first two bytes say how many of
// the other bytes are the images.
#include <algorithm>

#include "client/data/arrays/arrays.h"
#include "tests/fuzz/import.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fathom;
  const fuzz::Budget budget(size);
  if (size < 3) return 0;
  const size_t images =
      std::min<size_t>(size - 3, data[0] + (size_t{data[1]} << 8));
  const fuzz::MemoryFile image_file(fuzz::View(data + 3, images));
  const fuzz::MemoryFile label_file(
      fuzz::View(data + 3 + images, size - 3 - images));
  const auto image_input = fuzz::Open(image_file);
  const auto label_input = fuzz::Open(label_file);
  v1::DataImport import;
  import.set_rows(data[2] & 3);
  fuzz::CheckImport(ReadArrays(import, v1::DATA_FORMAT_IDX, image_input.get(),
                               label_input.get()));
  return 0;
}

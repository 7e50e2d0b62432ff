// Reads any bytes as an ARFF file. The first byte says what becomes of rows
// with a missing value, and of numbers.
#include "client/data/tables/arff.h"
#include "tests/fuzz/import.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fathom;
  const fuzz::Budget budget(size);
  if (size == 0) return 0;
  v1::DataImport import;
  import.add_target("y");
  if ((data[0] & 1) != 0) import.set_missing(v1::MISSING_CELLS_DROP);
  if ((data[0] & 2) != 0) import.add_categorical("n");
  const fuzz::MemoryFile file(fuzz::View(data + 1, size - 1));
  const auto input = fuzz::Open(file);
  fuzz::CheckImport(ReadArff(import, input.get()));
  return 0;
}

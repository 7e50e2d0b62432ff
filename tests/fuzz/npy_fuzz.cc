// Reads any bytes as an npy file whose first column is the target.
#include "client/data/arrays/arrays.h"
#include "tests/fuzz/import.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fathom;
  const fuzz::Budget budget(size);
  if (size == 0) return 0;
  v1::DataImport import;
  import.set_rows(data[0] & 3);
  import.add_target("column_1");
  const fuzz::MemoryFile file(fuzz::View(data + 1, size - 1));
  const auto input = fuzz::Open(file);
  fuzz::CheckImport(
      ReadArrays(import, v1::DATA_FORMAT_NPY, input.get(), nullptr));
  return 0;
}

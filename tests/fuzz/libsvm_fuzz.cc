// Any bytes as a libsvm or UCI gas file; the first byte says which.
#include "client/data/libsvm.h"
#include "tests/fuzz/import.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fathom;
  const fuzz::Budget budget(size);
  if (size == 0) return 0;
  v1::DataImport import;
  if ((data[0] & 1) != 0) import.set_rows(3);
  import.set_gas(1 + (data[0] >> 2 & 3));
  const fuzz::MemoryFile file(fuzz::View(data + 1, size - 1));
  const auto input = fuzz::Open(file);
  fuzz::CheckImport((data[0] & 2) != 0 ? ReadUciGas(import, input.get())
                                       : ReadLibsvm(import, input.get()));
  return 0;
}

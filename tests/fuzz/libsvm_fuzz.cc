// Reads any bytes as a libsvm or UCI gas file. The first byte says which.
#include "client/data/libsvm.h"
#include "tests/fuzz/import.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fathom;
  fuzz::Budget budget(size);
  if (size == 0) return 0;
  v1::DataImport import;
  if ((data[0] & 1) != 0) import.set_rows(3);
  import.set_gas(1 + (data[0] >> 2 & 3));
  const fuzz::MemoryFile file(fuzz::View(data + 1, size - 1));
  const auto input = fuzz::Open(file);
  const auto imported = (data[0] & 2) != 0 ? ReadUciGas(import, input.get())
                                           : ReadLibsvm(import, input.get());
  // A line says with one index how many features it has, all but a few of them
  // 0: they are bounded (CheckSize), and a thousandth of a byte pays for the
  // work on each. The reader holds them once, the check below holds three more
  // copies.
  if (imported.ok()) {
    const int64_t values = imported->dataset.rows * imported->dataset.columns;
    budget.Earn(values / 1000);
    budget.EarnMemory(4 * values * static_cast<int64_t>(sizeof(double)));
  }
  fuzz::CheckImport(imported);
  return 0;
}

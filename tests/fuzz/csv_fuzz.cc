// Reads any bytes as a csv file. The first byte says which settings there are
// beside a target.
#include "client/data/tables/csv.h"
#include "tests/fuzz/import.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fathom;
  const fuzz::Budget budget(size);
  if (size == 0) return 0;
  v1::DataImport import;
  import.add_target("y");
  if ((data[0] & 1) != 0) import.add_ignore("n");
  if ((data[0] & 2) != 0) import.set_delimiter(";");
  if ((data[0] & 4) != 0) import.set_rows(2);
  if ((data[0] & 8) != 0) import.set_missing(v1::MISSING_CELLS_DROP);
  if ((data[0] & 16) != 0) import.add_categorical("y");
  if ((data[0] & 32) != 0) import.set_decimal(",");
  if ((data[0] & 64) != 0) import.set_target(0, "column_1");
  const fuzz::MemoryFile file(fuzz::View(data + 1, size - 1));
  const auto input = fuzz::Open(file);
  fuzz::CheckImport(ReadCsv(import, input.get()));
  return 0;
}

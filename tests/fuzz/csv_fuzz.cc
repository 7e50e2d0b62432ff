// Any bytes as a csv file, with a target, a column to leave out and a delimiter
// from the first byte.
#include "client/data/csv.h"
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
  const fuzz::MemoryFile file(fuzz::View(data + 1, size - 1));
  const auto input = fuzz::Open(file);
  fuzz::CheckImport(ReadCsv(import, input.get()));
  return 0;
}

#ifndef FATHOM_CLIENT_COMMANDS_DATA_OPTIONS_H_
#define FATHOM_CLIENT_COMMANDS_DATA_OPTIONS_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "client/data/import.h"
#include "client/data/summary.h"
#include "fathom/v1/sweep.pb.h"
#include "nlohmann/json.hpp"

// What the commands under `fathom data` share.
namespace fathom {

// How a file is to be read: the fields of DataImport as options.
struct FormatOptions {
  v1::DataFormat format = v1::DATA_FORMAT_UNSPECIFIED;
  std::string labels = {};
  std::string delimiter = {};
  std::vector<std::string> targets = {};
  std::vector<std::string> ignore = {};
  int64_t rows = 0;
  int gas = 0;
};

// Adds --format, --target, --ignore, --delimiter, --labels, --rows and --gas.
void AddFormatOptions(CLI::App* command, FormatOptions* options);

// Returns an import without a source.
v1::DataImport ImportOf(const FormatOptions& options);

// What is in a dataset, for programs and for people.
nlohmann::ordered_json DataJson(const ImportedDataset& imported,
                                const DatasetSummary& summary);
void PrintData(const DatasetSummary& summary, std::ostream& out);

}  // namespace fathom

#endif  // FATHOM_CLIENT_COMMANDS_DATA_OPTIONS_H_

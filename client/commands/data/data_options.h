#ifndef FATHOM_CLIENT_COMMANDS_DATA_DATA_OPTIONS_H_
#define FATHOM_CLIENT_COMMANDS_DATA_DATA_OPTIONS_H_

#include <ostream>

#include "CLI/CLI.hpp"
#include "client/data/import.h"
#include "client/data/summary.h"
#include "fathom/v1/sweep.pb.h"
#include "nlohmann/json.hpp"

// What the commands under `fathom data` share.
namespace fathom::client {

// Adds an option for every field of DataImport that says how a file is read:
// --target for `target`, --missing-value for `missing_value`. They write into
// `import`.
void AddFormatOptions(CLI::App* command, v1::DataImport* import);

// Likewise for what says which rows are held out.
void AddHeldOutOptions(CLI::App* command, v1::DataImport* import);

// What is in a dataset, for programs and for people. `data` says which of its
// rows are held out.
nlohmann::ordered_json DataJson(const ImportedDataset& imported,
                                const DatasetSummary& summary,
                                const v1::DataSpec& data);
void PrintData(const ImportedDataset& imported, const DatasetSummary& summary,
               const v1::DataSpec& data, std::ostream& out);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_DATA_DATA_OPTIONS_H_

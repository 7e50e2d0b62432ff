#ifndef FATHOM_CLIENT_COMMANDS_DATA_DATA_OPTIONS_H_
#define FATHOM_CLIENT_COMMANDS_DATA_DATA_OPTIONS_H_

#include <ostream>

#include "CLI/CLI.hpp"
#include "client/data/import.h"
#include "client/data/summary.h"
#include "fathom/v1/sweep.pb.h"
#include "nlohmann/json.hpp"

// This file declares what the commands under `fathom data` share.
namespace fathom::client {

// Adds an option for every field of DataImport that says how a file is read,
// such as --target for `target` and --missing-value for `missing_value`. The
// options write into `import`.
void AddFormatOptions(CLI::App* command, v1::DataImport* import);

// Adds options likewise for the fields that say which rows are held out.
void AddHeldOutOptions(CLI::App* command, v1::DataImport* import);

// These functions describe the content of a dataset, as JSON for programs and
// as text for people. `data` says which of its rows are held out.
nlohmann::ordered_json DataJson(const ImportedDataset& imported,
                                const DatasetSummary& summary,
                                const v1::DataSpec& data);
void PrintData(const ImportedDataset& imported, const DatasetSummary& summary,
               const v1::DataSpec& data, std::ostream& out);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_DATA_DATA_OPTIONS_H_

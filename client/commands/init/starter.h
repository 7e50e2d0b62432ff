#ifndef FATHOM_CLIENT_COMMANDS_INIT_STARTER_H_
#define FATHOM_CLIENT_COMMANDS_INIT_STARTER_H_

#include <string>

#include "client/data/import.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// What a starter spec is about.
struct StarterData {
  std::string name;       // Of the sweep.
  v1::DataImport import;  // Unset: generated data.
  bool guessed = false;   // Whether the target was guessed.
  // The data, of which rows and targets decide about loss and metrics.
  ImportedDataset imported = {};
};

// Returns the text of a valid sweep file with a comment on each part, in whose
// middle stands the question what depth does: numbers are fitted by l_2 and l_4
// regression, a target of few classes by cross entropy.
std::string StarterText(const StarterData& data);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_INIT_STARTER_H_

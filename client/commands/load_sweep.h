#ifndef FATHOM_CLIENT_COMMANDS_LOAD_SWEEP_H_
#define FATHOM_CLIENT_COMMANDS_LOAD_SWEEP_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/connection.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom {

// A sweep from a file or preset, with the data it needs.
struct LoadedSweep {
  v1::SweepSpec spec;
  std::string data_title;  // Empty when the data is synthetic.
  std::string data_bytes;  // Canonical bytes.
};

// Reads the sweep that `name` means, a YAML file or the name of a preset, and
// imports its data. A file wins over a preset. NOT_FOUND when there is neither;
// the errors of ParseSweepSpec and ImportDataset.
absl::StatusOr<LoadedSweep> LoadSweep(const std::string& name);

// Uploads the data, unless the coordinator has it, and creates the sweep,
// unless it exists.
absl::StatusOr<v1::Sweep> CreateSweep(Connection& connection,
                                      const LoadedSweep& loaded,
                                      bool force_new);

}  // namespace fathom

#endif  // FATHOM_CLIENT_COMMANDS_LOAD_SWEEP_H_

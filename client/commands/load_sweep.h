#ifndef FATHOM_CLIENT_COMMANDS_LOAD_SWEEP_H_
#define FATHOM_CLIENT_COMMANDS_LOAD_SWEEP_H_

#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/connection.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/dataset/dataset.h"

namespace fathom::client {

// Which sweep a command is about, as its arguments say.
struct SweepSource {
  std::string name = {};   // A YAML file or the name of a preset.
  std::string scale = {};  // Empty: the file as it stands.
  std::string data = {};   // Folder of builtin datasets; empty: the usual ones.
  std::vector<std::string> settings = {};  // As in client/spec/settings.h.
};

// Adds the argument SPEC and the options --scale, --set and --data.
void AddSweepOptions(CLI::App* command, SweepSource* source);

// A sweep from a file or preset, with the data it needs.
struct LoadedSweep {
  v1::SweepSpec spec;
  std::string scale_text;  // " at scale quick"; empty without scales.
  std::string data_text;   // DataText() of what is used.
  struct Upload {
    std::string digest;
    std::string title;
    std::string bytes;  // Canonical.
  };
  std::vector<Upload> uploads;  // None when the data is generated.
  // Of the largest imported data, as it is trained on: an output for each class
  // of `one_hot`, and no columns that are dropped; else zeros.
  DatasetShape shape;
  // What people should know of the data before they train on it.
  std::vector<std::string> notes;
};

// Reads the sweep that `source` means and imports its data. A file wins over a
// preset. Where an import that may be missing is (`if_present`), the synthetic
// data beside it is used, but not when `source.data` says where it should be.
// NOT_FOUND when there is no such file, preset or scale; the errors of
// ParseSweepFile, ImportDataset and CheckTrainable.
absl::StatusOr<LoadedSweep> LoadSweep(const SweepSource& source);

// Uploads the data, unless the coordinator has it, and creates the sweep,
// unless it exists.
absl::StatusOr<v1::Sweep> CreateSweep(Connection& connection,
                                      const LoadedSweep& loaded, bool force_new,
                                      int32_t priority = 0, double weight = 0);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_LOAD_SWEEP_H_

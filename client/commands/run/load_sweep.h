#ifndef FATHOM_CLIENT_COMMANDS_RUN_LOAD_SWEEP_H_
#define FATHOM_CLIENT_COMMANDS_RUN_LOAD_SWEEP_H_

#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/connection.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/dataset/dataset.h"

namespace fathom::client {

// The arguments that say which sweep a command is about.
struct SweepSource {
  std::string name = {};   // A YAML file or the name of a preset.
  std::string scale = {};  // If empty, the file as it stands.
  std::string data = {};   // Folder of builtin datasets, or empty.
  std::vector<std::string> settings = {};  // See client/spec/settings.h.
};

// Adds the argument SPEC and the options --scale, --set and --data.
void AddSweepOptions(CLI::App* command, SweepSource* source);

// A sweep from a file or preset, with the data that it needs.
struct LoadedSweep {
  v1::SweepSpec spec;
  std::string scale_text;  // Such as " at scale quick", or empty.
  std::string data_text;   // DataText() of the data in use.
  // An imported dataset that the coordinator must have.
  struct Upload {
    std::string digest;
    std::string title;
    std::string bytes;  // In the format of proto/dataset/dataset.h.
  };
  std::vector<Upload> uploads;  // Empty when the data is generated.
  // The shape of the largest imported data, as the data is trained on: one
  // output for each class of `one_hot`, and without the columns that are
  // dropped. The shape is zero when nothing is imported.
  DatasetShape shape;
  // Sentences about the data that people should know before they train on it.
  std::vector<std::string> notes;
};

// Reads the sweep that `source` means and imports its data. A file is preferred
// to a preset of the same name. When an import with `if_present` finds no file,
// the synthetic data beside it is used instead, unless `source.data` says where
// the file should be. Errors are NOT_FOUND when there is no such file, preset
// or scale, and those of ParseSweepFile, ImportDataset and CheckTrainable.
absl::StatusOr<LoadedSweep> LoadSweep(const SweepSource& source);

// Uploads the data that the coordinator does not have yet, and creates the
// sweep. Unless `force_new` is set, a sweep of the same spec that exists
// already is returned instead.
absl::StatusOr<v1::Sweep> CreateSweep(Connection& connection,
                                      const LoadedSweep& loaded, bool force_new,
                                      int32_t priority = 0, double weight = 0);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_RUN_LOAD_SWEEP_H_

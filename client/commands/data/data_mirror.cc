// `fathom data mirror` puts what a sweep trains on where workers find it.
#include "client/commands/data/data_mirror.h"

#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/commands/run/load_sweep.h"
#include "client/data/new_file.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

constexpr char kDataMirrorFooter[] =
    R"(Writes each dataset of the sweep into DIR, as workers receive it; its file has the name
of its digest. What is there already stays as it is. Serve the folder over https, or share it,
and name it to the workers: fathom-worker --dataset-mirror https://lab.example/datasets

Example:
  fathom data mirror sweep.yaml --out /shared/datasets)";

struct MirrorOptions {
  SweepSource source = {};
  std::string out = {};
  bool json = false;
};

// A dataset in the mirror.
struct Mirrored {
  std::string file;
  bool is_new = false;
};

// Puts a dataset into the folder, for everyone to read.
absl::StatusOr<Mirrored> WriteDataset(const LoadedSweep::Upload& upload,
                                      const std::string& folder) {
  Mirrored mirrored;
  mirrored.file = absl::StrCat(
      folder, "/", upload.digest.substr(upload.digest.find(':') + 1));
  NewFile file;
  absl::Status status = file.Create(mirrored.file, /*overwrite=*/false, 0644);
  if (status.ok()) status = file.Append(upload.bytes);
  if (status.ok()) status = file.Finish();
  // Its name says what is in it.
  if (absl::IsAlreadyExists(status)) return mirrored;
  RETURN_IF_ERROR(status);
  mirrored.is_new = true;
  return mirrored;
}

int Mirror(const MirrorOptions& options, Invocation& invocation) {
  const absl::StatusOr<LoadedSweep> loaded = LoadSweep(options.source);
  if (!loaded.ok()) return Fail(invocation, loaded.status());
  if (loaded->uploads.empty()) {
    return Fail(invocation,
                absl::InvalidArgumentError(absl::StrCat(
                    "found a sweep on generated data in ", options.source.name,
                    ", expected one on files: workers generate "
                    "data themselves")));
  }
  std::error_code error;
  std::filesystem::create_directories(options.out, error);
  nlohmann::ordered_json datasets = nlohmann::ordered_json::array();
  for (const LoadedSweep::Upload& upload : loaded->uploads) {
    const auto mirrored = WriteDataset(upload, options.out);
    if (!mirrored.ok()) return Fail(invocation, mirrored.status());
    const auto bytes = static_cast<int64_t>(upload.bytes.size());
    datasets.push_back({{"digest", upload.digest},
                        {"title", upload.title},
                        {"bytes", bytes},
                        {"file", mirrored->file},
                        {"is_new", mirrored->is_new}});
    if (options.json) continue;
    invocation.out << Printable(mirrored->file) << "  "
                   << Printable(upload.title) << ", " << SizeText(bytes)
                   << (mirrored->is_new ? "" : ", was there") << "\n";
  }
  if (options.json) WriteJson({{"datasets", datasets}}, invocation.out);
  return kExitOk;
}

}  // namespace

void AddDataMirrorCommand(CLI::App* data, Invocation& invocation) {
  CLI::App* command = data->add_subcommand(
      "mirror", "put the data of a sweep where workers find them");
  const auto options = std::make_shared<MirrorOptions>();
  AddSweepOptions(command, &options->source);
  command->add_option("--out", options->out, "folder of the mirror")
      ->required()
      ->type_name("DIR");
  command->add_flag("--json", options->json, "as one JSON document");
  command->footer(kDataMirrorFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return Mirror(*options, invocation);
    };
  });
}

}  // namespace fathom::client

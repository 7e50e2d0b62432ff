#include "client/commands/load_sweep.h"

#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/data_text.h"
#include "client/commands/invocation.h"
#include "client/data/import.h"
#include "client/presets/presets.h"
#include "client/spec/scales.h"
#include "client/spec/spec_file.h"
#include "client/view/format.h"
#include "proto/dataset/dataset.h"
#include "proto/shared/status.h"

namespace fathom {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostSpecBytes = size_t{16} << 20;

struct SpecText {
  std::string yaml;
  std::string name;  // For errors.
  std::string base;  // Where relative paths start.
};

// Returns all that comes out of a file, or of a pipe, which has no size and may
// have no end.
absl::StatusOr<std::string> ReadBounded(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  std::string text;
  std::vector<char> piece(size_t{64} << 10);
  while (file && text.size() <= kMostSpecBytes) {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    text.append(piece.data(), static_cast<size_t>(file.gcount()));
  }
  if (text.size() > kMostSpecBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " is too large for a sweep file: it has more than ",
                     kMostSpecBytes >> 20, " MiB"));
  }
  if (!file.eof() || file.bad()) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", name));
  }
  return text;
}

absl::StatusOr<SpecText> ReadSpecText(const std::string& name) {
  std::error_code error;
  const fs::file_status status = fs::status(name, error);
  if (fs::is_directory(status)) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " is a folder, expected a YAML file"));
  }
  if (fs::exists(status)) {
    ASSIGN_OR_RETURN(std::string yaml, ReadBounded(name));
    return SpecText{std::move(yaml), name,
                    fs::path(name).parent_path().string()};
  }
  const absl::StatusOr<const Preset*> preset = FindPreset(name);
  if (preset.ok()) return SpecText{(*preset)->text, name, ""};
  if (absl::EndsWith(name, ".yaml") || absl::EndsWith(name, ".yml")) {
    return absl::NotFoundError(absl::StrCat("there is no file ", name));
  }
  return absl::NotFoundError(absl::StrCat("there is no file or preset \"",
                                          Printable(name), "\"; ",
                                          PresetAdvice(name)));
}

// Says which of its scales a file is read at, if it has any.
std::string ScaleText(const SweepFile& file, const std::string& scale) {
  if (file.scales.empty()) return "";
  if (!scale.empty() && scale != kDefaultScale) {
    return absl::StrCat(" at scale ", scale);
  }
  std::vector<std::string> names;
  for (const SweepFile::Scale& other : file.scales) names.push_back(other.name);
  return absl::StrCat(" at its default scale (--scale ",
                      absl::StrJoin(names, " or "), " for another)");
}

// Imports the data that the spec names, or settles for what stands in for it.
absl::Status LoadData(const std::string& base, const std::string& folder,
                      LoadedSweep* loaded) {
  v1::DataSpec* data = loaded->spec.mutable_trial()->mutable_data();
  v1::DataImport* import = data->mutable_import();
  if (import->builtin().empty() && import->file().empty() &&
      import->table().empty()) {
    data->clear_import();
    loaded->data_text = DataText(loaded->spec);
    return absl::OkStatus();
  }
  absl::StatusOr<ImportedDataset> imported =
      ImportDataset(*import, base, folder);
  if (absl::IsNotFound(imported.status()) && import->if_present() &&
      data->has_synthetic() && folder.empty()) {
    // The import stays and says what the data stands in for.
    loaded->data_text = DataText(loaded->spec);
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(imported.status());
  if (import->if_present()) data->clear_synthetic();
  import->clear_if_present();
  loaded->data_text = absl::StrCat(
      Printable(imported->title), " (", imported->dataset.rows, " x ",
      imported->dataset.columns, ", ", Printable(imported->source), ")");
  loaded->data_title = std::move(imported->title);
  loaded->data_bytes = EncodeDataset(imported->dataset);
  data->set_digest(DatasetDigest(loaded->data_bytes));
  return absl::OkStatus();
}

}  // namespace

void AddSweepOptions(CLI::App* command, SweepSource* source) {
  command->add_option("spec", source->name, "sweep file, or a preset")
      ->required()
      ->type_name("SPEC.yaml|PRESET");
  command
      ->add_option("--scale", source->scale,
                   "size of the sweep, one of those in the file's `scales` "
                   "(default: the file as it stands)")
      ->type_name("NAME");
  AddDataFolderOption(command, &source->data);
}

absl::StatusOr<LoadedSweep> LoadSweep(const SweepSource& source) {
  ASSIGN_OR_RETURN(const SpecText text, ReadSpecText(source.name));
  ASSIGN_OR_RETURN(const SweepFile file, ParseSweepFile(text.yaml, text.name));
  LoadedSweep loaded;
  ASSIGN_OR_RETURN(loaded.spec, SpecAtScale(file, source.scale, text.name));
  loaded.scale_text = ScaleText(file, source.scale);
  RETURN_IF_ERROR(LoadData(text.base, source.data, &loaded));
  return loaded;
}

absl::StatusOr<v1::Sweep> CreateSweep(Connection& connection,
                                      const LoadedSweep& loaded, bool force_new,
                                      int32_t priority, double weight) {
  if (!loaded.data_bytes.empty()) {
    RETURN_IF_ERROR(connection
                        .UploadDataset(loaded.spec.trial().data().digest(),
                                       loaded.data_title, loaded.data_bytes)
                        .status());
  }
  return connection.CreateSweep(loaded.spec, force_new, priority, weight);
}

}  // namespace fathom

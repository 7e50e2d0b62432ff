#include "client/commands/run/load_sweep.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/data/data_text.h"
#include "client/commands/invocation.h"
#include "client/data/held_out_import.h"
#include "client/data/import.h"
#include "client/data/trainable.h"
#include "client/presets/presets.h"
#include "client/spec/scales.h"
#include "client/spec/spec_file.h"
#include "client/spec/spec_places.h"
#include "client/view/format.h"
#include "proto/dataset/dataset.h"
#include "proto/shared/status.h"
#include "proto/shared/trace_context.h"
#include "proto/sweep/checks/held_out.h"
#include "proto/sweep/datasets.h"
#include "proto/sweep/held_out.h"

namespace fathom::client {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostSpecBytes = size_t{16} << 20;

struct SpecText {
  std::string yaml;
  std::string name;  // Name in error messages.
  std::string base;  // Folder that relative paths start at.
};

// Returns the content of a file, up to a limit. The file may be a pipe, which
// has no size and may have no end.
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

// Returns the words on the scale that the file is read at, or "" when it has no
// scales.
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

// Where data are looked for, and where the sweep was written.
struct Sources {
  std::string base;    // The folder where relative paths start.
  std::string folder;  // That of builtin datasets; "" means the usual ones.
  const SpecPlaces& places;
};

// Imports what `data` names, and writes into it which rows are held out.
absl::StatusOr<ImportedDataset> ImportFor(const Sources& sources,
                                          v1::DataSpec* data) {
  std::vector<Violation> violations;
  absl::StatusOr<ImportedDataset> imported =
      ImportWithHeldOut(sources.base, sources.folder, data, &violations);
  RETURN_IF_ERROR(sources.places.ToStatus(violations));
  return imported;
}

// Checks that its imported data have the rows that the sweep holds out.
absl::Status CheckHeldOutRows(const Sources& sources,
                              const ImportedDataset& imported,
                              const v1::SweepSpec& spec) {
  std::vector<Violation> violations;
  const v1::DataSpec& data = spec.trial().data();
  if (imported.matrix_rows == 0) {
    CheckSplits(spec, imported.dataset.rows, &violations);
  } else if (data.has_test() || data.has_validation() || VariesHeldOut(spec)) {
    violations.push_back(
        {data.has_test() ? "trial.data.test" : "trial.data.validation",
         "held-out rows of a matrix to complete", "none"});
  }
  return sources.places.ToStatus(violations);
}

// Adds the imported dataset to `loaded`, once it is found fit for the sweep.
// Returns its digest.
absl::StatusOr<std::string> TakeData(const Sources& sources,
                                     ImportedDataset imported,
                                     LoadedSweep* loaded) {
  const Dataset& dataset = imported.dataset;
  RETURN_IF_ERROR(CheckHeldOutRows(sources, imported, loaded->spec));
  absl::c_move(imported.notes, std::back_inserter(loaded->notes));
  if (imported.matrix_rows == 0) {
    ASSIGN_OR_RETURN(const MatrixSides sides,
                     CheckTrainable(loaded->spec, imported));
    if (dataset.rows * sides.columns >
        loaded->shape.rows * loaded->shape.columns) {
      loaded->shape = {dataset.rows, static_cast<int32_t>(sides.columns),
                       static_cast<int32_t>(sides.outputs)};
    }
    absl::c_move(TrainingNotes(loaded->spec, imported),
                 std::back_inserter(loaded->notes));
  }
  absl::c_move(PrecisionWarnings(loaded->spec, imported),
               std::back_inserter(loaded->notes));
  absl::StrAppend(&loaded->data_text, loaded->data_text.empty() ? "" : ", ",
                  Printable(imported.title), " (", dataset.rows, " x ",
                  dataset.columns, ", ", Printable(imported.source),
                  HeldOutNote(loaded->spec, dataset.rows), ")");
  std::string bytes = EncodeDataset(dataset);
  std::string digest = DatasetDigest(bytes);
  loaded->uploads.push_back(
      {digest, std::move(imported.title), std::move(bytes)});
  return digest;
}

// Notes on the imports of several values of an axis. Each note is kept once,
// with the labels of the imports that it is about.
class NotesOfEach {
 public:
  // Adds the notes of one import, which `label` names, and clears `notes`.
  void Take(const std::string& label, std::vector<std::string>* notes) {
    for (std::string& note : *notes) {
      const auto [place, added] = places_.emplace(note, notes_.size());
      if (added) notes_.push_back({std::move(note), {}});
      std::vector<std::string>& labels = notes_[place->second].labels;
      if (labels.empty() || labels.back() != label) labels.push_back(label);
    }
    notes->clear();
    ++imports_;
  }

  // Returns the notes as sentences. `all` stands for the imports where a note
  // is about every one of them.
  std::vector<std::string> Texts(absl::string_view all) const {
    std::vector<std::string> texts;
    for (const Note& note : notes_) {
      std::vector<std::string> labels = note.labels;
      const size_t more = labels.size() - std::min(labels.size(), kMostLabels);
      labels.resize(labels.size() - more);
      const std::string about =
          note.labels.size() == imports_ && imports_ > 1
              ? std::string(all)
              : absl::StrCat(
                    absl::StrJoin(labels, ", "),
                    more > 0 ? absl::StrCat(" and ", more, " more") : "");
      texts.push_back(absl::StrCat(about, ": ", note.text));
    }
    return texts;
  }

 private:
  static constexpr size_t kMostLabels = 3;
  struct Note {
    std::string text;
    std::vector<std::string> labels;
  };

  std::vector<Note> notes_;
  absl::flat_hash_map<std::string, size_t> places_;
  size_t imports_ = 0;
};

// Returns the axis of `group` over the field at `path`, or null when there is
// none.
v1::Axis* FindAxis(v1::AxisGroup& group, absl::string_view path) {
  const auto found = absl::c_find_if(
      *group.mutable_axes(),
      [&](const v1::Axis& axis) { return axis.field() == path; });
  return found == group.mutable_axes()->end() ? nullptr : &*found;
}

// Returns what value `i` of the axes over files and targets imports. Several
// targets of one file are trained one at a time on the features that all of
// them share, so the other targets are left out of the features.
v1::DataImport ImportOf(v1::DataImport import, const v1::Axis* files,
                        const v1::Axis* targets, int i) {
  if (files != nullptr) import.set_file(files->list().values(i).text());
  if (targets == nullptr) return import;
  const std::string& target = targets->list().values(i).text();
  import.clear_target();
  import.add_target(target);
  if (files != nullptr) return import;
  for (const v1::Value& other : targets->list().values()) {
    if (other.text() != target) import.add_ignore(other.text());
  }
  return import;
}

// Returns an import of all targets of the axis at once.
v1::DataImport WithTargets(v1::DataImport import, const v1::Axis& targets) {
  import.clear_target();
  for (const v1::Value& target : targets.list().values()) {
    import.add_target(target.text());
  }
  return import;
}

// Writes into the spec which rows of a dataset are held out. They must be the
// same of all datasets.
absl::Status TakeHeldOut(const Sources& sources, const v1::DataSpec& data,
                         bool first, LoadedSweep* loaded) {
  v1::DataSpec* const taken = loaded->spec.mutable_trial()->mutable_data();
  const auto same = [](const v1::HeldOutRows& a, const v1::HeldOutRows& b) {
    return a.SerializeAsString() == b.SerializeAsString();
  };
  if (!first && (!same(data.test(), taken->test()) ||
                 !same(data.validation(), taken->validation()))) {
    return sources.places.ToStatus(
        {{"trial.data.import.missing",
          "rows with missing values, so that not the same rows are held out "
          "for each target",
          "a file in which no target is missing"}});
  }
  if (data.has_test()) *taken->mutable_test() = data.test();
  if (data.has_validation()) *taken->mutable_validation() = data.validation();
  return absl::OkStatus();
}

// Imports the data of each value of an axis over files or targets, and adds
// their digests as an axis of the same group.
absl::Status LoadEach(const Sources& sources, LoadedSweep* loaded) {
  const v1::DataSpec written = loaded->spec.trial().data();
  const v1::DataImport& import = written.import();
  for (v1::AxisGroup& group : *loaded->spec.mutable_axes()) {
    const v1::Axis* const files = FindAxis(group, kFileField);
    const v1::Axis* const targets = FindAxis(group, kTargetField);
    if (files == nullptr && targets == nullptr) continue;
    // A spec that was printed from a ledger has digests but no file or table to
    // read; the ledger already has the data that the digests name.
    const bool nothing = files == nullptr && import.builtin().empty() &&
                         import.file().empty() && import.table().empty();
    if (nothing && FindAxis(group, kDigestField) != nullptr) {
      loaded->data_text = DataText(loaded->spec);
      return absl::OkStatus();
    }
    v1::Axis digests;
    digests.set_field(kDigestField);
    int count = (files != nullptr ? files : targets)->list().values_size();
    if (targets != nullptr) {
      count = std::min(count, targets->list().values_size());
    }
    NotesOfEach notes;
    for (int i = 0; i < count; ++i) {
      v1::DataSpec data = written;
      *data.mutable_import() = ImportOf(import, files, targets, i);
      absl::StatusOr<ImportedDataset> imported = ImportFor(sources, &data);
      if (!imported.ok() && files == nullptr) {
        // A wrong name in the axis is also one of the columns that the other
        // values leave out. The import of all targets at once reports it as the
        // name of a target.
        RETURN_IF_ERROR(ImportDataset(WithTargets(import, *targets),
                                      sources.base, sources.folder)
                            .status());
      }
      RETURN_IF_ERROR(imported.status());
      RETURN_IF_ERROR(TakeHeldOut(sources, data, i == 0, loaded));
      ASSIGN_OR_RETURN(*digests.mutable_list()->add_values()->mutable_text(),
                       TakeData(sources, *std::move(imported), loaded));
      notes.Take(
          files != nullptr
              ? files->list().values(i).text()
              : absl::StrCat("target ", targets->list().values(i).text()),
          &loaded->notes);
    }
    loaded->notes = notes.Texts(files != nullptr ? "all files" : "all targets");
    // A spec that was run before has an axis of digests already.
    v1::Axis* known = FindAxis(group, kDigestField);
    *(known != nullptr ? known : group.add_axes()) = std::move(digests);
    loaded->spec.mutable_trial()->mutable_data()->clear_digest();
    return absl::OkStatus();
  }
  return absl::OkStatus();
}

// Imports the data that the spec names, or settles for the data that stands in
// for it.
absl::Status LoadData(const Sources& sources, LoadedSweep* loaded) {
  if (AxisOver(loaded->spec, kFileField) != nullptr ||
      AxisOver(loaded->spec, kTargetField) != nullptr) {
    return LoadEach(sources, loaded);
  }
  v1::DataSpec* data = loaded->spec.mutable_trial()->mutable_data();
  const v1::DataImport& import = data->import();
  if (import.builtin().empty() && import.file().empty() &&
      import.table().empty()) {
    data->clear_import();
    loaded->data_text = DataText(loaded->spec);
    return absl::OkStatus();
  }
  const bool may_be_missing = import.if_present();
  // Writes `data` anew.
  absl::StatusOr<ImportedDataset> imported = ImportFor(sources, data);
  if (absl::IsNotFound(imported.status()) && may_be_missing &&
      data->has_synthetic() && sources.folder.empty()) {
    std::vector<Violation> violations;
    CheckHeldOutOfSynthetic(loaded->spec, &violations);
    for (Violation& violation : violations) {
      absl::StrAppend(&violation.found,
                      " of the synthetic data that stands in for what is "
                      "missing");
    }
    RETURN_IF_ERROR(sources.places.ToStatus(violations));
    // The import stays in the spec, to tell which dataset the generated data
    // stands in for.
    loaded->data_text = DataText(loaded->spec);
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(imported.status());
  if (imported->matrix_rows > 0) {
    v1::CompletionData* const completion = data->mutable_completion();
    completion->set_given(true);
    completion->set_matrix_rows(imported->matrix_rows);
    completion->set_matrix_columns(imported->matrix_columns);
  }
  if (may_be_missing) data->clear_synthetic();
  data->mutable_import()->clear_if_present();
  ASSIGN_OR_RETURN(*data->mutable_digest(),
                   TakeData(sources, *std::move(imported), loaded));
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
  command
      ->add_option("--set", source->settings,
                   "in place of what the file says, and as often as needed: a "
                   "path of keys and a value, as in steps=500, "
                   "learning_rate=0.1 or axes.depth=[1,2]")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  AddDataFolderOption(command, &source->data);
}

absl::StatusOr<LoadedSweep> LoadSweep(const SweepSource& source) {
  ASSIGN_OR_RETURN(const SpecText text, ReadSpecText(source.name));
  ASSIGN_OR_RETURN(const SweepFile file,
                   ParseSweepFile(text.yaml, text.name, source.settings));
  LoadedSweep loaded;
  ASSIGN_OR_RETURN(loaded.spec, SpecAtScale(file, source.scale, text.name));
  loaded.scale_text = ScaleText(file, source.scale);
  const Sources sources = {.base = text.base,
                           .folder = source.data,
                           .places = file.PlacesAt(source.scale)};
  RETURN_IF_ERROR(LoadData(sources, &loaded));
  return loaded;
}

absl::StatusOr<v1::Sweep> CreateSweep(Connection& connection,
                                      const LoadedSweep& loaded, bool force_new,
                                      int32_t priority, double weight) {
  for (const LoadedSweep::Upload& upload : loaded.uploads) {
    RETURN_IF_ERROR(
        connection.UploadDataset(upload.digest, upload.title, upload.bytes)
            .status());
  }
  // Who started this program may have put it into a trace.
  const char* const trace = std::getenv(kTraceparentVariable);
  return connection.CreateSweep(loaded.spec, force_new, priority, weight,
                                trace == nullptr ? "" : trace);
}

}  // namespace fathom::client

#include "client/data/builtin.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "client/data/arrays/arrays.h"
#include "client/data/input_file.h"
#include "client/data/tables/csv.h"
#include "client/data/tables/csv_record.h"
#include "client/data/text.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

constexpr char kSystemFolder[] = "/usr/share/datasets";
constexpr char kFolderVariable[] = "FATHOM_DATASETS";

constexpr int64_t kEthanolRows = 2565;
constexpr int32_t kEthanolColumns = 128;
constexpr int kEthanolClass = 1;
constexpr int kEthanolBatches = 10;

struct Places {
  std::vector<std::string> folders;  // In order of preference.
  bool overridden = false;           // Not the system's folder.
};

Places PlacesOf(const std::string& name, const std::string& folder) {
  if (!folder.empty()) {
    return {{folder, absl::StrCat(folder, "/", name)}, true};
  }
  const char* const variable = std::getenv(kFolderVariable);
  const bool set = variable != nullptr && *variable != '\0';
  return {{absl::StrCat(set ? variable : kSystemFolder, "/", name)}, set};
}

bool Exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

// Where people get datasets that are missing.
constexpr char kFashionCure[] = "`apt install dataset-fashion-mnist`";
constexpr char kMnistCure[] =
    "download the four files of Yann LeCun's MNIST (train-images-idx3-ubyte.gz "
    "and so on) and name their folder with --data";

// Reads the images and labels whose files begin with `set`, in the form in
// which MNIST and Fashion-MNIST are published. `name` and `cure` are for the
// error when they are missing.
absl::StatusOr<ImportedDataset> ReadImages(const std::string& set, int64_t rows,
                                           const Places& places,
                                           absl::string_view name,
                                           absl::string_view cure) {
  const std::string images_name = set + "-images-idx3-ubyte.gz";
  std::string prefix;
  for (const std::string& folder : places.folders) {
    prefix = folder + "/";
    if (Exists(prefix + images_name)) break;
  }
  const auto explain = [&](const absl::Status& status) {
    if (!absl::IsNotFound(status)) return status;
    const bool debian = cure == kFashionCure;
    return absl::NotFoundError(absl::StrCat(
        status.message(), ": the dataset ", name, " is missing; ",
        places.overridden && debian
            ? absl::StrCat("put it there, or use neither --data nor ",
                           kFolderVariable, " and run ")
            : (debian ? "run " : ""),
        cure));
  };
  auto images = InputFile::Open(prefix + images_name);
  if (!images.ok()) return explain(images.status());
  auto labels = InputFile::Open(prefix + set + "-labels-idx1-ubyte.gz");
  if (!labels.ok()) return explain(labels.status());
  v1::DataImport import;
  import.set_rows(rows);
  ASSIGN_OR_RETURN(
      ImportedDataset imported,
      ReadArrays(import, v1::DATA_FORMAT_IDX, images->get(), labels->get()));
  imported.source = (*images)->path();
  return imported;
}

absl::StatusOr<ImportedDataset> ReadFashionMnist(int64_t rows,
                                                 const Places& places) {
  return ReadImages("train", rows, places, "fashion-mnist", kFashionCure);
}

absl::StatusOr<ImportedDataset> ReadFashionTest(int64_t rows,
                                                const Places& places) {
  return ReadImages("t10k", rows, places, "fashion-mnist", kFashionCure);
}

absl::StatusOr<ImportedDataset> ReadMnist(int64_t rows, const Places& places) {
  return ReadImages("train", rows, places, "mnist", kMnistCure);
}

absl::StatusOr<ImportedDataset> ReadMnistTest(int64_t rows,
                                              const Places& places) {
  return ReadImages("t10k", rows, places, "mnist", kMnistCure);
}

// Reads a table whose first column is the target, whatever the name of that
// column.
absl::StatusOr<ImportedDataset> ReadEthanolTable(int64_t rows,
                                                 const std::string& path) {
  v1::DataImport import;
  import.set_rows(rows);
  ASSIGN_OR_RETURN(std::unique_ptr<InputFile> file, InputFile::Open(path));
  {
    CsvRecordReader header(file.get(), {});
    ASSIGN_OR_RETURN(const bool more, header.Next());
    import.add_target(more ? std::string(header.cells()[0].text) : "");
  }
  ASSIGN_OR_RETURN(file, InputFile::Open(path));
  ASSIGN_OR_RETURN(ImportedDataset imported, ReadCsv(import, file.get()));
  imported.source = path;
  return imported;
}

// Returns the paths of the raw files in `folder`, in the order in which a shell
// sorts batch*.dat, so that `fathom data import` of these files gives the same
// digest.
std::vector<std::string> BatchPaths(const std::string& folder) {
  std::vector<std::string> paths;
  for (int i = 1; i <= kEthanolBatches; ++i) {
    paths.push_back(absl::StrCat(folder, "/batch", i, ".dat"));
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

absl::StatusOr<ImportedDataset> ReadEthanolBatches(int64_t rows,
                                                   const std::string& folder) {
  std::vector<std::string> missing;
  for (int i = 1; i <= kEthanolBatches; ++i) {
    const std::string name = absl::StrCat("batch", i, ".dat");
    if (!Exists(absl::StrCat(folder, "/", name))) missing.push_back(name);
  }
  if (!missing.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(folder, ": found ", kEthanolBatches - missing.size(),
                     " of the files batch1.dat to batch10.dat, expected all "
                     "ten; ",
                     absl::StrJoin(missing, ", "),
                     missing.size() == 1 ? " is missing" : " are missing"));
  }
  v1::DataImport import;
  import.set_format(v1::DATA_FORMAT_UCI_GAS);
  import.set_gas(kEthanolClass);
  import.set_rows(rows);
  ASSIGN_OR_RETURN(ImportedDataset imported,
                   ImportFiles(import, BatchPaths(folder), ""));
  imported.source = folder + "/batch*.dat";
  return imported;
}

absl::StatusOr<ImportedDataset> FindEthanol(int64_t rows,
                                            const Places& places) {
  for (const std::string& folder : places.folders) {
    const std::string table = folder + "/ethanol.csv";
    if (Exists(table)) return ReadEthanolTable(rows, table);
    const std::vector<std::string> paths = BatchPaths(folder);
    if (std::any_of(paths.begin(), paths.end(), Exists)) {
      return ReadEthanolBatches(rows, folder);
    }
  }
  return absl::NotFoundError(absl::StrCat(
      "the dataset ethanol is missing, there is neither ethanol.csv nor "
      "batch1.dat to batch10.dat in ",
      absl::StrJoin(places.folders, " or "),
      "; download \"Gas Sensor Array Drift at Different Concentrations\" from "
      "the UCI Machine Learning Repository (dataset 270, doi "
      "10.24432/C5MK6M), unpack it and name its folder with --data, or write "
      "the rows of ethanol into a table with `fathom data import batch*.dat "
      "--gas 1 "
      "--out DIR/ethanol.csv`"));
}

absl::StatusOr<ImportedDataset> ReadEthanol(int64_t rows,
                                            const Places& places) {
  ASSIGN_OR_RETURN(ImportedDataset imported, FindEthanol(rows, places));
  const int64_t expected =
      rows > 0 ? std::min(rows, kEthanolRows) : kEthanolRows;
  const Dataset& data = imported.dataset;
  if (data.columns != kEthanolColumns || data.rows != expected) {
    return absl::InvalidArgumentError(
        absl::StrCat(imported.source, ": found ", data.rows, " rows of ",
                     data.columns, " features, expected ", expected, " of ",
                     kEthanolColumns, ", the whole dataset ethanol"));
  }
  return imported;
}

using Reader = absl::StatusOr<ImportedDataset> (*)(int64_t, const Places&);

constexpr struct {
  const char* name;
  Reader read;
  Reader read_test;  // Null where the dataset has no test set of its own.
} kBuiltins[] = {
    {"fashion-mnist", ReadFashionMnist, ReadFashionTest},
    {"mnist", ReadMnist, ReadMnistTest},
    {"ethanol", ReadEthanol, nullptr},
};

// Returns the reader of the test set of a builtin dataset, or null where there
// is no such test set.
Reader FindTest(const std::string& name) {
  for (const auto& [builtin, read, read_test] : kBuiltins) {
    if (name == builtin) return read_test;
  }
  return nullptr;
}

}  // namespace

std::vector<std::string> BuiltinNames() {
  std::vector<std::string> names;
  for (const auto& [builtin, read, read_test] : kBuiltins) {
    names.push_back(builtin);
  }
  return names;
}

absl::StatusOr<ImportedDataset> ReadBuiltin(const std::string& name,
                                            int64_t rows,
                                            const std::string& folder) {
  for (const auto& [builtin, read, read_test] : kBuiltins) {
    if (name != builtin) continue;
    ASSIGN_OR_RETURN(ImportedDataset imported,
                     read(rows, PlacesOf(name, folder)));
    imported.title = name;
    return imported;
  }
  const std::vector<std::string> known = BuiltinNames();
  const std::string near = NearestName(name, known);
  return absl::InvalidArgumentError(absl::StrCat(
      "there is no builtin dataset ", QuoteText(name), "; ",
      near.empty() ? absl::StrCat("it can be ", absl::StrJoin(known, " or "))
                   : absl::StrCat("did you mean ", near, "?")));
}

bool HasBuiltinTest(const std::string& name) {
  return FindTest(name) != nullptr;
}

absl::StatusOr<ImportedDataset> ReadBuiltinTest(const std::string& name,
                                                int64_t rows,
                                                const std::string& folder) {
  const Reader read = FindTest(name);
  if (read == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the dataset ", QuoteText(name), " has no test set of its own"));
  }
  ASSIGN_OR_RETURN(ImportedDataset imported,
                   read(rows, PlacesOf(name, folder)));
  imported.title = name;
  return imported;
}

}  // namespace fathom::client

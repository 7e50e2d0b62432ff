#include "client/data/write_csv.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <ostream>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "client/data/input_file.h"
#include "client/data/tables/csv.h"
#include "proto/dataset/dataset.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

// A file that is removed again unless it gets its final name.
class Aside {
 public:
  explicit Aside(std::string path) : path_(std::move(path)) {}
  ~Aside() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove(path_, error);
  }
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;

  const std::string& path() const { return path_; }

  absl::Status MoveTo(const std::string& path) {
    std::error_code error;
    std::filesystem::rename(path_, path, error);
    if (error) {
      return absl::InternalError(
          absl::StrCat("cannot write ", path, ": ", error.message()));
    }
    path_.clear();
    return absl::OkStatus();
  }

 private:
  std::string path_;
};

std::string Quoted(const std::string& name) {
  const bool plain = name.find_first_of("\",\r\n") == std::string::npos &&
                     !name.empty() && name.front() != ' ' &&
                     name.back() != ' ' && name.front() != '#' &&
                     name.front() != '%';
  if (plain) return name;
  return absl::StrCat("\"", absl::StrReplaceAll(name, {{"\"", "\"\""}}), "\"");
}

void AppendNumber(double number, std::string* line) {
  char digits[32];
  const auto [end, error] =
      std::to_chars(digits, digits + sizeof(digits), number);
  line->append(digits, end);
}

void WriteTable(const ImportedDataset& imported, std::ostream& out) {
  const Dataset& data = imported.dataset;
  const ColumnNames names = NamesOf(imported);
  std::string line;
  for (const auto* part : {&names.targets, &names.features}) {
    for (const std::string& name : *part) {
      absl::StrAppend(&line, line.empty() ? "" : ",", Quoted(name));
    }
  }
  out << line << "\n";
  for (int64_t i = 0; i < data.rows; ++i) {
    line.clear();
    for (int32_t j = 0; j < data.targets; ++j) {
      if (j > 0) line.push_back(',');
      AppendNumber(data.y[i * data.targets + j], &line);
    }
    for (int32_t j = 0; j < data.columns; ++j) {
      line.push_back(',');
      AppendNumber(data.x[i * data.columns + j], &line);
    }
    line.push_back('\n');
    out << line;
  }
}

absl::Status CheckReadsBack(const ImportedDataset& imported,
                            const std::string& path) {
  v1::DataImport import;
  for (const std::string& name : NamesOf(imported).targets) {
    import.add_target(name);
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<InputFile> file,
                   InputFile::Open(path));
  const absl::StatusOr<ImportedDataset> read = ReadCsv(import, file.get());
  if (!read.ok()) return absl::FailedPreconditionError(read.status().message());
  if (EncodeDataset(read->dataset) == EncodeDataset(imported.dataset)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError("a csv file would not hold these data");
}

}  // namespace

ColumnNames NamesOf(const ImportedDataset& imported) {
  ColumnNames names = {imported.targets, imported.columns};
  const Dataset& data = imported.dataset;
  if (names.targets.empty()) {
    for (int32_t j = 1; j <= data.targets; ++j) {
      names.targets.push_back(data.targets == 1 ? "target"
                                                : absl::StrCat("target", j));
    }
  }
  if (names.features.empty()) {
    for (int32_t j = 1; j <= data.columns; ++j) {
      names.features.push_back(absl::StrCat("f", j));
    }
  }
  return names;
}

absl::Status WriteCsv(const ImportedDataset& imported, const std::string& path,
                      bool overwrite) {
  std::error_code error;
  if (!overwrite && std::filesystem::exists(path, error)) {
    return absl::AlreadyExistsError(
        absl::StrCat(path, " exists; --force overwrites it"));
  }
  Aside aside(absl::StrCat(path, ".", getpid()));
  {
    errno = 0;
    std::ofstream file(aside.path(), std::ios::binary);
    if (file) WriteTable(imported, file);
    file.close();
    if (!file) {
      const std::string why = errno != 0 ? std::strerror(errno) : "no reason";
      return absl::InternalError(
          absl::StrCat("cannot write ", path, ": ", why));
    }
  }
  RETURN_IF_ERROR(CheckReadsBack(imported, aside.path()));
  return aside.MoveTo(path);
}

}  // namespace fathom::client

#include "client/data/held_out_import.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/data/builtin.h"
#include "proto/shared/status.h"
#include "proto/sweep/held_out.h"

namespace fathom::client {
namespace {

constexpr char kSparseFormat[] = "libsvm";

// Imports a dataset and the rows to be held out. Serves one call of Import.
class HeldOutImporter {
 public:
  HeldOutImporter(absl::string_view base, const std::string& datasets,
                  const v1::DataSpec& data, std::vector<Violation>* violations)
      : base_(base),
        datasets_(datasets),
        import_(data.import()),
        data_(data),
        violations_(*violations) {}

  absl::StatusOr<ImportedDataset> Import();
  // Returns the spec of the data as Import has completed it.
  const v1::DataSpec& data() const { return data_; }

 private:
  absl::Status Refuse(absl::string_view field, std::string found,
                      std::string expected);
  // Reads `path`, or all rows of it when `rows` is 0, and puts them below.
  // Returns how many there are.
  absl::StatusOr<int64_t> AddFile(const char* part, const std::string& path,
                                  const std::string& labels, int64_t rows);
  absl::StatusOr<int64_t> AddBuiltinTest(int64_t rows);
  absl::StatusOr<int64_t> Add(const char* part, const std::string& field,
                              int64_t rows, ImportedDataset more);

  const absl::string_view base_;
  const std::string& datasets_;
  const v1::DataImport import_;
  v1::DataSpec data_;
  std::vector<Violation>& violations_;
  ImportedDataset whole_;
};

absl::Status HeldOutImporter::Refuse(absl::string_view field, std::string found,
                                     std::string expected) {
  violations_.push_back({absl::StrCat("trial.data.", field), std::move(found),
                         std::move(expected)});
  return ToStatus(violations_);
}

absl::StatusOr<ImportedDataset> HeldOutImporter::Import() {
  if (import_.builtin_test() && !HasBuiltinTest(import_.builtin())) {
    return Refuse("import.builtin_test",
                  absl::StrCat("builtin_test with ", import_.builtin(),
                               ", which has no test set of its own"),
                  "`test: {rows: N}`, rows of the dataset itself");
  }
  ASSIGN_OR_RETURN(whole_, ImportDataset(import_, base_, datasets_));
  const int64_t own_rows = whole_.dataset.rows;
  const bool test_below =
      !import_.test_file().empty() || import_.builtin_test();
  // Test rows without a `from` are the last rows of the main file, although
  // validation rows come below them.
  if (!import_.validation_file().empty() && !test_below &&
      data_.test().rows() > 0 && data_.test().rows() <= own_rows &&
      !data_.test().has_from()) {
    data_.mutable_test()->set_from(own_rows - data_.test().rows());
  }
  if (!import_.validation_file().empty()) {
    v1::HeldOutRows* const rows = data_.mutable_validation();
    ASSIGN_OR_RETURN(const int64_t added,
                     AddFile("validation", import_.validation_file(),
                             import_.validation_labels(), rows->rows()));
    rows->set_rows(added);
    rows->set_from(own_rows);
  }
  if (test_below) {
    v1::HeldOutRows* const rows = data_.mutable_test();
    ASSIGN_OR_RETURN(const int64_t added,
                     import_.builtin_test()
                         ? AddBuiltinTest(rows->rows())
                         : AddFile("test", import_.test_file(),
                                   import_.test_labels(), rows->rows()));
    rows->set_rows(added);
    rows->clear_from();  // They are the last ones.
  }
  return std::move(whole_);
}

absl::StatusOr<int64_t> HeldOutImporter::AddFile(const char* part,
                                                 const std::string& path,
                                                 const std::string& labels,
                                                 int64_t rows) {
  v1::DataImport settings = import_;
  settings.set_file(path);
  settings.set_labels(labels);
  settings.set_rows(rows);
  ASSIGN_OR_RETURN(ImportedDataset more, ReadOneFile(settings, base_));
  return Add(part, absl::StrCat("import.", part, "_file"), rows,
             std::move(more));
}

absl::StatusOr<int64_t> HeldOutImporter::AddBuiltinTest(int64_t rows) {
  ASSIGN_OR_RETURN(ImportedDataset more,
                   ReadBuiltinTest(import_.builtin(), rows, datasets_));
  return Add("test", "import.builtin_test", rows, std::move(more));
}

// Adds columns of zeros, as features that a sparse file does not name are 0.
void AddZeroColumns(int32_t columns, Dataset* data) {
  std::vector<double> x(static_cast<size_t>(data->rows) * columns);
  for (int64_t i = 0; i < data->rows; ++i) {
    std::copy_n(data->x.begin() + i * data->columns, data->columns,
                x.begin() + i * columns);
  }
  data->x = std::move(x);
  data->columns = columns;
}

absl::StatusOr<int64_t> HeldOutImporter::Add(const char* part,
                                             const std::string& field,
                                             int64_t rows,
                                             ImportedDataset more) {
  if (more.matrix_rows > 0 || whole_.matrix_rows > 0) {
    return Refuse(field, "held-out entries of a matrix to complete",
                  absl::StrCat("no ", part,
                               " rows: `reconstruction_error` looks at what is "
                               "not known"));
  }
  if (absl::StartsWith(whole_.format, kSparseFormat) &&
      absl::StartsWith(more.format, kSparseFormat) &&
      more.dataset.columns < whole_.dataset.columns) {
    AddZeroColumns(whole_.dataset.columns, &more.dataset);
  }
  if (const auto mismatch = FindMismatch(whole_, more)) {
    return Refuse(field, absl::StrCat(mismatch->found, " in ", more.source),
                  absl::StrCat(mismatch->expected, " as in ", whole_.source,
                               "; where they cannot be the same, put all rows "
                               "into one file and hold out `",
                               part, ": {rows: N}`"));
  }
  if (more.dataset.rows < rows) {
    return Refuse(absl::StrCat(part, ".rows"), absl::StrCat(rows, " rows"),
                  absl::StrCat("at most ", more.dataset.rows, ", the rows of ",
                               more.source));
  }
  // What has been said of the data need not be said again.
  for (std::string& note : more.notes) {
    if (absl::c_linear_search(whole_.notes, note)) continue;
    whole_.notes.push_back(absl::StrCat(part, ": ", note));
  }
  RETURN_IF_ERROR(AppendRows(more, &whole_));
  return more.dataset.rows;
}

}  // namespace

absl::StatusOr<ImportedDataset> ImportWithHeldOut(
    absl::string_view base, const std::string& datasets, v1::DataSpec* data,
    std::vector<Violation>* violations) {
  HeldOutImporter importer(base, datasets, *data, violations);
  absl::StatusOr<ImportedDataset> imported = importer.Import();
  if (imported.ok()) *data = importer.data();
  return imported;
}

std::string HeldOutText(const v1::DataSpec& data, int64_t rows) {
  std::vector<Violation> violations;
  const std::optional<RowSplit> split = SplitRows(data, rows, &violations);
  if (!split.has_value() || !split->holds_out()) return "";
  std::string text = absl::StrCat(split->train_rows(), " rows for training");
  if (split->validation.size() > 0) {
    absl::StrAppend(&text, ", ", split->validation.size(), " for validation");
  }
  if (split->test.size() > 0) {
    absl::StrAppend(&text, ", ", split->test.size(), " for testing");
  }
  return text;
}

}  // namespace fathom::client

#include "client/data/builtin.h"

#include <cstdlib>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/data/idx.h"
#include "client/data/input_file.h"
#include "client/data/text.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"

namespace fathom {
namespace {

constexpr absl::string_view kFashionMnist = "fashion-mnist";
constexpr absl::string_view kSystemFolder = "/usr/share/datasets";
constexpr char kFolderVariable[] = "FATHOM_DATASETS";

// Adds to a NOT_FOUND error how to get the dataset.
absl::Status ExplainMissing(const absl::Status& status, bool overridden) {
  if (!absl::IsNotFound(status)) return status;
  return absl::NotFoundError(absl::StrCat(
      status.message(), ": the dataset ", kFashionMnist, " is missing; ",
      overridden
          ? absl::StrCat("put it there, or unset ", kFolderVariable, " and run")
          : "run",
      " `apt install dataset-fashion-mnist`"));
}

}  // namespace

absl::StatusOr<ImportedDataset> ReadBuiltin(const std::string& name,
                                            int64_t rows) {
  if (name != kFashionMnist) {
    const std::vector<std::string> known = {std::string(kFashionMnist)};
    return absl::InvalidArgumentError(
        absl::StrCat("there is no builtin dataset ", QuoteText(name), "; ",
                     NearestName(name, known).empty()
                         ? absl::StrCat("it can be ", kFashionMnist)
                         : absl::StrCat("did you mean ", kFashionMnist, "?")));
  }
  const char* const folder = std::getenv(kFolderVariable);
  const bool overridden = folder != nullptr && *folder != '\0';
  const std::string prefix =
      absl::StrCat(overridden ? folder : kSystemFolder, "/", name, "/");
  auto images = InputFile::Open(prefix + "train-images-idx3-ubyte.gz");
  if (!images.ok()) return ExplainMissing(images.status(), overridden);
  auto labels = InputFile::Open(prefix + "train-labels-idx1-ubyte.gz");
  if (!labels.ok()) return ExplainMissing(labels.status(), overridden);
  ASSIGN_OR_RETURN(ImportedDataset imported,
                   ReadIdx(rows, images->get(), labels->get()));
  imported.title = name;
  return imported;
}

}  // namespace fathom

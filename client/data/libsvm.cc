#include "client/data/libsvm.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/data/text.h"
#include "proto/shared/status.h"
#include "proto/sweep/printable.h"

namespace fathom::client {
namespace {

constexpr absl::string_view kBlanks = " \t";

// Reads one file, in one call of Read.
class SparseReader {
 public:
  SparseReader(const v1::DataImport& import, bool with_class, InputFile* file)
      : import_(import), with_class_(with_class), file_(*file) {}

  absl::StatusOr<Dataset> Read();

 private:
  struct Entry {
    int32_t index;  // Counted from 1.
    double value;
  };

  absl::Status ReadLine(absl::string_view line);
  absl::StatusOr<double> ReadTarget(absl::string_view token, bool* keep) const;
  absl::StatusOr<Entry> ReadEntry(absl::string_view token, int32_t last) const;
  absl::StatusOr<Dataset> Densify() const;

  // Returns an error at `place`, which lies in the present line.
  absl::Status Error(absl::string_view place, absl::string_view found,
                     absl::string_view expected) const {
    return ErrorAt(file_.path(), file_.line_number(),
                   static_cast<size_t>(place.data() - line_.data()) + 1, found,
                   expected);
  }

  const v1::DataImport& import_;
  const bool with_class_;
  InputFile& file_;
  absl::string_view line_;
  std::vector<Entry> entries_;
  std::vector<size_t> row_ends_;  // Row i ends before entry row_ends_[i].
  std::vector<double> targets_;
  int32_t columns_ = 0;
};

// Takes the next word off `rest`. Returns "" at the end.
absl::string_view TakeToken(absl::string_view* rest) {
  rest->remove_prefix(std::min(rest->find_first_not_of(kBlanks), rest->size()));
  const absl::string_view token = rest->substr(0, rest->find_first_of(kBlanks));
  rest->remove_prefix(token.size());
  return token;
}

absl::StatusOr<Dataset> SparseReader::Read() {
  const size_t limit = import_.rows() > 0 ? static_cast<size_t>(import_.rows())
                                          : std::numeric_limits<size_t>::max();
  while (targets_.size() < limit) {
    ASSIGN_OR_RETURN(const bool more, file_.NextLine(&line_));
    if (!more) break;
    const absl::string_view content = line_.substr(0, line_.find('#'));
    if (content.find_first_not_of(kBlanks) == absl::string_view::npos) continue;
    RETURN_IF_ERROR(ReadLine(content));
  }
  if (targets_.empty()) {
    const absl::Status none = ErrorAt(
        file_.path(), file_.line_number() + 1, 1,
        import_.has_gas() ? absl::StrCat("no row of class ", import_.gas())
                          : "no rows",
        "at least one");
    if (!import_.has_gas()) return none;
    return absl::OutOfRangeError(none.message());
  }
  if (columns_ == 0) {
    return ErrorAt(file_.path(), 1, 1, "rows without any feature",
                   "index:value pairs after the target");
  }
  return Densify();
}

absl::Status SparseReader::ReadLine(absl::string_view line) {
  bool keep = true;
  ASSIGN_OR_RETURN(const double target, ReadTarget(TakeToken(&line), &keep));
  const size_t row_begin = entries_.size();
  int32_t last = 0;
  while (true) {
    const absl::string_view token = TakeToken(&line);
    if (token.empty()) break;
    ASSIGN_OR_RETURN(const Entry entry, ReadEntry(token, last));
    last = entry.index;
    entries_.push_back(entry);
  }
  if (!keep) {
    entries_.resize(row_begin);
    return absl::OkStatus();
  }
  columns_ = std::max(columns_, last);
  row_ends_.push_back(entries_.size());
  targets_.push_back(target);
  return CheckSize(file_.path(), static_cast<int64_t>(targets_.size()),
                   columns_);
}

// Reads the first word of a line. Sets `keep` to false when `gas` asks for
// another class.
absl::StatusOr<double> SparseReader::ReadTarget(absl::string_view token,
                                                bool* keep) const {
  if (with_class_) {
    const size_t separator = token.find(';');
    const absl::string_view name = token.substr(0, separator);
    const std::optional<int32_t> gas = ParseInteger(name);
    if (!gas || separator == absl::string_view::npos) {
      return Error(token, QuoteText(token), "class;concentration");
    }
    *keep = !import_.has_gas() || *gas == import_.gas();
    token.remove_prefix(separator + 1);
  }
  const std::optional<double> target = ParseNumber(token);
  if (!target && absl::StrContains(token, ',')) {
    return Error(token, absl::StrCat("several labels, ", QuoteText(token)),
                 "one number, the target");
  }
  if (!target) {
    return Error(
        token, DescribeNumber(token),
        with_class_ ? "a number, the concentration" : "a number, the target");
  }
  return *target;
}

absl::StatusOr<SparseReader::Entry> SparseReader::ReadEntry(
    absl::string_view token, int32_t last) const {
  const size_t separator = token.find(':');
  const absl::string_view name = token.substr(0, separator);
  const std::optional<int32_t> index = ParseInteger(name);
  // An index that is too large for its type is still a number.
  const bool digits =
      !name.empty() && absl::c_all_of(name, absl::ascii_isdigit);
  if (name == "qid") {
    return Error(token, QuoteText(token),
                 "index:value; queries, which a ranking has, are not read");
  }
  if (separator == absl::string_view::npos || (!index && !digits)) {
    return Error(token, QuoteText(token), "index:value");
  }
  if (!index) {
    return Error(token, absl::StrCat("index ", Excerpt(name)),
                 absl::StrCat("1 to ", kMaxColumns));
  }
  if (*index == 0) {
    return Error(token, "index 0",
                 "indices from 1; in Python, dump_svmlight_file(..., "
                 "zero_based=False) writes them");
  }
  if (*index < 1 || *index > kMaxColumns) {
    return Error(token, absl::StrCat("index ", *index),
                 absl::StrCat("1 to ", kMaxColumns));
  }
  if (*index <= last) {
    return Error(token, absl::StrCat("index ", *index, " after ", last),
                 "indices that ascend");
  }
  const absl::string_view text = token.substr(separator + 1);
  const std::optional<double> value = ParseNumber(text);
  if (!value) {
    return Error(text, DescribeNumber(text),
                 absl::StrCat("a number for feature ", *index));
  }
  return Entry{*index, *value};
}

absl::StatusOr<Dataset> SparseReader::Densify() const {
  Dataset dataset{.rows = static_cast<int64_t>(targets_.size()),
                  .columns = columns_,
                  .targets = 1,
                  .y = targets_};
  dataset.x.resize(targets_.size() * static_cast<size_t>(columns_));
  size_t begin = 0;
  for (size_t row = 0; row < row_ends_.size(); ++row) {
    double* const x = &dataset.x[row * static_cast<size_t>(columns_)];
    for (; begin < row_ends_[row]; ++begin) {
      x[entries_[begin].index - 1] = entries_[begin].value;
    }
  }
  return dataset;
}

}  // namespace

absl::StatusOr<ImportedDataset> ReadLibsvm(const v1::DataImport& import,
                                           InputFile* file) {
  ASSIGN_OR_RETURN(Dataset dataset,
                   SparseReader(import, /*with_class=*/false, file).Read());
  return ImportedDataset{.dataset = std::move(dataset),
                         .format = file->gzip() ? "libsvm (gzip)" : "libsvm",
                         .targets = {"target"}};
}

absl::StatusOr<ImportedDataset> ReadUciGas(const v1::DataImport& import,
                                           InputFile* file) {
  ASSIGN_OR_RETURN(Dataset dataset,
                   SparseReader(import, /*with_class=*/true, file).Read());
  return ImportedDataset{.dataset = std::move(dataset),
                         .format = file->gzip() ? "uci_gas (gzip)" : "uci_gas",
                         .targets = {"concentration"}};
}

}  // namespace fathom::client

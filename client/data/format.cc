#include "client/data/format.h"

#include <cstddef>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/data/foreign.h"
#include "client/data/text.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

enum class LineKind { kEmpty, kTargetOnly, kLibsvm, kUciGas, kOther };

// Judges a line by its first two words.
LineKind KindOf(absl::string_view line) {
  line = absl::StripAsciiWhitespace(line.substr(0, line.find('#')));
  if (line.empty()) return LineKind::kEmpty;
  const std::vector<absl::string_view> words =
      absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  // In files of rankings the second word is "qid:" and a query, instead of an
  // index.
  const bool pairs =
      words.size() >= 2 && absl::StrContains(words[1], ':') &&
      (ParseInteger(words[1].substr(0, words[1].find(':'))).has_value() ||
       absl::StartsWith(words[1], "qid:"));
  if (words.size() >= 2 && !pairs) return LineKind::kOther;
  const size_t separator = words[0].find(';');
  if (separator != absl::string_view::npos) {
    return pairs && ParseInteger(words[0].substr(0, separator))
               ? LineKind::kUciGas
               : LineKind::kOther;
  }
  // Several labels, as in "1,3", are taken for libsvm, whose reader refuses
  // them with a better message.
  const std::vector<absl::string_view> labels = absl::StrSplit(words[0], ',');
  if (!absl::c_all_of(labels, [](absl::string_view label) {
        return ParseNumber(label).has_value();
      })) {
    return LineKind::kOther;
  }
  if (labels.size() > 1 && !pairs) return LineKind::kOther;
  return pairs ? LineKind::kLibsvm : LineKind::kTargetOnly;
}

bool IsIdxMagic(absl::string_view head) {
  return head.size() >= 4 && head[0] == 0 && head[1] == 0 && head[2] >= 0x08 &&
         head[2] <= 0x0E && head[3] >= 1 && head[3] <= 4;
}

v1::DataFormat FormatOfName(absl::string_view path) {
  absl::ConsumeSuffix(&path, ".gz");
  for (const absl::string_view suffix : {".svm", ".libsvm", ".svmlight"}) {
    if (absl::EndsWithIgnoreCase(path, suffix)) return v1::DATA_FORMAT_LIBSVM;
  }
  for (const absl::string_view suffix : {".idx", "-ubyte"}) {
    if (absl::EndsWithIgnoreCase(path, suffix)) return v1::DATA_FORMAT_IDX;
  }
  return v1::DATA_FORMAT_CSV;
}

// Returns whether the first line that is neither empty nor a comment begins
// with "@relation".
bool IsArff(absl::string_view head) {
  for (const absl::string_view line : absl::StrSplit(head, '\n')) {
    const absl::string_view text = absl::StripLeadingAsciiWhitespace(line);
    if (text.empty() || text[0] == '%') continue;
    return absl::StartsWithIgnoreCase(text, "@relation");
  }
  return false;
}

}  // namespace

absl::StatusOr<v1::DataFormat> DetectFormat(absl::string_view head,
                                            absl::string_view path) {
  if (IsIdxMagic(head)) return v1::DATA_FORMAT_IDX;
  if (absl::StartsWith(head, "\x93NUMPY")) return v1::DATA_FORMAT_NPY;
  const v1::DataFormat by_name = FormatOfName(path);
  if (by_name != v1::DATA_FORMAT_IDX) {
    RETURN_IF_ERROR(CheckNotForeign(head, path));
  }
  if (absl::StrContains(head, absl::string_view("\0", 1))) {
    if (by_name == v1::DATA_FORMAT_IDX) return by_name;
    return absl::InvalidArgumentError(absl::StrCat(
        path,
        ": found binary content, expected a text table, libsvm, uci_gas, arff, "
        "idx or npy"));
  }
  absl::ConsumePrefix(&head, "\xEF\xBB\xBF");
  if (IsArff(head)) return v1::DATA_FORMAT_ARFF;
  for (const absl::string_view line : absl::StrSplit(head, '\n')) {
    switch (KindOf(line)) {
      case LineKind::kLibsvm:
        return v1::DATA_FORMAT_LIBSVM;
      case LineKind::kUciGas:
        return v1::DATA_FORMAT_UCI_GAS;
      case LineKind::kOther:
        return by_name;
      case LineKind::kEmpty:
      case LineKind::kTargetOnly:
        break;
    }
  }
  return by_name;
}

absl::Status CheckFields(const v1::DataImport& import, v1::DataFormat format) {
  using Import = v1::DataImport;
  static constexpr v1::DataFormat kCsv = v1::DATA_FORMAT_CSV;
  static constexpr v1::DataFormat kArff = v1::DATA_FORMAT_ARFF;
  static constexpr v1::DataFormat kIdx = v1::DATA_FORMAT_IDX;
  static constexpr v1::DataFormat kNpy = v1::DATA_FORMAT_NPY;
  static constexpr v1::DataFormat kEntries = v1::DATA_FORMAT_ENTRIES;
  struct Field {
    int number;
    std::vector<v1::DataFormat> formats;  // The formats that know it.
  };
  static const auto* const fields = new std::vector<Field>{
      {Import::kLabelsFieldNumber, {kIdx, kNpy}},
      {Import::kDelimiterFieldNumber, {kCsv, kEntries}},
      {Import::kDecimalFieldNumber, {kCsv, kEntries}},
      {Import::kHeaderFieldNumber, {kCsv, kEntries}},
      {Import::kTargetFieldNumber, {kCsv, kArff, kIdx, kNpy, kEntries}},
      {Import::kIgnoreFieldNumber, {kCsv, kArff, kIdx, kNpy, kEntries}},
      {Import::kMissingFieldNumber, {kCsv, kArff, kEntries}},
      {Import::kMissingValueFieldNumber, {kCsv, kArff, kEntries}},
      {Import::kCategoricalFieldNumber, {kCsv, kArff}},
      {Import::kGasFieldNumber, {v1::DATA_FORMAT_UCI_GAS}},
  };
  const auto name = [](std::string* out, v1::DataFormat value) {
    out->append(
        EnumText(*v1::DataFormat_descriptor()->FindValueByNumber(value)));
  };
  const google::protobuf::Reflection& reflection = *import.GetReflection();
  for (const Field& field : *fields) {
    const google::protobuf::FieldDescriptor* descriptor =
        v1::DataImport::descriptor()->FindFieldByNumber(field.number);
    const bool set = descriptor->is_repeated()
                         ? reflection.FieldSize(import, descriptor) > 0
                         : reflection.HasField(import, descriptor);
    if (!set || absl::c_linear_search(field.formats, format)) continue;
    std::string found;
    name(&found, format);
    return absl::InvalidArgumentError(
        absl::StrCat(import.file(), ": found `", descriptor->name(),
                     "` for a file in format ", found, ", expected it for ",
                     absl::StrJoin(field.formats, ", ", name), " only"));
  }
  if (!import.labels().empty() && !import.target().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(import.file(),
                     ": found `labels` and `target`, expected "
                     "one of them"));
  }
  return absl::OkStatus();
}

}  // namespace fathom::client

#include "client/data/format.h"

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/data/text.h"
#include "proto/sweep/fields.h"

namespace fathom {
namespace {

enum class LineKind { kEmpty, kTargetOnly, kLibsvm, kUciGas, kOther };

// Judges a line by its first two words.
LineKind KindOf(absl::string_view line) {
  line = absl::StripAsciiWhitespace(line.substr(0, line.find('#')));
  if (line.empty()) return LineKind::kEmpty;
  const std::vector<absl::string_view> words =
      absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  const bool pairs =
      words.size() >= 2 &&
      ParseInteger(words[1].substr(0, words[1].find(':'))).has_value() &&
      absl::StrContains(words[1], ':');
  if (words.size() >= 2 && !pairs) return LineKind::kOther;
  const size_t separator = words[0].find(';');
  if (separator != absl::string_view::npos) {
    return pairs && ParseInteger(words[0].substr(0, separator))
               ? LineKind::kUciGas
               : LineKind::kOther;
  }
  if (!ParseNumber(words[0])) return LineKind::kOther;
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

}  // namespace

absl::StatusOr<v1::DataFormat> DetectFormat(absl::string_view head,
                                            absl::string_view path) {
  if (IsIdxMagic(head)) return v1::DATA_FORMAT_IDX;
  const v1::DataFormat by_name = FormatOfName(path);
  if (absl::StrContains(head, absl::string_view("\0", 1))) {
    if (by_name == v1::DATA_FORMAT_IDX) return by_name;
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": found binary content, expected csv, libsvm, uci_gas or idx"));
  }
  absl::ConsumePrefix(&head, "\xEF\xBB\xBF");
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
  struct Field {
    absl::string_view name;
    bool set;
    v1::DataFormat format;  // The only one that knows it.
  };
  const Field fields[] = {
      {"labels", !import.labels().empty(), v1::DATA_FORMAT_IDX},
      {"delimiter", !import.delimiter().empty(), v1::DATA_FORMAT_CSV},
      {"target", !import.target().empty(), v1::DATA_FORMAT_CSV},
      {"ignore", !import.ignore().empty(), v1::DATA_FORMAT_CSV},
      {"gas", import.has_gas(), v1::DATA_FORMAT_UCI_GAS},
  };
  const auto name = [](v1::DataFormat value) {
    return EnumText(*v1::DataFormat_descriptor()->FindValueByNumber(value));
  };
  for (const Field& field : fields) {
    if (!field.set || field.format == format) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        import.file(), ": found `", field.name, "` for a file in format ",
        name(format), ", expected it for ", name(field.format), " only"));
  }
  return absl::OkStatus();
}

}  // namespace fathom

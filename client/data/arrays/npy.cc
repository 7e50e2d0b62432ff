// This file reads the header of NumPy's format for arrays: a magic number, a
// version, and a Python dictionary such as
//   {'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }
#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "client/data/arrays/array_file.h"
#include "client/data/text.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

using NumberKind = ArrayHeader::Kind;

constexpr absl::string_view kMagic = "\x93NUMPY";
constexpr size_t kMostHeaderBytes = 10'000;

// Returns the text behind `key` in a Python dictionary, or "" without that key.
absl::string_view ValueAfter(absl::string_view dictionary,
                             absl::string_view key) {
  const size_t at = dictionary.find(absl::StrCat("'", key, "':"));
  if (at == absl::string_view::npos) return "";
  return absl::StripLeadingAsciiWhitespace(
      dictionary.substr(at + key.size() + 3));
}

// Reads a type such as "'<f8'". Returns false when it is not supported.
bool ReadType(absl::string_view text, ArrayHeader* header) {
  if (text.size() < 5 || text[0] != '\'' || text[4] != '\'') return false;
  const char order = text[1];
  const char kind = text[2];
  const int bytes = text[3] - '0';
  const bool fits = bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
  header->big_endian = order == '>';
  header->bytes = bytes;
  switch (kind) {
    case 'f':
      header->kind = NumberKind::kFloat;
      return fits && bytes >= 4;
    case 'i':
      header->kind = NumberKind::kSigned;
      return fits;
    case 'u':
      header->kind = NumberKind::kUnsigned;
      return fits;
    case 'b':
      header->kind = NumberKind::kUnsigned;
      return bytes == 1;
    default:
      return false;
  }
}

// Reads a shape such as "(3, 2)". Returns false when it is none.
bool ReadShape(absl::string_view text, ArrayHeader* header) {
  const size_t close = text.find(')');
  if (!absl::ConsumePrefix(&text, "(") || close == absl::string_view::npos) {
    return false;
  }
  for (const absl::string_view part :
       absl::StrSplit(text.substr(0, close - 1), ',', absl::SkipWhitespace())) {
    int64_t side = 0;
    if (!absl::SimpleAtoi(part, &side) || side < 0) return false;
    header->sides.push_back(side);
  }
  return true;
}

absl::Status Read(InputFile* file, size_t size, std::string* out) {
  const size_t begin = out->size();
  out->resize(begin + size);
  ASSIGN_OR_RETURN(const size_t count, file->Read(size, out->data() + begin));
  if (count == size) return absl::OkStatus();
  return ErrorAtByte(*file, static_cast<int64_t>(begin + count),
                     "the end of the file", "an npy header");
}

}  // namespace

absl::StatusOr<ArrayHeader> ReadNpyHeader(InputFile* file) {
  std::string bytes;
  RETURN_IF_ERROR(Read(file, kMagic.size() + 2, &bytes));
  const int version = bytes[kMagic.size()];
  if (!absl::StartsWith(bytes, kMagic) || version < 1 || version > 3) {
    return ErrorAtByte(*file, 0, QuoteText(bytes),
                       "an npy file of version 1 to 3");
  }
  const size_t length_bytes = version == 1 ? 2 : 4;
  RETURN_IF_ERROR(Read(file, length_bytes, &bytes));
  size_t length = 0;
  for (size_t i = 0; i < length_bytes; ++i) {
    length |= size_t{static_cast<unsigned char>(bytes[kMagic.size() + 2 + i])}
              << (8 * i);
  }
  const auto at = static_cast<int64_t>(bytes.size());
  if (length > kMostHeaderBytes) {
    return ErrorAtByte(*file, at,
                       absl::StrCat("a header of ", length, " bytes"),
                       absl::StrCat("at most ", kMostHeaderBytes));
  }
  RETURN_IF_ERROR(Read(file, length, &bytes));
  const absl::string_view dictionary = absl::string_view(bytes).substr(at);
  ArrayHeader header;
  header.header_bytes = static_cast<int64_t>(bytes.size());
  const absl::string_view type = ValueAfter(dictionary, "descr");
  if (absl::StartsWith(type, "[")) {
    return ErrorAtByte(*file, at, "records of several fields",
                       "numbers of one type; in Python, pandas.DataFrame(X)"
                       ".to_csv(\"FILE.csv\", index=False) writes a table");
  }
  if (!ReadType(type, &header)) {
    return ErrorAtByte(*file, at,
                       absl::StrCat("numbers of type ",
                                    QuoteText(type.substr(0, type.find(',')))),
                       "floats of 4 or 8 bytes, integers or booleans; in "
                       "Python, X.astype(\"f8\") makes floats of them");
  }
  if (!ReadShape(ValueAfter(dictionary, "shape"), &header) ||
      header.sides.empty() || header.sides.size() > 2 ||
      std::count(header.sides.begin(), header.sides.end(), 0) > 0) {
    return ErrorAtByte(
        *file, at, absl::StrCat("an array of ", header.sides.size(), " sides"),
        "one of one or two sides, each at least 1");
  }
  header.first_side_fastest =
      header.sides.size() == 2 &&
      absl::StartsWith(ValueAfter(dictionary, "fortran_order"), "True");
  RETURN_IF_ERROR(CheckSize(file->path(), 1, header.item_size()));
  return header;
}

}  // namespace fathom::client

// This file reads the header of MNIST's format for arrays.
#include <cstddef>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/data/arrays/array_file.h"
#include "client/data/text.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

using NumberKind = ArrayHeader::Kind;

constexpr int kMostSides = 4;

constexpr struct {
  int code;
  NumberKind kind;
  int bytes;
} kTypes[] = {
    {0x08, NumberKind::kUnsigned, 1}, {0x09, NumberKind::kSigned, 1},
    {0x0B, NumberKind::kSigned, 2},   {0x0C, NumberKind::kSigned, 4},
    {0x0D, NumberKind::kFloat, 4},    {0x0E, NumberKind::kFloat, 8},
};

absl::Status ReadFour(InputFile* file, int64_t offset, char (&out)[4]) {
  ASSIGN_OR_RETURN(const size_t count, file->Read(sizeof(out), out));
  if (count == sizeof(out)) return absl::OkStatus();
  return ErrorAtByte(*file, offset + static_cast<int64_t>(count),
                     "the end of the file", "an idx header");
}

}  // namespace

absl::StatusOr<ArrayHeader> ReadIdxHeader(InputFile* file) {
  char bytes[4];
  RETURN_IF_ERROR(ReadFour(file, 0, bytes));
  ArrayHeader header = {.bytes = 0, .big_endian = true};
  for (const auto& type : kTypes) {
    if (bytes[2] != type.code) continue;
    header.kind = type.kind;
    header.bytes = type.bytes;
  }
  const int sides = static_cast<unsigned char>(bytes[3]);
  if (bytes[0] != 0 || bytes[1] != 0 || header.bytes == 0 || sides < 1 ||
      sides > kMostSides) {
    return ErrorAtByte(
        *file, 0,
        absl::StrCat("0x", absl::BytesToHexString(absl::string_view(bytes, 4))),
        absl::StrCat("an idx file: two zero bytes, a type of 0x08 to 0x0e, and "
                     "1 to ",
                     kMostSides, " sides"));
  }
  int64_t item_size = 1;
  for (int i = 0; i < sides; ++i) {
    const int64_t offset = 4 + 4 * i;
    RETURN_IF_ERROR(ReadFour(file, offset, bytes));
    int64_t size = 0;
    for (const char byte : bytes) {
      size = size << 8 | static_cast<unsigned char>(byte);
    }
    if (size == 0) {
      return ErrorAtByte(*file, offset, i == 0 ? "no rows" : "a side of 0",
                         "at least 1");
    }
    header.sides.push_back(size);
    if (i > 0) item_size *= size;
    RETURN_IF_ERROR(CheckSize(file->path(), 1, item_size));
  }
  header.header_bytes = 4 + 4 * sides;
  return header;
}

}  // namespace fathom::client

#include "client/data/arrays/array_file.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "client/data/text.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

constexpr int64_t kReadBytes = 1 << 20;
constexpr double kMaxExactInteger = 9007199254740992;  // 2^53.

// Returns the number with the bytes `bits`, the least significant one first.
double NumberOf(const ArrayHeader& header, uint64_t bits) {
  const int size = 8 * header.bytes;
  switch (header.kind) {
    case ArrayHeader::Kind::kFloat:
      if (size == 64) return std::bit_cast<double>(bits);
      return std::bit_cast<float>(static_cast<uint32_t>(bits));
    case ArrayHeader::Kind::kSigned:
      // The number is shifted up and down again, so that its sign fills the
      // bits above.
      return static_cast<double>(static_cast<int64_t>(bits << (64 - size)) >>
                                 (64 - size));
    case ArrayHeader::Kind::kUnsigned:
      return static_cast<double>(bits);
  }
  return 0;
}

uint64_t BitsAt(const ArrayHeader& header, const char* bytes) {
  uint64_t bits = 0;
  for (int i = 0; i < header.bytes; ++i) {
    const int place = header.big_endian ? header.bytes - 1 - i : i;
    bits |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * place);
  }
  return bits;
}

// Returns where in the array the number is that is the one at `place` of the
// file, counted from 0.
std::string PlaceText(const ArrayHeader& header, int64_t place) {
  const int64_t width = header.item_size();
  const bool by_columns = header.first_side_fastest;
  const int64_t row = by_columns ? place % header.sides[0] : place / width;
  const int64_t column = by_columns ? place / header.sides[0] : place % width;
  return absl::StrCat(" in row ", row + 1,
                      width > 1 ? absl::StrCat(", column_", column + 1) : "");
}

// Writes to `out` the first `rows` rows of a (all_rows x width) array that is
// stored column by column.
void Transpose(int64_t all_rows, int64_t rows, int64_t width,
               const double* columns, double* out) {
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < width; ++j) *out++ = columns[j * all_rows + i];
  }
}

}  // namespace

int64_t ArrayHeader::item_size() const {
  int64_t size = 1;
  for (size_t i = 1; i < sides.size(); ++i) size *= sides[i];
  return size;
}

std::string TypeText(const ArrayHeader& header) {
  const char* const kind = header.kind == ArrayHeader::Kind::kFloat    ? "float"
                           : header.kind == ArrayHeader::Kind::kSigned ? "int"
                                                                       : "uint";
  return absl::StrCat(kind, 8 * header.bytes);
}

absl::Status ReadItems(const ArrayHeader& header, int64_t rows, InputFile* file,
                       std::vector<double>* out) {
  const int64_t width = header.item_size();
  // Each column of such an array holds some of the first rows, so that the
  // whole array has to be read.
  const int64_t taken = header.first_side_fastest ? header.sides[0] : rows;
  const int64_t total = taken * width;
  const size_t begin = out->size();
  std::vector<char> block(std::min(total * header.bytes, kReadBytes));
  for (int64_t done = 0; done < total;) {
    const int64_t want =
        std::min<int64_t>((total - done), kReadBytes / header.bytes);
    ASSIGN_OR_RETURN(const size_t count,
                     file->Read(want * header.bytes, block.data()));
    const int64_t byte = header.header_bytes + done * header.bytes;
    if (static_cast<int64_t>(count) < want * header.bytes) {
      return ErrorAtByte(
          *file, byte + static_cast<int64_t>(count), "the end of the file",
          absl::StrCat(header.sides[0], " items of ", width * header.bytes,
                       " bytes, as its header says"));
    }
    for (int64_t i = 0; i < want; ++i) {
      const double number =
          NumberOf(header, BitsAt(header, &block[i * header.bytes]));
      const bool exact = header.kind == ArrayHeader::Kind::kFloat ||
                         std::abs(number) < kMaxExactInteger;
      if (!std::isfinite(number) || !exact) {
        return ErrorAtByte(
            *file, byte + i * header.bytes,
            absl::StrCat(std::isnan(number) ? "NaN"
                         : !std::isfinite(number)
                             ? "an infinite number"
                             : "an integer of 2^53 or more",
                         PlaceText(header, done + i)),
            std::isnan(number)
                ? "a number that a double holds; in Python, "
                  "X[~numpy.isnan(X).any(axis=1)] leaves out such rows, and in "
                  "a text table `missing: drop` does"
                : "a number that a double holds");
      }
      out->push_back(number);
    }
    done += want;
  }
  if (header.first_side_fastest) {
    const std::vector<double> columns(out->begin() + begin, out->end());
    out->resize(begin + rows * width);
    Transpose(taken, rows, width, columns.data(), out->data() + begin);
  }
  if (rows < header.sides[0] && !header.first_side_fastest) {
    return absl::OkStatus();
  }
  char extra = 0;
  ASSIGN_OR_RETURN(const size_t count, file->Read(1, &extra));
  if (count == 0) return absl::OkStatus();
  return ErrorAtByte(*file, header.header_bytes + total * header.bytes,
                     "more bytes", "the end of the file");
}

absl::Status ErrorAtByte(const InputFile& file, int64_t byte,
                         absl::string_view found, absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat(file.path(), ": byte ", byte,
                                                 ": found ", found,
                                                 ", expected ", expected));
}

}  // namespace fathom::client

#include "client/data/idx.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "client/data/text.h"
#include "proto/shared/status.h"

namespace fathom {
namespace {

constexpr char kUnsignedByte = 0x08;
constexpr int64_t kReadBytes = 1 << 20;

struct Header {
  int64_t count = 0;           // Number of images or labels.
  std::vector<int64_t> shape;  // Of one of them.
  int64_t item_bytes = 1;      // Product of `shape`.
  int64_t header_bytes = 0;
};

absl::Status ErrorAtByte(const InputFile& file, int64_t byte,
                         absl::string_view found, absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat(file.path(), ": byte ", byte,
                                                 ": found ", found,
                                                 ", expected ", expected));
}

absl::Status ReadHeaderBytes(InputFile* file, int64_t offset, char (&out)[4]) {
  ASSIGN_OR_RETURN(const size_t count, file->Read(sizeof(out), out));
  if (count == sizeof(out)) return absl::OkStatus();
  return ErrorAtByte(*file, offset + static_cast<int64_t>(count),
                     "the end of the file", "an idx header");
}

absl::StatusOr<Header> ReadHeader(InputFile* file, int min_dimensions,
                                  int max_dimensions, absl::string_view what) {
  char bytes[4];
  RETURN_IF_ERROR(ReadHeaderBytes(file, 0, bytes));
  const int dimensions = static_cast<unsigned char>(bytes[3]);
  if (bytes[0] != 0 || bytes[1] != 0 || bytes[2] != kUnsignedByte ||
      dimensions < min_dimensions || dimensions > max_dimensions) {
    return ErrorAtByte(
        *file, 0,
        absl::StrCat("0x", absl::BytesToHexString(absl::string_view(bytes, 4))),
        absl::StrCat("0x0000080", min_dimensions, ", an idx file of ", what));
  }
  Header header;
  for (int i = 0; i < dimensions; ++i) {
    const int64_t offset = 4 + 4 * i;
    RETURN_IF_ERROR(ReadHeaderBytes(file, offset, bytes));
    int64_t size = 0;
    for (const char byte : bytes) {
      size = size << 8 | static_cast<unsigned char>(byte);
    }
    if (size == 0) {
      return ErrorAtByte(*file, offset, i == 0 ? "no rows" : "a side of 0",
                         "at least 1");
    }
    if (i == 0) {
      header.count = size;
      continue;
    }
    header.shape.push_back(size);
    header.item_bytes *= size;
    RETURN_IF_ERROR(CheckSize(file->path(), 1, header.item_bytes));
  }
  header.header_bytes = 4 + 4 * dimensions;
  return header;
}

// Appends the first `rows` items to `out`.
absl::Status ReadItems(const Header& header, int64_t rows, InputFile* file,
                       std::vector<double>* out) {
  const int64_t total = rows * header.item_bytes;
  std::vector<char> block(std::min(total, kReadBytes));
  for (int64_t done = 0; done < total;) {
    const int64_t want = std::min(total - done, kReadBytes);
    ASSIGN_OR_RETURN(const size_t count, file->Read(want, block.data()));
    const auto* bytes = reinterpret_cast<const unsigned char*>(block.data());
    out->insert(out->end(), bytes, bytes + count);
    done += static_cast<int64_t>(count);
    if (static_cast<int64_t>(count) < want) {
      return ErrorAtByte(
          *file, header.header_bytes + done, "the end of the file",
          absl::StrCat(header.count, " items of ", header.item_bytes,
                       " bytes, as its header says"));
    }
  }
  if (rows < header.count) return absl::OkStatus();
  char extra = 0;
  ASSIGN_OR_RETURN(const size_t count, file->Read(1, &extra));
  if (count == 0) return absl::OkStatus();
  return ErrorAtByte(*file, header.header_bytes + total, "more bytes",
                     "the end of the file");
}

}  // namespace

absl::StatusOr<ImportedDataset> ReadIdx(int64_t rows, InputFile* images,
                                        InputFile* labels) {
  ASSIGN_OR_RETURN(const Header image_header,
                   ReadHeader(images, 3, 4, "images of bytes"));
  ASSIGN_OR_RETURN(const Header label_header,
                   ReadHeader(labels, 1, 1, "labels"));
  if (label_header.count != image_header.count) {
    return ErrorAtByte(
        *labels, 4, absl::StrCat(label_header.count, " labels"),
        absl::StrCat(image_header.count, " as in ", images->path()));
  }
  const int64_t taken =
      rows > 0 ? std::min(rows, image_header.count) : image_header.count;
  RETURN_IF_ERROR(CheckSize(images->path(), taken, image_header.item_bytes));
  ImportedDataset imported;
  imported.dataset.rows = taken;
  imported.dataset.columns = static_cast<int32_t>(image_header.item_bytes);
  imported.dataset.targets = 1;
  imported.format = absl::StrCat("idx ", absl::StrJoin(image_header.shape, "x"),
                                 images->gzip() ? " (gzip)" : "");
  imported.targets = {"label"};
  RETURN_IF_ERROR(ReadItems(image_header, taken, images, &imported.dataset.x));
  RETURN_IF_ERROR(ReadItems(label_header, taken, labels, &imported.dataset.y));
  return imported;
}

}  // namespace fathom

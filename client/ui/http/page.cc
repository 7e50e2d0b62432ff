#include "client/ui/http/page.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "zlib.h"

namespace fathom::client {
namespace {

constexpr size_t kMostUnpackedBytes = 64 << 20;
constexpr unsigned kUnpackBytes = 256 << 10;
constexpr int kGzipOnly = 16;  // Added to the window's bits.

}  // namespace

const PageFile* Page::Find(absl::string_view name) const {
  const auto found =
      std::find_if(files.begin(), files.end(),
                   [&](const PageFile& file) { return name == file.name; });
  return found == files.end() ? nullptr : &*found;
}

absl::StatusOr<std::string> Unpack(const PageFile& file) {
  const absl::string_view packed = file.gzip();
  std::string unpacked;
  z_stream stream = {};
  if (inflateInit2(&stream, MAX_WBITS + kGzipOnly) != Z_OK) {
    return absl::ResourceExhaustedError("no memory to unpack the page");
  }
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  int result = Z_OK;
  while (result == Z_OK && unpacked.size() < kMostUnpackedBytes) {
    const size_t before = unpacked.size();
    unpacked.resize(before + kUnpackBytes);
    stream.next_out = reinterpret_cast<Bytef*>(unpacked.data() + before);
    stream.avail_out = kUnpackBytes;
    result = inflate(&stream, Z_NO_FLUSH);
    unpacked.resize(before + kUnpackBytes - stream.avail_out);
  }
  inflateEnd(&stream);
  if (result == Z_STREAM_END) return unpacked;
  return absl::DataLossError(
      absl::StrCat("the file ", file.name, " of the page cannot be unpacked"));
}

}  // namespace fathom::client

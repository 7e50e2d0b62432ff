#include "worker/session/datasets/dataset_part.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/dataset/dataset_decoder.h"
#include "proto/shared/protocol.h"
#include "proto/shared/status.h"

namespace fathom::worker {
namespace {

// How many bytes are decoded at a time.
constexpr size_t kPieceBytes = size_t{1} << 20;

absl::Status NotTheDataset(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("another content: ", what));
}

}  // namespace

absl::StatusOr<Dataset> DecodeChecked(const ReadAt& read, int64_t size,
                                      const std::string& digest,
                                      const std::function<bool()>& keep_going) {
  DatasetDecoder decoder(size);
  std::string piece(kPieceBytes, '\0');
  for (int64_t at = 0; at < size;) {
    if (!keep_going()) return absl::CancelledError("cancelled");
    ASSIGN_OR_RETURN(const size_t got, read(at, piece.data(), piece.size()));
    if (got == 0) break;  // Finish says what is missing.
    const absl::Status status =
        decoder.Add(absl::string_view(piece).substr(0, got));
    if (!status.ok()) return NotTheDataset(status.message());
    at += static_cast<int64_t>(got);
  }
  auto decoded = decoder.Finish();
  if (!decoded.ok()) return NotTheDataset(decoded.status().message());
  if (decoded->digest != digest) {
    return NotTheDataset(
        absl::StrCat("found digest ", decoded->digest, ", expected ", digest));
  }
  return std::move(decoded->dataset);
}

absl::Status DatasetPart::TakeHeader(absl::string_view bytes) {
  const size_t wanted =
      std::min(kDatasetHeaderBytes - header_.size(), bytes.size());
  std::string header = absl::StrCat(header_, bytes.substr(0, wanted));
  if (header.size() == kDatasetHeaderBytes) {
    const auto decoded = DecodeDatasetHeader(header);
    if (!decoded.ok()) return NotTheDataset(decoded.status().message());
    if (decoded->size_bytes > static_cast<uint64_t>(kMaxDatasetBytes)) {
      return NotTheDataset(
          absl::StrCat("found a dataset of ", decoded->size_bytes,
                       " bytes, expected at most ", kMaxDatasetBytes));
    }
    total_ = static_cast<int64_t>(decoded->size_bytes);
    Expect(total_ - size_);
  }
  header_ = std::move(header);
  return absl::OkStatus();
}

absl::Status DatasetPart::Append(absl::string_view bytes) {
  RETURN_IF_ERROR(storage_);
  if (total_ == 0) RETURN_IF_ERROR(TakeHeader(bytes));
  const int64_t end = size_ + static_cast<int64_t>(bytes.size());
  if (total_ > 0 && end > total_) {
    return NotTheDataset(absl::StrCat("found more than the ", total_,
                                      " bytes that its header says"));
  }
  storage_ = Store(size_, bytes);
  if (storage_.ok()) size_ = end;
  return storage_;
}

absl::Status DatasetPart::Restart() {
  RETURN_IF_ERROR(storage_);
  storage_ = Clear();
  size_ = 0;
  total_ = 0;
  header_.clear();
  return storage_;
}

absl::Status DatasetPart::Resume(int64_t size) {
  std::string header(kDatasetHeaderBytes, '\0');
  auto got = Read(0, header.data(), header.size());
  if (!got.ok()) return storage_ = got.status();
  header.resize(*got);
  size_ = size;
  if (TakeHeader(header).ok() && (total_ == 0 || size <= total_)) {
    return absl::OkStatus();
  }
  return Restart();
}

absl::StatusOr<Dataset> DatasetPart::Decode(
    const std::string& digest, const std::function<bool()>& keep_going) {
  RETURN_IF_ERROR(storage_);
  return DecodeChecked([this](int64_t offset, char* to,
                              size_t most) { return Read(offset, to, most); },
                       size_, digest, keep_going);
}

absl::Status MemoryPart::Store(int64_t, absl::string_view bytes) {
  bytes_.append(bytes.data(), bytes.size());
  return absl::OkStatus();
}

absl::StatusOr<size_t> MemoryPart::Read(int64_t offset, char* to, size_t most) {
  const absl::string_view rest =
      absl::string_view(bytes_).substr(static_cast<size_t>(offset), most);
  std::memcpy(to, rest.data(), rest.size());
  return rest.size();
}

absl::Status MemoryPart::Clear() {
  bytes_.clear();
  bytes_.shrink_to_fit();
  return absl::OkStatus();
}

// A string that grew as bytes come would take twice as much.
void MemoryPart::Expect(int64_t bytes) {
  bytes_.reserve(bytes_.size() + static_cast<size_t>(bytes));
}

}  // namespace fathom::worker

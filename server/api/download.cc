#include "server/api/download.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/shared/protocol.h"
#include "proto/shared/status.h"
#include "server/api/sending_call.h"

namespace fathom::server {
namespace {

// A worker on a slow line has only what came in whole messages, so they are
// smaller than the pieces in the ledger.
constexpr size_t kMessageBytes = size_t{256} << 10;

// Reads a dataset from the ledger, each piece in a short read of its own.
class DatasetPieces {
 public:
  DatasetPieces(const LedgerReader* reader, std::string digest)
      : reader_(reader), digest_(std::move(digest)) {}

  // Returns the bytes of a message, which begin at `offset` and end with the
  // piece at the latest; empty at the end of the dataset. Offsets after the
  // first are where the last message ended.
  absl::StatusOr<std::string> operator()(int64_t offset) {
    if (size_ < 0) {
      ASSIGN_OR_RETURN(const v1::Dataset dataset,
                       reader_->GetDatasetInfo(digest_));
      size_ = dataset.size_bytes();
      if (offset > size_) {
        return absl::OutOfRangeError(
            absl::StrCat("found offset ", offset, ", expected at most ", size_,
                         ", where dataset ", digest_, " ends"));
      }
    }
    if (offset == size_) return std::string();
    const auto skipped = static_cast<size_t>(offset % kDatasetChunkBytes);
    if (piece_.empty()) {
      ASSIGN_OR_RETURN(piece_, reader_->ReadDatasetPiece(
                                   digest_, offset / kDatasetChunkBytes));
    }
    if (skipped >= piece_.size()) {
      return absl::DataLossError(absl::StrCat(
          "dataset ", digest_, " has ", size_, " bytes, and ends at ",
          offset - static_cast<int64_t>(skipped - piece_.size())));
    }
    std::string message = piece_.substr(skipped, kMessageBytes);
    if (skipped + message.size() == piece_.size()) piece_.clear();
    return message;
  }

 private:
  const LedgerReader* reader_;
  std::string digest_;
  int64_t size_ = -1;  // -1 while unknown.
  // The piece that the next offset is in; empty when it is to be read.
  std::string piece_;
};

}  // namespace

grpc::ServerWriteReactor<v1::DatasetChunk>* StartDownload(
    const LedgerReader* reader, ReadPool* pool, Transfers* downloads,
    Callers* callers, grpc::CallbackServerContext* context,
    const v1::GetDatasetRequest* request) {
  return SendingCall<v1::DatasetChunk>::Start(
      {.pool = pool,
       .transfers = downloads,
       .callers = callers,
       .what = "a dataset"},
      context, request->offset(), DatasetPieces(reader, request->digest()));
}

}  // namespace fathom::server

#ifndef FATHOM_PROTO_SHARED_PROTOCOL_H_
#define FATHOM_PROTO_SHARED_PROTOCOL_H_

#include <cstdint>

namespace fathom {

// The newest and the oldest version of the worker protocol that this program
// speaks; see worker_service.proto. The newest is raised whenever an older
// program could misunderstand a newer one. The oldest is raised when nobody
// uses the older version any more.
inline constexpr int kProtocolVersion = 1;
inline constexpr int kOldestProtocolVersion = 1;

// Largest number of bytes of a dataset in one message, and size of its pieces
// in the ledger.
inline constexpr int64_t kDatasetChunkBytes = int64_t{1} << 20;

// Largest dataset that can be uploaded or fetched, in canonical bytes.
inline constexpr int64_t kMaxDatasetBytes = int64_t{1} << 31;

// Largest checkpoint of a trial, and largest piece of one in a message.
inline constexpr int64_t kMaxCheckpointBytes = int64_t{1} << 30;
inline constexpr int64_t kCheckpointPieceBytes = int64_t{1} << 20;

// Largest message in bytes that either side accepts.
inline constexpr int kMaxMessageBytes = 64 << 20;

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_PROTOCOL_H_

#ifndef FATHOM_PROTO_SHARED_PROTOCOL_H_
#define FATHOM_PROTO_SHARED_PROTOCOL_H_

#include <cstdint>

namespace fathom {

// Newest and oldest version of the worker protocol that this program speaks;
// see worker_service.proto. The newest is raised whenever an older program
// could misunderstand a newer one, the oldest when there is nobody left to talk
// to.
inline constexpr int kProtocolVersion = 1;
inline constexpr int kOldestProtocolVersion = 1;

// Largest piece of a dataset in one message.
inline constexpr int64_t kDatasetChunkBytes = int64_t{1} << 20;

// Largest dataset that is uploaded or fetched, in canonical bytes.
inline constexpr int64_t kMaxDatasetBytes = int64_t{1} << 31;

// Largest message that either side accepts.
inline constexpr int kMaxMessageBytes = 64 << 20;

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_PROTOCOL_H_

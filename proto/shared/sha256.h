#ifndef FATHOM_PROTO_SHARED_SHA256_H_
#define FATHOM_PROTO_SHARED_SHA256_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace fathom {

// Computes SHA-256 (FIPS 180-4) of bytes that come in pieces.
//
// Not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  // Appends `bytes` to the bytes that are hashed.
  void Update(absl::string_view bytes);

  // Returns the digest of all bytes as 64 hex digits. To be called once, last.
  std::string HexDigest();

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

// Returns the digest of `bytes` as 64 hex digits.
std::string Sha256Hex(absl::string_view bytes);
inline constexpr int kSha256HexDigits = 64;

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_SHA256_H_

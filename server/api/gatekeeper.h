#ifndef FATHOM_SERVER_API_GATEKEEPER_H_
#define FATHOM_SERVER_API_GATEKEEPER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/security/auth_metadata_processor.h"
#include "proto/shared/clock.h"
#include "proto/shared/token.h"

namespace fathom::server {

// Decides for every call, before anything else sees it, whether it may be made:
// known token, role that may call the method (see access.h), not too many calls
// by the same name.
//
// This class is thread-safe.
class Gatekeeper final : public grpc::AuthMetadataProcessor {
 public:
  struct Options {
    // Calls per second that one name may make in the long run, and at once.
    // A stream of a worker counts as kCallsPerStream. Generous: they stop
    // loops, not users.
    double calls_per_second = 1000;
    double burst = 20'000;
  };

  // How many calls were refused, and why.
  struct Refusals {
    int64_t unauthenticated = 0;
    int64_t denied = 0;
    int64_t too_many = 0;
  };

  Gatekeeper(const Options& options, std::vector<TokenEntry> tokens,
             Clock clock)
      : options_(options),
        clock_(std::move(clock)),
        tokens_(std::move(tokens)) {}

  // From now on these tokens count. Calls that are open stay open: see Callers.
  void SetTokens(std::vector<TokenEntry> tokens);

  // Decides about one call. `authorization` is the header, null without one.
  // UNAUTHENTICATED, PERMISSION_DENIED or RESOURCE_EXHAUSTED, with what to do.
  absl::Status Admit(const absl::string_view* authorization,
                     absl::string_view method);

  // Returns the token that the header `authorization` shows; nothing when it is
  // not known.
  std::optional<TokenEntry> Find(absl::string_view authorization) const;

  // Whether this token, with this name and role, counts.
  bool Knows(const TokenEntry& token) const;

  Refusals refusals() const;
  size_t token_count() const;

  // gRPC's side of Admit. The token stays in the metadata of the call, for who
  // asks whose call it is; nobody writes metadata anywhere.
  bool IsBlocking() const override { return false; }
  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext*,
                       OutputMetadata*, OutputMetadata*) override;

 private:
  struct Bucket {
    double calls = 0;  // That may be made at `filled`.
    absl::Time filled;
  };

  absl::Status Decide(const absl::string_view* authorization,
                      absl::string_view method, std::string& who)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Take(const std::string& name, double calls)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Writes a line about refusals, at most one per second.
  void LogRefusal(const absl::Status& status, absl::string_view who)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Null when there is none. Valid as long as the lock is held.
  const TokenEntry* FindEntry(absl::string_view authorization) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  const Options options_;
  const Clock clock_;
  mutable absl::Mutex mutex_;
  std::vector<TokenEntry> tokens_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Bucket> buckets_ ABSL_GUARDED_BY(mutex_);
  Refusals refusals_ ABSL_GUARDED_BY(mutex_);
  int64_t unlogged_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time last_log_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_GATEKEEPER_H_

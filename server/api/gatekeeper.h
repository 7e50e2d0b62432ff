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

// Decides about every call, before any other code sees it. A call needs a known
// token whose role may call the method (see access.h), and the name of the
// token must not make too many calls.
//
// This class is thread-safe.
class Gatekeeper final : public grpc::AuthMetadataProcessor {
 public:
  struct Options {
    // The number of calls per second that one name may make in the long run,
    // and the number that it may make at once. A stream of a worker counts as
    // kCallsPerStream calls. The numbers are generous, to stop runaway loops
    // and not users.
    double calls_per_second = 1000;
    double burst = 20'000;
  };

  // The number of refused calls by reason.
  struct Refusals {
    int64_t unauthenticated = 0;
    int64_t denied = 0;
    int64_t too_many = 0;
  };

  // `clock` gives the time for the limits of calls per second.
  Gatekeeper(const Options& options, std::vector<TokenEntry> tokens,
             Clock clock)
      : options_(options),
        clock_(std::move(clock)),
        tokens_(std::move(tokens)) {}

  // The calls that show their token in their message, because what makes them
  // cannot send metadata: they are admitted here, without a token, within the
  // limits of one name for all of them, and what answers them admits the token.
  static bool HasTokenInMessage(absl::string_view method);

  // Replaces the tokens, and returns whether they are others than before. Open
  // calls stay open; see Callers::EndRevoked.
  bool SetTokens(std::vector<TokenEntry> tokens);

  // Decides about one call. `authorization` is the header of that name, null
  // without one. Returns OK, or UNAUTHENTICATED, PERMISSION_DENIED or
  // RESOURCE_EXHAUSTED with what to do about it.
  absl::Status Admit(const absl::string_view* authorization,
                     absl::string_view method);

  // Returns the entry of the token in the header `authorization`, or nothing
  // when the token is unknown.
  std::optional<TokenEntry> Find(absl::string_view authorization) const;

  // Whether this token exists with this name and role.
  bool Knows(const TokenEntry& token) const;

  // Returns the refusals since the start.
  Refusals refusals() const;
  size_t token_count() const;

  // The interface of Admit for gRPC. The token stays in the metadata of the
  // call, from which Callers reads it; no code logs or stores metadata.
  bool IsBlocking() const override { return false; }
  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext*,
                       OutputMetadata*, OutputMetadata*) override;

 private:
  // A token bucket: calls that a name may make, refilled at `calls_per_second`
  // up to `burst`.
  struct Bucket {
    double calls = 0;  // The number of calls at `filled`.
    absl::Time filled;
  };

  // Decides about a call for which HasTokenInMessage holds.
  absl::Status AdmitWithoutToken();
  // Decides as Admit does, and sets `who` to the name and role if the token is
  // known.
  absl::Status Decide(const absl::string_view* authorization,
                      absl::string_view method, std::string& who)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes `calls` calls from the bucket of `name`, or returns false.
  bool Take(const std::string& name, double calls)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Logs refusals in at most one line per second.
  void LogRefusal(const absl::Status& status, absl::string_view who)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Returns null when the token is unknown. Valid as long as the lock is held.
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

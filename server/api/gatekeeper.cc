#include "server/api/gatekeeper.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proto/shared/grpc_status.h"
#include "proto/shared/log.h"
#include "server/api/access.h"
#include "server/limits.h"

namespace fathom::server {
namespace {

constexpr absl::string_view kScheme = "bearer ";
constexpr absl::string_view kWorkMethod = "/fathom.v1.WorkerService/Work";
constexpr absl::Duration kRefusalLogPeriod = absl::Seconds(1);

absl::string_view View(grpc::string_ref text) {
  return absl::string_view(text.data(), text.size());
}

}  // namespace

bool Gatekeeper::SetTokens(std::vector<TokenEntry> tokens) {
  absl::MutexLock lock(&mutex_);
  if (tokens == tokens_) return false;
  tokens_ = std::move(tokens);
  buckets_.clear();
  return true;
}

const TokenEntry* Gatekeeper::FindEntry(absl::string_view authorization) const {
  if (!absl::StartsWithIgnoreCase(authorization, kScheme)) return nullptr;
  return FindToken(tokens_, authorization.substr(kScheme.size()));
}

std::optional<TokenEntry> Gatekeeper::Find(
    absl::string_view authorization) const {
  absl::MutexLock lock(&mutex_);
  const TokenEntry* const entry = FindEntry(authorization);
  if (entry == nullptr) return std::nullopt;
  return *entry;
}

bool Gatekeeper::Knows(const TokenEntry& token) const {
  absl::MutexLock lock(&mutex_);
  return std::any_of(
      tokens_.begin(), tokens_.end(), [&](const TokenEntry& entry) {
        return entry.hash == token.hash && entry.role == token.role &&
               entry.name == token.name;
      });
}

Gatekeeper::Refusals Gatekeeper::refusals() const {
  absl::MutexLock lock(&mutex_);
  return refusals_;
}

size_t Gatekeeper::token_count() const {
  absl::MutexLock lock(&mutex_);
  return tokens_.size();
}

absl::Status Gatekeeper::Admit(const absl::string_view* authorization,
                               absl::string_view method) {
  absl::MutexLock lock(&mutex_);
  std::string who = "someone";
  absl::Status status = Decide(authorization, method, who);
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return status;
    case absl::StatusCode::kUnauthenticated:
      ++refusals_.unauthenticated;
      break;
    case absl::StatusCode::kPermissionDenied:
      ++refusals_.denied;
      break;
    default:
      ++refusals_.too_many;
      break;
  }
  LogRefusal(status, who);
  return status;
}

bool Gatekeeper::HasTokenInMessage(absl::string_view method) {
  return absl::StartsWith(method, "/externalscaler.ExternalScaler/");
}

absl::Status Gatekeeper::AdmitWithoutToken() {
  absl::MutexLock lock(&mutex_);
  if (Take("(an external scaler)", 1)) return absl::OkStatus();
  const absl::Status status =
      absl::ResourceExhaustedError("too many calls by external scalers");
  ++refusals_.too_many;
  LogRefusal(status, "an external scaler");
  return status;
}

absl::Status Gatekeeper::Decide(const absl::string_view* authorization,
                                absl::string_view method, std::string& who) {
  if (authorization == nullptr) {
    return absl::UnauthenticatedError(
        "the coordinator wants a token and none came; give --token-file FILE "
        "or set FATHOM_TOKEN_FILE");
  }
  const TokenEntry* entry = FindEntry(*authorization);
  if (entry == nullptr) {
    return absl::UnauthenticatedError(
        "the coordinator does not know this token; was its line put into the "
        "token file of fathom-server, and that told to read it again?");
  }
  who = absl::StrCat(entry->name, " (", RoleName(entry->role), ")");
  if (absl::Status status = CheckAccess(entry->role, method); !status.ok()) {
    return status;
  }
  const double calls = method == kWorkMethod ? kCallsPerStream : 1;
  if (Take(entry->name, calls)) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("too many calls by ", entry->name, ": at most ",
                   options_.calls_per_second,
                   " per second in the long run; wait a second and go slower"));
}

bool Gatekeeper::Take(const std::string& name, double calls) {
  const absl::Time now = clock_();
  auto [it, is_new] = buckets_.try_emplace(name, Bucket{options_.burst, now});
  Bucket& bucket = it->second;
  if (now > bucket.filled) {
    bucket.calls =
        std::min(options_.burst,
                 bucket.calls + absl::ToDoubleSeconds(now - bucket.filled) *
                                    options_.calls_per_second);
  }
  bucket.filled = now;
  if (bucket.calls < calls) return false;
  bucket.calls -= calls;
  return true;
}

void Gatekeeper::LogRefusal(const absl::Status& status, absl::string_view who) {
  ++unlogged_;
  const absl::Time now = clock_();
  if (now >= last_log_ && now < last_log_ + kRefusalLogPeriod) return;
  // The message is ours and the name is from the token file, so the caller has
  // chosen nothing of this line.
  Log(LogLevel::kWarning,
      absl::StrCat("refused ", unlogged_,
                   unlogged_ == 1 ? " call" : " calls, the last", " of ", who,
                   ": ", absl::StatusCodeToString(status.code()), ", ",
                   status.message()));
  unlogged_ = 0;
  last_log_ = now;
}

grpc::Status Gatekeeper::Process(const InputMetadata& metadata,
                                 grpc::AuthContext*, OutputMetadata*,
                                 OutputMetadata*) {
  const auto path = metadata.find(":path");
  const absl::string_view method =
      path == metadata.end() ? absl::string_view() : View(path->second);
  // A call with two tokens counts as one without any, as different readers of
  // the header might pick different ones.
  if (HasTokenInMessage(method)) return ToGrpcStatus(AdmitWithoutToken());
  if (metadata.count("authorization") != 1) {
    return ToGrpcStatus(Admit(nullptr, method));
  }
  const auto found = metadata.find("authorization");
  const absl::string_view authorization = View(found->second);
  return ToGrpcStatus(Admit(&authorization, method));
}

}  // namespace fathom::server

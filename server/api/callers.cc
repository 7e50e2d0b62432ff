#include "server/api/callers.h"

#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"

namespace fathom::server {
namespace {

// Returns the header with the token, or nothing when the call has none.
std::optional<absl::string_view> AuthorizationOf(
    const grpc::CallbackServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find("authorization");
  if (found == metadata.end()) return std::nullopt;
  return absl::string_view(found->second.data(), found->second.size());
}

absl::Status Revoked() {
  return absl::UnauthenticatedError(
      "the token of this call was taken back while it was open");
}

}  // namespace

std::optional<TokenEntry> Callers::TokenOf(
    const grpc::CallbackServerContext& context) const {
  if (gatekeeper_ == nullptr) return std::nullopt;
  const auto authorization = AuthorizationOf(context);
  if (!authorization.has_value()) return std::nullopt;
  return gatekeeper_->Find(*authorization);
}

std::string Callers::NameOf(const grpc::CallbackServerContext& context) const {
  const auto token = TokenOf(context);
  return token.has_value() ? token->name : "";
}

Caller Callers::Who(const grpc::CallbackServerContext& context) const {
  if (gatekeeper_ == nullptr) return {};
  const auto token = TokenOf(context);
  if (!token.has_value()) return {.may_change_all = false};
  return {.name = token->name, .may_change_all = token->role == Role::kAdmin};
}

absl::Status Callers::AdmitToken(absl::string_view token,
                                 absl::string_view method) const {
  if (gatekeeper_ == nullptr) return absl::OkStatus();
  const std::string header = absl::StrCat("Bearer ", token);
  const absl::string_view authorization = header;
  return gatekeeper_->Admit(token.empty() ? nullptr : &authorization, method);
}

absl::StatusOr<std::unique_ptr<Callers::Call>> Callers::Open(
    const grpc::CallbackServerContext& context, End end) {
  std::optional<TokenEntry> token = TokenEntry();
  const auto authorization = AuthorizationOf(context);
  absl::MutexLock lock(&mutex_);
  if (gatekeeper_ != nullptr && authorization.has_value()) {
    // Under the lock, so that when tokens change, either this function sees the
    // new ones or EndRevoked sees the call.
    token = gatekeeper_->Find(*authorization);
    if (!token.has_value()) return Revoked();
  }
  const uint64_t id = next_++;
  std::string name = token->name;
  calls_.emplace(id, OpenCall{*std::move(token), std::move(end)});
  return std::unique_ptr<Call>(new Call(this, id, std::move(name)));
}

void Callers::EndRevoked() {
  std::vector<End> ends;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [id, call] : calls_) {
      if (call.token.hash.empty() || gatekeeper_->Knows(call.token)) continue;
      ends.push_back(call.end);
    }
  }
  for (const End& end : ends) end(Revoked());
}

void Callers::Remove(uint64_t id) {
  absl::MutexLock lock(&mutex_);
  calls_.erase(id);
}

}  // namespace fathom::server

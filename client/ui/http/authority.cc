#include "client/ui/http/authority.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/shared/credentials.h"
#include "proto/shared/status.h"
#include "proto/shared/token.h"

namespace fathom::client {
namespace {

// Asks the other side who is calling.
absl::StatusOr<Viewer> ViewerOf(std::shared_ptr<Connection> connection) {
  const absl::StatusOr<v1::GetCallerResponse> caller = connection->GetCaller();
  Viewer viewer = {.connection = connection};
  if (caller.ok()) {
    viewer.name = caller->name();
    viewer.role = caller->role();
    viewer.may_change =
        !caller->read_only() && (viewer.role.empty() || viewer.role != "read");
    return viewer;
  }
  // Coordinators of the first release have no such call. With tokens they
  // refuse it as one that no role may make, without them they do not know it.
  if (!absl::IsUnimplemented(caller.status()) &&
      !absl::IsPermissionDenied(caller.status())) {
    return caller.status();
  }
  const absl::Status listed = connection->GetNewestSweep().status();
  if (!listed.ok() && !absl::IsNotFound(listed)) return listed;
  // Who asks for more than may be gets the coordinator's refusal.
  viewer.may_change = true;
  return viewer;
}

class OpenAuthority final : public Authority {
 public:
  explicit OpenAuthority(ConnectionSource source)
      : source_(std::move(source)) {}

  bool needs_login() const override { return false; }
  absl::StatusOr<Viewer> Admit(const std::string& /*token*/) override {
    return absl::FailedPreconditionError("no login is needed here");
  }
  absl::StatusOr<Viewer> AskAgain(const Viewer& /*viewer*/,
                                  const std::string& /*hash*/) override {
    ASSIGN_OR_RETURN(std::shared_ptr<Connection> connection, source_());
    return ViewerOf(std::move(connection));
  }

 private:
  const ConnectionSource source_;
};

class TokenFileAuthority final : public Authority {
 public:
  TokenFileAuthority(std::string path, ConnectionSource source)
      : path_(std::move(path)), source_(std::move(source)) {}

  bool needs_login() const override { return true; }
  absl::StatusOr<Viewer> Admit(const std::string& token) override {
    return Find([&](const std::vector<TokenEntry>& entries) {
      return FindToken(entries, token);
    });
  }
  absl::StatusOr<Viewer> AskAgain(const Viewer& /*viewer*/,
                                  const std::string& hash) override {
    return Find([&](const std::vector<TokenEntry>& entries) {
      const TokenEntry* found = nullptr;
      for (const TokenEntry& entry : entries) {
        if (entry.hash == hash) found = &entry;
      }
      return found;
    });
  }

 private:
  // Returns the viewer with the entry that `choose` picks.
  absl::StatusOr<Viewer> Find(
      const std::function<const TokenEntry*(const std::vector<TokenEntry>&)>&
          choose) {
    const absl::StatusOr<std::string> text =
        ReadPublicFile(path_, "token file");
    if (!text.ok()) return Unreadable(text.status());
    const absl::StatusOr<std::vector<TokenEntry>> entries =
        ParseTokenFile(*text, path_);
    if (!entries.ok()) return Unreadable(entries.status());
    const TokenEntry* const entry = choose(*entries);
    if (entry == nullptr) {
      return absl::UnauthenticatedError("this token is not known here");
    }
    if (entry->role == Role::kWorker) {
      return absl::PermissionDeniedError(
          "a token of the role worker trains; it shows nothing");
    }
    ASSIGN_OR_RETURN(std::shared_ptr<Connection> connection, source_());
    return Viewer{.connection = std::move(connection),
                  .name = entry->name,
                  .role = std::string(RoleName(entry->role))};
  }

  // A file with a mistake lets nobody in and throws nobody out.
  static absl::Status Unreadable(const absl::Status& status) {
    return absl::UnavailableError(
        absl::StrCat("who may look cannot be found out: ", status.message()));
  }

  const std::string path_;
  const ConnectionSource source_;
};

class CoordinatorAuthority final : public Authority {
 public:
  using Connect = std::function<absl::StatusOr<std::shared_ptr<Connection>>(
      const std::string& token)>;
  explicit CoordinatorAuthority(Connect connect)
      : connect_(std::move(connect)) {}

  bool needs_login() const override { return true; }
  absl::StatusOr<Viewer> Admit(const std::string& token) override {
    ASSIGN_OR_RETURN(std::shared_ptr<Connection> connection, connect_(token));
    return ViewerOf(std::move(connection));
  }
  absl::StatusOr<Viewer> AskAgain(const Viewer& viewer,
                                  const std::string& /*hash*/) override {
    return ViewerOf(viewer.connection);
  }

 private:
  const Connect connect_;
};

}  // namespace

std::unique_ptr<Authority> MakeOpenAuthority(ConnectionSource source) {
  return std::make_unique<OpenAuthority>(std::move(source));
}

std::unique_ptr<Authority> MakeTokenFileAuthority(std::string path,
                                                  ConnectionSource source) {
  return std::make_unique<TokenFileAuthority>(std::move(path),
                                              std::move(source));
}

std::unique_ptr<Authority> MakeCoordinatorAuthority(
    std::function<
        absl::StatusOr<std::shared_ptr<Connection>>(const std::string& token)>
        connect) {
  return std::make_unique<CoordinatorAuthority>(std::move(connect));
}

}  // namespace fathom::client

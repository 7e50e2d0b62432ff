#ifndef FATHOM_PROTO_SHARED_TOKEN_H_
#define FATHOM_PROTO_SHARED_TOKEN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Tokens, which a program shows to a coordinator to be let in.
//
// A token is a prefix by which people and scanners recognize it, followed by
// 256 random bits of the system's generator in base64url. The coordinator keeps
// only SHA-256 hashes of tokens. Passwords need a slow, salted hash because
// they can be guessed; nobody can guess 256 random bits, so a plain hash
// suffices, and checks a call in a microsecond.
namespace fathom {

// What the bearer of a token may do; see server/api/access.h.
enum class Role { kWorker, kScale, kRead, kSubmit, kAdmin };

// Returns the name of a role: "worker", "scale", "read",
// "submit" or "admin".
absl::string_view RoleName(Role role);
// Returns the role with this name. INVALID_ARGUMENT, with all names, when there
// is none.
absl::StatusOr<Role> ParseRole(absl::string_view name);

// A line of a coordinator's token file: ROLE NAME sha256:HEX.
struct TokenEntry {
  Role role = Role::kRead;
  // For whom the token was made. Several tokens may have the same name, and
  // then share the limits and the sweeps of that name.
  std::string name;
  std::string hash;  // See HashToken.

  bool operator==(const TokenEntry&) const = default;
};

// Returns a new random token. Aborts when the system has no random numbers.
std::string NewToken();

// Returns the SHA-256 of `token` as 64 hex digits in lower case.
std::string HashToken(absl::string_view token);

// Returns the line of the token file for `token`. INVALID_ARGUMENT when `name`
// is not 1 to 64 letters, digits and the marks . _ - @.
absl::StatusOr<std::string> TokenLine(Role role, absl::string_view name,
                                      absl::string_view token);

// Reads the text of the token file at `path`. Empty lines and lines that begin
// with # are skipped. INVALID_ARGUMENT, as "PATH:LINE: ...", when a line is
// malformed, when a hash occurs twice, or when the file has no token. The error
// repeats no more of a malformed line than role and name, as someone may have
// put the token itself there by mistake.
absl::StatusOr<std::vector<TokenEntry>> ParseTokenFile(absl::string_view text,
                                                       absl::string_view path);

// Returns the entry of `token`, or null when there is none. Compares the hash
// with every entry in constant time, so that the time it takes reveals nothing
// about the hashes.
const TokenEntry* FindToken(const std::vector<TokenEntry>& entries,
                            absl::string_view token);

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_TOKEN_H_

#ifndef FATHOM_PROTO_SHARED_TOKEN_H_
#define FATHOM_PROTO_SHARED_TOKEN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Tokens: what a program shows to a coordinator to be let in.
//
// A token is 256 bits from the system's generator in base64url, after a prefix
// by which people and scanners recognise it. The coordinator keeps SHA-256
// hashes only. A slow, salted hash protects passwords because they can be
// guessed; nobody guesses 256 random bits, so a plain one is enough and lets a
// call be checked in a microsecond.
namespace fathom {

// What the bearer of a token may do; see server/api/access.h.
enum class Role { kWorker, kRead, kSubmit, kAdmin };

// "worker", "read", "submit", "admin".
absl::string_view RoleName(Role role);
// INVALID_ARGUMENT, with the names there are, when `name` is none of them.
absl::StatusOr<Role> ParseRole(absl::string_view name);

// A line of a coordinator's token file: ROLE NAME sha256:HEX.
struct TokenEntry {
  Role role = Role::kRead;
  // Who it was made for; for logs, need not be unique.
  std::string name;
  std::string hash;  // As HashToken returns it.
};

// Draws a new token.
std::string NewToken();

// Returns the SHA-256 of `token` as 64 hex digits in lower case.
std::string HashToken(absl::string_view token);

// Returns the line of the token file for `token`. INVALID_ARGUMENT when `name`
// is not 1 to 64 letters, digits and the marks . _ - @.
absl::StatusOr<std::string> TokenLine(Role role, absl::string_view name,
                                      absl::string_view token);

// Reads the text of a token file; empty lines and those that begin with # are
// skipped. INVALID_ARGUMENT, as "PATH:LINE: ...", when a line is not one, when
// a hash comes twice, or when there is none at all. Repeats no more of a bad
// line than its role and name: it may hold a token by mistake.
absl::StatusOr<std::vector<TokenEntry>> ParseTokenFile(absl::string_view text,
                                                       absl::string_view path);

// Returns the entry of `token`, null when there is none. Compares with every
// entry in constant time: how long it takes says nothing about the hashes.
const TokenEntry* FindToken(const std::vector<TokenEntry>& entries,
                            absl::string_view token);

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_TOKEN_H_

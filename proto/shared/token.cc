#include "proto/shared/token.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "proto/shared/sha256.h"
#include "proto/shared/status.h"

namespace fathom {
namespace {

constexpr Role kRoles[] = {Role::kWorker, Role::kScale, Role::kRead,
                           Role::kSubmit, Role::kAdmin};
constexpr size_t kTokenBytes = 32;
constexpr size_t kMostNameBytes = 64;
constexpr absl::string_view kTokenPrefix = "fathom_";
constexpr absl::string_view kHashPrefix = "sha256:";
constexpr size_t kHashDigits = 64;

bool IsName(absl::string_view name) {
  return !name.empty() && name.size() <= kMostNameBytes &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  absl::StrContains("._-@", absl::string_view(&c, 1));
         });
}

absl::Status CheckName(absl::string_view name) {
  if (IsName(name)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "name: found \"", absl::CEscape(name.substr(0, kMostNameBytes)),
      "\", expected 1 to ", kMostNameBytes,
      " letters, digits and the marks . _ - @"));
}

absl::StatusOr<TokenEntry> ParseLine(absl::string_view line) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  if (words.size() != 3) {
    return absl::InvalidArgumentError(absl::StrCat(
        "found ", words.size(), " words, expected ROLE NAME sha256:HEX"));
  }
  TokenEntry entry;
  ASSIGN_OR_RETURN(entry.role, ParseRole(words[0]));
  RETURN_IF_ERROR(CheckName(words[1]));
  entry.name = std::string(words[1]);
  absl::string_view hex = words[2];
  if (!absl::ConsumePrefix(&hex, kHashPrefix) || hex.size() != kHashDigits ||
      !std::all_of(hex.begin(), hex.end(), [](char c) {
        return absl::ascii_isxdigit(static_cast<unsigned char>(c));
      })) {
    return absl::InvalidArgumentError(
        absl::StrCat("the third word of ", entry.name,
                     " is not sha256: and 64 hex digits; the token itself must "
                     "not be here"));
  }
  entry.hash = absl::AsciiStrToLower(hex);
  return entry;
}

}  // namespace

absl::string_view RoleName(Role role) {
  switch (role) {
    case Role::kWorker:
      return "worker";
    case Role::kScale:
      return "scale";
    case Role::kRead:
      return "read";
    case Role::kSubmit:
      return "submit";
    case Role::kAdmin:
      return "admin";
  }
  return "?";
}

absl::StatusOr<Role> ParseRole(absl::string_view name) {
  for (Role role : kRoles) {
    if (RoleName(role) == name) return role;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "role: found \"", absl::CEscape(name.substr(0, kMostNameBytes)),
      "\", expected worker, read, submit or admin"));
}

std::string NewToken() {
  unsigned char bytes[kTokenBytes];
  // A token that is not random must never be given out.
  if (RAND_bytes(bytes, sizeof(bytes)) != 1) std::abort();
  std::string text = absl::WebSafeBase64Escape(
      absl::string_view(reinterpret_cast<const char*>(bytes), sizeof(bytes)));
  OPENSSL_cleanse(bytes, sizeof(bytes));
  return absl::StrCat(kTokenPrefix, text);
}

std::string HashToken(absl::string_view token) {
  Sha256 hash;
  hash.Update(token);
  return hash.HexDigest();
}

absl::StatusOr<std::string> TokenLine(Role role, absl::string_view name,
                                      absl::string_view token) {
  RETURN_IF_ERROR(CheckName(name));
  return absl::StrCat(RoleName(role), " ", name, " ", kHashPrefix,
                      HashToken(token));
}

absl::StatusOr<std::vector<TokenEntry>> ParseTokenFile(absl::string_view text,
                                                       absl::string_view path) {
  std::vector<TokenEntry> entries;
  std::set<std::string> hashes;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line.front() == '#') continue;
    absl::StatusOr<TokenEntry> entry = ParseLine(line);
    if (entry.ok() && !hashes.insert(entry->hash).second) {
      entry = absl::InvalidArgumentError("this hash has been above already");
    }
    if (!entry.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", number, ": ", entry.status().message()));
    }
    entries.push_back(*std::move(entry));
  }
  if (entries.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, " names no token, so that nobody could call; make one with: ",
        "fathom token new --role admin --name NAME"));
  }
  return entries;
}

const TokenEntry* FindToken(const std::vector<TokenEntry>& entries,
                            absl::string_view token) {
  const std::string hash = HashToken(token);
  const TokenEntry* found = nullptr;
  for (const TokenEntry& entry : entries) {
    if (CRYPTO_memcmp(entry.hash.data(), hash.data(), hash.size()) == 0) {
      found = &entry;
    }
  }
  return found;
}

}  // namespace fathom

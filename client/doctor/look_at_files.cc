#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/doctor/look.h"
#include "proto/shared/certificates.h"
#include "proto/shared/credentials.h"
#include "proto/shared/status.h"
#include "proto/shared/token.h"

namespace fathom::client {
namespace {

std::string NameOfUser(uid_t uid) {
  std::array<char, 4096> buffer;
  passwd entry;
  passwd* found = nullptr;
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return absl::StrCat("user ", uid);
  }
  return absl::StrCat("user ", found->pw_name);
}

// Reads the certificates at `path`, and when the first of them ends.
absl::Status CheckCertificates(const std::string& path, absl::Time& end) {
  ASSIGN_OR_RETURN(const std::string pem, ReadPublicFile(path, "certificate"));
  ASSIGN_OR_RETURN(const auto certificates, ReadCertificates(pem, path));
  end = EarliestEnd(certificates);
  return absl::OkStatus();
}

absl::Status CheckTokens(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadPublicFile(path, "token file"));
  return ParseTokenFile(text, path).status();
}

}  // namespace

std::vector<FileFacts> LookAtFiles(const ClientCredentials& credentials,
                                   const std::string& tokens) {
  std::vector<FileFacts> files;
  const auto add = [&](const std::string& path, const char* what) {
    FileFacts& file = files.emplace_back();
    file.path = path;
    file.what = what;
    struct stat info;
    if (stat(path.c_str(), &info) != 0) return;
    file.is_others = info.st_uid != geteuid() && info.st_uid != 0;
    file.owner = NameOfUser(info.st_uid);
  };
  if (!credentials.ca.empty()) {
    add(credentials.ca, "authority");
    files.back().status = CheckCertificates(credentials.ca, files.back().end);
  }
  if (!credentials.cert.empty() && !credentials.key.empty()) {
    add(credentials.cert, "certificate");
    const auto pair = ReadKeyPair(credentials.cert, credentials.key);
    files.back().status = pair.status();
    if (pair.ok()) files.back().end = EarliestEnd(pair->certificate);
    add(credentials.key, "private key");
    files.back().status =
        ReadSecretFile(credentials.key, "private key").status();
  }
  if (!credentials.token_file.empty()) {
    add(credentials.token_file, "token file");
    files.back().status =
        ReadSecretFile(credentials.token_file, "token file").status();
  }
  if (!tokens.empty()) {
    add(tokens, "file of the coordinator's tokens");
    files.back().status = CheckTokens(tokens);
  }
  return files;
}

}  // namespace fathom::client

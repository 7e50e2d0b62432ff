#include "client/commands/config/config_file.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/spec/errors.h"
#include "client/spec/yaml_tree.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/printable.h"

namespace fathom::client {
namespace {

constexpr Setting kSettings[] = {
    {"server", "FATHOM_SERVER", "coordinator that commands talk to",
     "127.0.0.1:7373", false},
    {"db", "FATHOM_DB", "ledger that `fathom run` writes and commands read",
     "fathom.db", true},
    {"token_file", "FATHOM_TOKEN_FILE",
     "file with the token to show to the coordinator", "", true},
    {"tls_ca", "FATHOM_TLS_CA",
     "authority that the coordinator's certificate is from; turns TLS on", "",
     true},
    {"tls_cert", "FATHOM_TLS_CERT", "certificate to show to the coordinator",
     "", true},
    {"tls_key", "FATHOM_TLS_KEY", "private key of that certificate", "", true},
    {"datasets", "FATHOM_DATASETS", "folder of the builtin datasets",
     "/usr/share/datasets", true},
    {"color", "FATHOM_COLOR",
     "colours in what goes to a terminal: auto, "
     "always or never",
     "auto", false},
};

constexpr size_t kMaxConfigBytes = 64 << 10;

// The lines of the file that have set variables, by variable.
std::map<std::string, int, std::less<>>& AppliedLines() {
  static auto* const lines = new std::map<std::string, int, std::less<>>;
  return *lines;
}

// Reads the value of a key. Adds what is wrong with it to `errors`.
std::string ReadValue(const Setting& setting, const YamlNode& node,
                      ErrorList* errors) {
  if (node.kind != YamlNode::Kind::kScalar || node.text.empty()) {
    errors->Add(node.position, Describe(node),
                absl::StrCat("a text: ", setting.help));
    return "";
  }
  if (!setting.is_path) return node.text;
  const std::string home = Variable("HOME");
  if (absl::StartsWith(node.text, "~/") && !home.empty()) {
    return absl::StrCat(home, node.text.substr(1));
  }
  // A name in the current folder makes sense for a ledger alone.
  if (!absl::StartsWith(node.text, "/") &&
      absl::string_view(setting.key) != "db") {
    errors->Add(node.position, Quoted(node.text),
                "a path that begins with / or ~/");
  }
  return node.text;
}

const Setting* FindSetting(absl::string_view key) {
  for (const Setting& setting : kSettings) {
    if (setting.key == key) return &setting;
  }
  return nullptr;
}

void AddUnknownKey(const YamlEntry& entry, ErrorList* errors) {
  if (entry.key == "token") {
    errors->Add(entry.position, "the key token",
                "token_file with the name of a file: others may read this one");
    return;
  }
  std::vector<std::string> keys;
  for (const Setting& setting : kSettings) keys.emplace_back(setting.key);
  errors->Add(entry.position, absl::StrCat("the key ", Quoted(entry.key)),
              absl::StrCat("one of ", absl::StrJoin(keys, ", ")),
              NearestName(entry.key, keys));
}

// Returns what is wrong with a value, or "".
absl::string_view ExpectedOf(const Setting& setting, absl::string_view value) {
  const bool wrong = absl::string_view(setting.key) == "color" &&
                     value != "auto" && value != "always" && value != "never";
  return wrong ? "auto, always or never" : "";
}

// Returns the text of the file; empty when there is none.
absl::StatusOr<std::string> ReadConfig(const std::string& path) {
  if (path == "/dev/null") return "";  // "None", as many programs have it.
  const std::string shown = Printable(path);
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) {
    const bool must_exist = !Variable("FATHOM_CONFIG").empty();
    if ((errno == ENOENT || errno == ENOTDIR) && !must_exist) return "";
    return absl::InvalidArgumentError(absl::StrCat(
        "cannot read the configuration ", shown, ": ", std::strerror(errno)));
  }
  if (!S_ISREG(status.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the configuration ", shown, " is no file"));
  }
  // Whoever can write it decides where tokens are sent.
  if ((status.st_mode & S_IWOTH) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("the configuration ", shown,
                     " may be written by everyone; `chmod o-w` mends that"));
  }
  if (status.st_size > static_cast<off_t>(kMaxConfigBytes)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the configuration ", shown, " has ", status.st_size,
                     " bytes, expected at most ", kMaxConfigBytes));
  }
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (file.is_open() && !file.bad()) return text;
  return absl::InvalidArgumentError(absl::StrCat(
      "cannot read the configuration ", shown, ": ", std::strerror(errno)));
}

// What programs agree on says the same as FATHOM_COLOR.
void ApplyColour(bool from_file) {
  const std::string choice = Variable("FATHOM_COLOR");
  // The environment says more than the file.
  const bool said = !Variable("NO_COLOR").empty() ||
                    !Variable("CLICOLOR_FORCE").empty() ||
                    !Variable("CLICOLOR").empty();
  if (choice.empty() || choice == "auto" || (from_file && said)) return;
  if (choice == "never") {
    setenv("NO_COLOR", "1", 1);
  } else {
    unsetenv("NO_COLOR");
    setenv("CLICOLOR_FORCE", "1", 1);
  }
}

}  // namespace

std::string Variable(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

absl::Span<const Setting> AllSettings() { return kSettings; }

std::string ConfigPath() {
  if (const std::string path = Variable("FATHOM_CONFIG"); !path.empty()) {
    return path;
  }
  // A relative folder counts as none, by the rules of that variable.
  const std::string folder = Variable("XDG_CONFIG_HOME");
  if (absl::StartsWith(folder, "/")) return folder + "/fathom/config";
  const std::string home = Variable("HOME");
  return home.empty() ? "" : home + "/.config/fathom/config";
}

absl::StatusOr<std::vector<ConfigEntry>> ParseConfig(absl::string_view text,
                                                     const std::string& path) {
  std::vector<ConfigEntry> entries;
  // A file of comments alone is no document.
  const auto says_nothing = [](absl::string_view line) {
    line = absl::StripLeadingAsciiWhitespace(line);
    return line.empty() || line[0] == '#';
  };
  if (absl::c_all_of(absl::StrSplit(text, '\n'), says_nothing)) return entries;
  ErrorList errors;
  const auto tree = ParseYaml(text, &errors);
  if (tree != nullptr && tree->kind == YamlNode::Kind::kMap) {
    for (const YamlEntry& entry : tree->entries) {
      const Setting* setting = FindSetting(entry.key);
      if (setting == nullptr) {
        AddUnknownKey(entry, &errors);
        continue;
      }
      std::string value = ReadValue(*setting, *entry.value, &errors);
      if (const auto expected = ExpectedOf(*setting, value);
          !value.empty() && !expected.empty()) {
        errors.Add(entry.value->position, Quoted(value), expected);
      }
      entries.push_back({setting, std::move(value), entry.position.line});
    }
  } else if (tree != nullptr && tree->kind != YamlNode::Kind::kNothing) {
    errors.Add(tree->position, Describe(*tree),
               "settings such as \"server: "
               "lab.example.org:7373\"");
  }
  RETURN_IF_ERROR(errors.ToStatus(path));
  return entries;
}

absl::Status ApplyConfig() {
  AppliedLines().clear();
  for (const Setting& setting : kSettings) {
    const std::string value = Variable(setting.variable);
    const absl::string_view expected = ExpectedOf(setting, value);
    if (value.empty() || expected.empty()) continue;
    return absl::InvalidArgumentError(absl::StrCat("$", setting.variable,
                                                   ": found ", Quoted(value),
                                                   ", expected ", expected));
  }
  const std::string path = ConfigPath();
  if (!path.empty()) {
    ASSIGN_OR_RETURN(const std::string text, ReadConfig(path));
    ASSIGN_OR_RETURN(const auto entries, ParseConfig(text, Printable(path)));
    for (const ConfigEntry& entry : entries) {
      if (!Variable(entry.setting->variable).empty()) continue;
      setenv(entry.setting->variable, entry.value.c_str(), 1);
      AppliedLines()[entry.setting->variable] = entry.line;
    }
  }
  ApplyColour(LineOfConfig("FATHOM_COLOR") > 0);
  return absl::OkStatus();
}

int LineOfConfig(absl::string_view variable) {
  const auto line = AppliedLines().find(variable);
  return line == AppliedLines().end() ? 0 : line->second;
}

}  // namespace fathom::client

#ifndef FATHOM_CLIENT_SPEC_YAML_TREE_H_
#define FATHOM_CLIENT_SPEC_YAML_TREE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/spec/errors.h"

namespace fathom::client {

// Bounds of what is read. They keep a hostile or mistaken file from taking the
// memory or the stack of the program (the parser can need 240 bytes of memory
// for one of the file); real specs are far below.
inline constexpr size_t kMaxYamlBytes = size_t{4} << 20;
inline constexpr int kMaxYamlDepth = 64;
inline constexpr int64_t kMaxYamlNodes = 250'000;  // Aliases written out.

struct YamlNode;

// A key of a map and what it holds.
struct YamlEntry {
  std::string key;
  Position position;  // Of the key.
  std::shared_ptr<const YamlNode> value;
};

// A piece of a YAML document that knows where it was written.
struct YamlNode {
  enum class Kind { kNothing, kScalar, kList, kMap };

  Kind kind = Kind::kNothing;
  // A value of a key that is a block list or map, whose first line is already
  // its first item, or that is nothing at all, is at the position of the key.
  Position position;
  // kScalar:
  std::string text;
  bool quoted = false;
  // kList:
  std::vector<std::shared_ptr<const YamlNode>> items;
  // kMap, in the order written, every key once:
  std::vector<YamlEntry> entries;
  // Number of nodes in this tree, itself included.
  int64_t size = 1;
};

// Reads a UTF-8 text that holds one YAML document. Anchors and aliases are
// resolved; tags are refused. Returns null when the text is not one document of
// YAML; adds every problem, duplicate keys among them, to `errors`.
std::shared_ptr<const YamlNode> ParseYaml(absl::string_view text,
                                          ErrorList* errors);

// Returns what `node` is, for "found ...": "3", "the text \"3\"", "a list".
std::string Describe(const YamlNode& node);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_SPEC_YAML_TREE_H_

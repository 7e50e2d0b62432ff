#ifndef FATHOM_CLIENT_SPEC_YAML_TREE_H_
#define FATHOM_CLIENT_SPEC_YAML_TREE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/spec/errors.h"

namespace fathom::client {

// Bounds of what is read. They keep a hostile or mistaken file from exhausting
// the memory or the stack of the program: the parser can need 240 bytes of
// memory for one byte of the file. Real specs are far below the bounds.
inline constexpr size_t kMaxYamlBytes = size_t{4} << 20;
inline constexpr int kMaxYamlDepth = 64;
// The largest number of nodes, where an alias counts as all the nodes that it
// stands for.
inline constexpr int64_t kMaxYamlNodes = 250'000;

struct YamlNode;

// A key of a map, with its value.
struct YamlEntry {
  std::string key;
  Position position;  // Where the key stands.
  std::shared_ptr<const YamlNode> value;
};

// A node of a YAML document that knows where it was written.
struct YamlNode {
  enum class Kind { kNothing, kScalar, kList, kMap };

  Kind kind = Kind::kNothing;
  // Where the node was written. The value of a key has the position of the key
  // when the value is a block list or block map (its first line is its first
  // item already) or is nothing at all.
  Position position;
  // For kScalar: the text, and whether it was written in quotes.
  std::string text;
  bool quoted = false;
  // For kList: the items.
  std::vector<std::shared_ptr<const YamlNode>> items;
  // For kMap: the entries in the order written, every key once.
  std::vector<YamlEntry> entries;
  // Number of nodes of this tree, this node included.
  int64_t size = 1;
};

// Reads a UTF-8 text that holds one YAML document. Anchors and aliases are
// resolved; tags are refused. Every problem, duplicate keys among them, goes to
// `errors`. Returns null when the text is not exactly one document of YAML.
std::shared_ptr<const YamlNode> ParseYaml(absl::string_view text,
                                          ErrorList* errors);

// Describes `node` for the words after "found": "3", "the text \"3\"", "a
// list".
std::string Describe(const YamlNode& node);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_SPEC_YAML_TREE_H_

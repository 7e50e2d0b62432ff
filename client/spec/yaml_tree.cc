#include "client/spec/yaml_tree.h"

#include <algorithm>
#include <exception>
#include <istream>
#include <streambuf>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "proto/sweep/printable.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/parser.h"

namespace fathom::client {
namespace {

using NodePtr = std::shared_ptr<YamlNode>;

Position ToPosition(const YAML::Mark& mark) {
  if (mark.is_null()) return Position();
  return {mark.line + 1, mark.column + 1};
}

// Builds the tree from the events of the parser. The tree of the parser itself
// hides duplicate keys and the positions of keys.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(ErrorList* errors) : errors_(*errors) {}

  // Returns the document once it is complete; null before.
  const NodePtr& root() const { return root_; }
  // Returns where the innermost list or map that is still open begins.
  Position innermost() const {
    return open_.empty() ? Position() : open_.back().node->position;
  }
  // Returns whether the builder itself ended the parsing and said why.
  bool stopped() const { return stopped_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) {
      Stop(ToPosition(mark), "a second document", "one document per file");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    NodePtr node = MakeNode(YamlNode::Kind::kNothing, mark);
    MoveToKey(node.get());
    Remember(anchor, node);
    Attach(node);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag,
                YAML::anchor_t anchor, const std::string& value) override {
    CheckTag(mark, tag);
    NodePtr node = MakeNode(YamlNode::Kind::kScalar, mark);
    node->text = value;
    node->quoted = tag == "!";
    Remember(anchor, node);
    Attach(node);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      Stop(ToPosition(mark), "an alias inside the value that it stands for",
           "an alias of something complete");
    }
    Attach(found->second, found->second->size);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    Open(YamlNode::Kind::kList, mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag,
                  YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    Open(YamlNode::Kind::kMap, mark, tag, anchor, style);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct OpenNode {
    NodePtr node;
    YAML::anchor_t anchor = YAML::NullAnchor;
    NodePtr key;  // A key whose value comes next, or null.
    absl::flat_hash_map<std::string, int> lines;  // Line of each key so far.
  };

  // Ends the parsing. An exception of the parser's own kind is the only way to
  // do that from inside of its callbacks; ParseYaml catches it.
  [[noreturn]] void Stop(Position position, absl::string_view found,
                         absl::string_view expected) {
    errors_.Add(position, found, expected);
    stopped_ = true;
    throw YAML::ParserException(YAML::Mark::null_mark(), "stopped");
  }

  static NodePtr MakeNode(YamlNode::Kind kind, const YAML::Mark& mark) {
    auto node = std::make_shared<YamlNode>();
    node->kind = kind;
    node->position = ToPosition(mark);
    return node;
  }

  void CheckTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    errors_.Add(ToPosition(mark), absl::StrCat("the tag ", Quoted(tag)),
                "a value without a tag");
  }

  void Remember(YAML::anchor_t anchor, const NodePtr& node) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
  }

  void MoveToKey(YamlNode* node) {
    if (open_.empty() || open_.back().key == nullptr) return;
    node->position = open_.back().key->position;
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor, YAML::EmitterStyle::value style) {
    CheckTag(mark, tag);
    NodePtr node = MakeNode(kind, mark);
    if (style != YAML::EmitterStyle::Flow) MoveToKey(node.get());
    if (open_.size() == kMaxYamlDepth) {
      Stop(node->position, "lists and maps nested this deep",
           absl::StrCat("at most ", kMaxYamlDepth, " levels"));
    }
    open_.push_back({std::move(node), anchor, nullptr, {}});
  }

  void Close() {
    const OpenNode closed = std::move(open_.back());
    open_.pop_back();
    Remember(closed.anchor, closed.node);
    Attach(closed.node);
  }

  // Puts a complete node into the list or map that is open. `added` is the
  // number of its nodes that have not been counted yet.
  void Attach(const NodePtr& node, int64_t added = 1) {
    if (open_.empty()) {
      root_ = node;
      return;
    }
    OpenNode& parent = open_.back();
    parent.node->size += node->size;
    total_ += added;
    if (total_ > kMaxYamlNodes) {
      Stop(node->position, "too many values",
           absl::StrCat("at most ", kMaxYamlNodes, " in one file"));
    }
    if (parent.node->kind == YamlNode::Kind::kList) {
      parent.node->items.push_back(node);
    } else if (parent.key != nullptr) {
      AttachEntry(node, &parent);
    } else if (node->kind == YamlNode::Kind::kScalar) {
      parent.key = node;
    } else {
      Stop(node->position, Describe(*node), "a key");
    }
  }

  void AttachEntry(const NodePtr& value, OpenNode* parent) {
    const NodePtr key = std::exchange(parent->key, nullptr);
    const auto [first, is_new] =
        parent->lines.try_emplace(key->text, key->position.line);
    if (is_new) {
      parent->node->entries.push_back({key->text, key->position, value});
    } else {
      errors_.Add(
          key->position, absl::StrCat("the key ", Quoted(key->text), " again"),
          absl::StrCat("every key once (first on line ", first->second, ")"));
    }
  }

  ErrorList& errors_;
  NodePtr root_;
  std::vector<OpenNode> open_;
  absl::flat_hash_map<YAML::anchor_t, NodePtr> anchors_;
  // Number of attached nodes; an alias counts as its whole value.
  int64_t total_ = 0;
  int documents_ = 0;
  bool stopped_ = false;
};

// A stream that reads from a text without copying it.
class TextStream : private std::streambuf, public std::istream {
 public:
  explicit TextStream(absl::string_view text)
      : std::istream(static_cast<std::streambuf*>(this)) {
    char* begin = const_cast<char*>(text.data());
    setg(begin, begin, begin + text.size());
  }
};

// Returns the column of the first tab in the indentation of the line with
// number `line`, or 0 when it has none.
int TabColumn(absl::string_view text, int line) {
  for (int i = 1; i < line; ++i) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  const absl::string_view indent =
      text.substr(0, text.find_first_not_of(" \t"));
  return static_cast<int>(indent.find('\t') + 1);  // npos + 1 is 0.
}

// Adds a syntax error of the parser, in plain words where those of the parser
// are hard to understand.
void AddSyntaxError(const YAML::Exception& error, absl::string_view text,
                    Position innermost, ErrorList* errors) {
  const Position position = ToPosition(error.mark);
  if (error.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW) {
    errors->Add(innermost, "a list without its end", "\"]\" after its values");
  } else if (error.msg == YAML::ErrorMsg::END_OF_MAP_FLOW) {
    errors->Add(innermost, "a map without its end", "\"}\" after its values");
  } else if (const int tab = TabColumn(text, position.line); tab > 0) {
    errors->Add({position.line, tab}, "a tab", "indentation with spaces");
  } else {
    errors->Add(position, absl::StrCat("a syntax error (", error.msg, ")"),
                "YAML");
  }
}

bool CheckUtf8(absl::string_view text, ErrorList* errors) {
  Position position;
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    if (length == 0 || text[0] == '\0') {
      errors->Add(position, "bytes that are no text", "UTF-8");
      return false;
    }
    position.column += static_cast<int>(length);
    if (text[0] == '\n') position = {position.line + 1, 1};
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

std::shared_ptr<const YamlNode> ParseYaml(absl::string_view text,
                                          ErrorList* errors) {
  if (text.size() > kMaxYamlBytes) {
    errors->Add({}, absl::StrCat(text.size(), " bytes"),
                absl::StrCat("at most ", kMaxYamlBytes));
    return nullptr;
  }
  if (!CheckUtf8(text, errors)) return nullptr;
  TreeBuilder builder(errors);
  try {
    TextStream stream(text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    if (!builder.stopped()) {
      AddSyntaxError(error, text, builder.innermost(), errors);
    }
    return nullptr;
  } catch (const std::exception& error) {
    errors->Add({}, error.what(), "YAML");
    return nullptr;
  }
  if (builder.root() == nullptr) errors->Add({}, "nothing", "a sweep");
  return builder.root();
}

std::string Describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNothing:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return node.quoted ? absl::StrCat("the text ", Quoted(node.text))
                         : Excerpt(node.text);
    case YamlNode::Kind::kList:
      return node.items.empty() ? "an empty list" : "a list";
    case YamlNode::Kind::kMap:
      return node.entries.empty() ? "an empty map" : "a map";
  }
  return "nothing";
}

}  // namespace fathom::client

#ifndef FATHOM_PROTO_SWEEP_FIELD_NAMES_H_
#define FATHOM_PROTO_SWEEP_FIELD_NAMES_H_

#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "google/protobuf/descriptor.h"

namespace fathom {

// A field that had its short name when the first release came out. Ledgers,
// specs and people hold on to it: it stays, whatever fields come later.
struct FrozenName {
  const char* path;
  const char* short_name;
};
absl::Span<const FrozenName> FrozenNames();

// The names of the scalar fields below a message such as TrialSpec: full paths,
// which identify a field, and what people may write instead. The end of a path
// stands for it when no other path ends so; an end that did so among the frozen
// fields goes on to, though a newer field may end like it.
//
// Immutable.
class FieldNames {
 public:
  // The fields from the message down to a scalar.
  using Chain = std::vector<const google::protobuf::FieldDescriptor*>;

  // Of TrialSpec.
  static const FieldNames& OfTrials();

  explicit FieldNames(const google::protobuf::Descriptor& message);

  // Full paths, in the order of the proto.
  const std::vector<std::string>& paths() const { return paths_; }

  // Returns the chain of the field at `path`, null when there is none.
  const Chain* FindChain(absl::string_view path) const;

  // See ResolveAxisField, AxisFieldHint and ShortFieldName in fields.h.
  absl::StatusOr<std::string> Resolve(absl::string_view name) const;
  std::string Hint(absl::string_view name) const;
  std::string ShortName(absl::string_view path) const;

 private:
  void Collect(const google::protobuf::Descriptor& message,
               const std::string& prefix, Chain* chain);
  void CollectEnds();
  // Returns the path that `name` means, "" when it means none or several.
  std::string Meaning(absl::string_view name) const;

  std::vector<std::string> paths_;
  absl::flat_hash_map<std::string, Chain> chains_;
  // Every end of a path and every short name, and the paths that it could mean.
  std::map<std::string, std::vector<std::string>, std::less<>> ends_;
  // The same of the frozen fields alone.
  std::map<std::string, std::vector<std::string>, std::less<>> frozen_ends_;
  std::vector<std::string> words_;  // To suggest: short ones first.
};

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_FIELD_NAMES_H_

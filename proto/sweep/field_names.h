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

// A field of the first release together with its short name. Ledgers, specs and
// people rely on these names, so they stay whatever fields are added later.
struct FrozenName {
  const char* path;
  const char* short_name;
};
// Returns the table of the frozen fields.
absl::Span<const FrozenName> FrozenNames();

// The names of the scalar fields below a message such as TrialSpec: their full
// paths, which identify a field, and the shorter names that people may write
// instead. The end of a path ("learning_rate" of "optimizer.learning_rate") is
// a valid name when no other path has the same end. An end that was unique
// among the frozen fields keeps its meaning even where a newer field has the
// same end.
//
// Immutable, and therefore safe to use from several threads.
class FieldNames {
 public:
  // The descriptors of the fields on the way from the message down to a scalar.
  using Chain = std::vector<const google::protobuf::FieldDescriptor*>;

  // Returns the names of the fields of TrialSpec, which are collected once.
  static const FieldNames& OfTrials();

  // Collects the names of the scalar fields below `message`.
  explicit FieldNames(const google::protobuf::Descriptor& message);

  // Returns the full paths in the order of the proto.
  const std::vector<std::string>& paths() const { return paths_; }

  // Returns the chain of the field at `path`, or null when there is no such
  // field.
  const Chain* FindChain(absl::string_view path) const;

  // The functions ResolveAxisField, AxisFieldHint and ShortFieldName in
  // fields.h describe these three methods.
  absl::StatusOr<std::string> Resolve(absl::string_view name) const;
  std::string Hint(absl::string_view name) const;
  std::string ShortName(absl::string_view path) const;

 private:
  // Fills `paths_` and `chains_` with the scalar fields below `message`, whose
  // own path is `prefix` and whose chain is `chain`.
  void Collect(const google::protobuf::Descriptor& message,
               const std::string& prefix, Chain* chain);
  // Fills `ends_` and `frozen_ends_` from `paths_`.
  void CollectEnds();
  // Returns the path that `name` means, or "" when it means no path or several.
  std::string Meaning(absl::string_view name) const;

  std::vector<std::string> paths_;
  // The chain of each path.
  absl::flat_hash_map<std::string, Chain> chains_;
  // For every end of a path and every short name, the paths that it could mean.
  std::map<std::string, std::vector<std::string>, std::less<>> ends_;
  // The same for the frozen fields alone.
  std::map<std::string, std::vector<std::string>, std::less<>> frozen_ends_;
  // The names that a "did you mean" may suggest, the shortest first.
  std::vector<std::string> words_;
};

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_FIELD_NAMES_H_

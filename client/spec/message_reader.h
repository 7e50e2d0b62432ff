#ifndef FATHOM_CLIENT_SPEC_MESSAGE_READER_H_
#define FATHOM_CLIENT_SPEC_MESSAGE_READER_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "client/spec/errors.h"
#include "client/spec/spec_places.h"
#include "client/spec/yaml_tree.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// What the reader learns about a spec besides the spec itself.
struct ReadContext {
  ErrorList errors;
  FieldPositions positions;
  // Paths of the maps in which some key could not be read.
  absl::flat_hash_set<std::string> incomplete;
  // Paths of the numbers that were written as 0 in fields without presence. A
  // default would replace such a 0 as if nothing had been written.
  std::vector<std::string> zeros;
};

// Returns whether `field` is flattened: the keys of its message are written
// among the keys of the message around it, and `field` needs no key of its own.
// SweepSpec.trial and DataSpec.import are such fields.
bool IsFlattened(const google::protobuf::FieldDescriptor& field);

// Reads the map `node` into `message`, whose path in SweepSpec is `path`. The
// proto is the schema: the keys are the names of its fields. Reads as much as
// it can, and adds what is wrong to `context->errors`.
void ReadMessage(const YamlNode& node, absl::string_view path,
                 google::protobuf::Message* message, ReadContext* context);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_SPEC_MESSAGE_READER_H_

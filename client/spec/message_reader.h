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

// What is learned about a spec while it is read, besides the spec.
struct ReadContext {
  ErrorList errors;
  FieldPositions positions;
  // Paths of the maps with a key that could not be read.
  absl::flat_hash_set<std::string> incomplete;
  // Paths of the numbers that were written as 0 and have no other mark of being
  // set, so that a default would replace them.
  std::vector<std::string> zeros;
};

// Whether the keys of the message in `field` stand among those of the message
// that has the field, which then is not a key itself.
bool IsFlattened(const google::protobuf::FieldDescriptor& field);

// Reads the map `node` into `message`, whose path in SweepSpec is `path`. The
// keys are the field names of the message; the proto is the schema. Reads as
// much as it can, and adds what is wrong to `context->errors`.
void ReadMessage(const YamlNode& node, absl::string_view path,
                 google::protobuf::Message* message, ReadContext* context);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_SPEC_MESSAGE_READER_H_

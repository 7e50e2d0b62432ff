#ifndef FATHOM_CLIENT_SPEC_SCALAR_READER_H_
#define FATHOM_CLIENT_SPEC_SCALAR_READER_H_

#include <optional>

#include "client/spec/errors.h"
#include "client/spec/yaml_tree.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Returns what the YAML scalar `node` says, in the kind of value that the
// scalar `field` takes: a number is written as 3, -2.5 or 1e-3 (an integer as
// 1e6, too), a boolean as true or false, an enum value in lower case without
// the prefix of its type. Adds to `errors` and returns nothing when it does not
// fit the field. Unsigned 64-bit fields take what an int64 can hold.
std::optional<v1::Value> ReadScalar(
    const YamlNode& node, const google::protobuf::FieldDescriptor& field,
    ErrorList* errors);

// Sets `field` of `message` to a value from ReadScalar, or appends the value
// when the field is repeated.
void PutScalar(const v1::Value& value,
               const google::protobuf::FieldDescriptor& field,
               google::protobuf::Message* message);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_SPEC_SCALAR_READER_H_

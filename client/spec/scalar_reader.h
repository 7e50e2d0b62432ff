#ifndef FATHOM_CLIENT_SPEC_SCALAR_READER_H_
#define FATHOM_CLIENT_SPEC_SCALAR_READER_H_

#include <optional>

#include "client/spec/errors.h"
#include "client/spec/yaml_tree.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Returns the value of the YAML scalar `node`, in the kind that the scalar
// `field` takes. A number is written as 3, -2.5 or 1e-3 (an integer also as
// 1e6), a boolean as true or false, an enum value in lower case without the
// prefix of its type. A value that does not fit the field adds an error to
// `errors`, and nothing is returned. Fields of unsigned 64-bit integers take at
// most the largest int64.
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

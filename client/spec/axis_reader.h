#ifndef FATHOM_CLIENT_SPEC_AXIS_READER_H_
#define FATHOM_CLIENT_SPEC_AXIS_READER_H_

#include "client/spec/message_reader.h"
#include "client/spec/yaml_tree.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Reads `node`, the value of the key `axes`, into `spec->axes()`. The value is
// a map, or a list of maps, and its order is kept. Each key is a field of
// TrialSpec by its full or short name, and its value is a list or a map with
// one of range, log, linspace. The key `zip` holds a map (or a list of maps) of
// axes that move together. Adds what is wrong to `context->errors`.
void ReadAxes(const YamlNode& node, v1::SweepSpec* spec, ReadContext* context);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_SPEC_AXIS_READER_H_

#ifndef FATHOM_CLIENT_SPEC_SPEC_WRITER_H_
#define FATHOM_CLIENT_SPEC_SPEC_WRITER_H_

#include <string>

#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Returns `spec` as the YAML that people write. ParseSweepSpec reads the text
// of a valid, normalized spec back to an equal spec. Fields that are not set
// are left out, and every map or list that fits into a line is written on one
// line.
std::string ToYaml(const v1::SweepSpec& spec);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_SPEC_SPEC_WRITER_H_

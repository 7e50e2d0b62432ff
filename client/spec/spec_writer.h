#ifndef FATHOM_CLIENT_SPEC_SPEC_WRITER_H_
#define FATHOM_CLIENT_SPEC_SPEC_WRITER_H_

#include <string>

#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Returns `spec` as the YAML that people write. For a valid, normalized spec,
// ParseSweepSpec reads it back to an equal one. Fields that are not set are
// left out; every map that fits one line stands on one.
std::string ToYaml(const v1::SweepSpec& spec);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_SPEC_SPEC_WRITER_H_

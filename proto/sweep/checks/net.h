#ifndef FATHOM_PROTO_SWEEP_CHECKS_NET_H_
#define FATHOM_PROTO_SWEEP_CHECKS_NET_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/validate.h"

namespace fathom {

// Whether the field at `path` has a meaning for the family conv_net only.
bool IsNetField(absl::string_view path);

// Checks what goes together in a normalized `spec` some of whose trials are
// conv_nets, and that no other sweep has the fields of a conv_net: data, loss,
// optimizer and metrics that such a net can be trained with. What depends on
// the size of the data is CheckSizes' to check. `varied` has the paths of all
// axes. Appends what is wrong to `violations`.
void CheckNet(const v1::SweepSpec& spec,
              const absl::flat_hash_set<std::string>& varied,
              std::vector<Violation>* violations);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_CHECKS_NET_H_

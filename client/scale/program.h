#ifndef FATHOM_CLIENT_SCALE_PROGRAM_H_
#define FATHOM_CLIENT_SCALE_PROGRAM_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace fathom::client {

// Runs `words`, the first of which is looked for on the PATH, in a process
// group of its own, gives it `input`, and returns what it wrote to its standard
// output. No shell reads the words. Blocks until the program has ended; not
// thread-safe with others that wait for children.
//
// Errors are FAILED_PRECONDITION when there is no such program,
// DEADLINE_EXCEEDED after `limit`, when the whole group is killed,
// RESOURCE_EXHAUSTED for more than 16 MiB of output, and INTERNAL, with the
// beginning of its words on standard error, when it fails.
absl::StatusOr<std::string> RunProgram(const std::vector<std::string>& words,
                                       const std::string& input,
                                       absl::Duration limit);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_SCALE_PROGRAM_H_

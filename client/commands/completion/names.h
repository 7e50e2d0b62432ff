#ifndef FATHOM_CLIENT_COMMANDS_COMPLETION_NAMES_H_
#define FATHOM_CLIENT_COMMANDS_COMPLETION_NAMES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/shared/completion.h"

namespace fathom::client {

// Returns the names that may stand where the help of `fathom` has
// `placeholder`: of sweeps, presets, metrics or builtin datasets. Sweeps are
// those of the ledger that a command with `words` would read, and only if that
// is a file: a coordinator may be far away. Errors are no names.
std::vector<Candidate> NamesFor(absl::string_view placeholder,
                                absl::Span<const std::string> words);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_COMPLETION_NAMES_H_

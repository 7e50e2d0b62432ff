#ifndef FATHOM_PROTO_SHARED_VERSION_H_
#define FATHOM_PROTO_SHARED_VERSION_H_

#include <string>

#include "absl/strings/string_view.h"

// The commit from which the program was built. It is separate from the macro
// FATHOM_VERSION, which suffices for most messages, so that a new commit does
// not make everything compile again.
namespace fathom {

// Returns the commit from which the program was built, as "0123456789ab",
// followed by ", modified" when files had been changed since; empty when it is
// not known.
absl::string_view BuiltCommit();

// Returns "0.1.0 (commit 0123456789ab)", or "0.1.0" when the commit is not
// known.
std::string FullVersion();

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_VERSION_H_

#ifndef FATHOM_PROTO_SHARED_VERSION_H_
#define FATHOM_PROTO_SHARED_VERSION_H_

#include <string>

#include "absl/strings/string_view.h"

// What was built. Apart from FATHOM_VERSION, which is enough for messages, so
// that a commit does not compile everything again.
namespace fathom {

// Returns the commit that was built, as "0123456789ab", with ", modified" after
// it where files were changed since; empty where that is not known.
absl::string_view BuiltCommit();

// Returns "0.1.0 (commit 0123456789ab)", or "0.1.0" where that is not known.
std::string FullVersion();

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_VERSION_H_

#include "proto/shared/version.h"

#include "absl/strings/str_cat.h"
#include "commit.h"

namespace fathom {

absl::string_view BuiltCommit() { return FATHOM_COMMIT; }

std::string FullVersion() {
  if (BuiltCommit().empty()) return FATHOM_VERSION;
  return absl::StrCat(FATHOM_VERSION, " (commit ", BuiltCommit(), ")");
}

}  // namespace fathom

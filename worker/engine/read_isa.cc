#include "worker/engine/read_isa.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace fathom::worker {

absl::StatusOr<kernel::Isa> ReadIsa(absl::string_view name) {
  const std::optional<kernel::Isa> isa =
      kernel::FindIsa({name.data(), name.size()});
  if (isa.has_value() && kernel::Supports(*isa)) return *isa;
  std::vector<std::string> supported;
  for (const kernel::Isa one : kernel::kIsas) {
    if (kernel::Supports(one)) supported.emplace_back(kernel::IsaName(one));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      isa.has_value()
          ? absl::StrCat("this machine has no ", name)
          : absl::StrCat("there is no instruction set \"", name, "\""),
      "; expected ", absl::StrJoin(supported, ", ")));
}

}  // namespace fathom::worker

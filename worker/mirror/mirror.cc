#include "worker/mirror/mirror.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"
#include "worker/mirror/folder_mirror.h"
#include "worker/mirror/https_mirror.h"
#include "worker/mirror/mirror_url.h"

namespace fathom::worker {

absl::StatusOr<std::shared_ptr<DatasetSource>> ReadMirror(
    const std::string& name, const MirrorOptions& options) {
  if (name.empty()) {
    return absl::InvalidArgumentError(
        "found an empty name, expected https://HOST/PATH, file:///PATH or a "
        "folder");
  }
  if (!absl::StrContains(name, "://")) {
    return std::make_shared<FolderMirror>(name);
  }
  ASSIGN_OR_RETURN(MirrorUrl url, ReadMirrorUrl(name));
  if (!url.folder.empty()) return std::make_shared<FolderMirror>(url.folder);
  return std::make_shared<HttpsMirror>(std::move(url.https), options);
}

}  // namespace fathom::worker

#ifndef FATHOM_WORKER_MIRROR_MIRROR_URL_H_
#define FATHOM_WORKER_MIRROR_MIRROR_URL_H_

#include <string>

#include "absl/status/statusor.h"

namespace fathom::worker {

// What a URL of a mirror names: one of these.
struct MirrorUrl {
  std::string folder = {};  // Of file://.
  std::string https =
      {};  // The whole URL, normalized, with a slash at its end.
};

// Reads a URL. The errors are those of ReadMirror.
absl::StatusOr<MirrorUrl> ReadMirrorUrl(const std::string& text);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_MIRROR_MIRROR_URL_H_

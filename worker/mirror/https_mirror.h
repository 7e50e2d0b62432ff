#ifndef FATHOM_WORKER_MIRROR_HTTPS_MIRROR_H_
#define FATHOM_WORKER_MIRROR_HTTPS_MIRROR_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "worker/mirror/mirror.h"
#include "worker/session/datasets/dataset_source.h"

namespace fathom::worker {

// A mirror on a web server. Nothing but https is spoken, also after a redirect,
// and the certificate must be right. After a connection that broke, the next
// request asks for the rest (Range), as long as each brings something.
//
// This class is thread-safe.
class HttpsMirror final : public DatasetSource {
 public:
  // `url` ends with a slash.
  HttpsMirror(std::string url, MirrorOptions options);

  std::string name() const override { return absl::StrCat("mirror ", url_); }

  absl::Status Fetch(const std::string& digest, DatasetPart& part,
                     const std::function<bool()>& keep_going) override;

 private:
  const std::string url_;
  const MirrorOptions options_;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_MIRROR_HTTPS_MIRROR_H_

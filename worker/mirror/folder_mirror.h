#ifndef FATHOM_WORKER_MIRROR_FOLDER_MIRROR_H_
#define FATHOM_WORKER_MIRROR_FOLDER_MIRROR_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "worker/session/datasets/dataset_source.h"

namespace fathom::worker {

// A mirror in a folder, most often one that machines share.
//
// This class is thread-safe.
class FolderMirror final : public DatasetSource {
 public:
  explicit FolderMirror(std::string folder) : folder_(std::move(folder)) {}

  std::string name() const override { return absl::StrCat("mirror ", folder_); }

  absl::Status Fetch(const std::string& digest, DatasetPart& part,
                     const std::function<bool()>& keep_going) override;

 private:
  const std::string folder_;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_MIRROR_FOLDER_MIRROR_H_

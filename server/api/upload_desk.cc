#include "server/api/upload_desk.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace fathom {

UploadDesk::Place UploadDesk::Enter(absl::AnyInvocable<void()> cancel) {
  absl::MutexLock lock(&mutex_);
  if (static_cast<int>(uploads_.size()) >= limits_.uploads) EndStalled(0);
  if (static_cast<int>(uploads_.size()) >= limits_.uploads) return 0;
  const Place place = next_++;
  uploads_[place] = {0, clock_(), std::move(cancel)};
  return place;
}

absl::Status UploadDesk::Take(Place place, int64_t bytes) {
  absl::MutexLock lock(&mutex_);
  if (!uploads_.contains(place)) {
    return absl::CancelledError("the upload stalled and has lost its place");
  }
  if (bytes_ + bytes > limits_.bytes) EndStalled(place);
  if (bytes_ + bytes > limits_.bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the coordinator holds ", bytes_ >> 20,
                     " MiB of unfinished uploads and takes no more than ",
                     limits_.bytes >> 20, " MiB; try again in a minute"));
  }
  Upload& upload = uploads_[place];
  upload.bytes += bytes;
  upload.last = clock_();
  bytes_ += bytes;
  return absl::OkStatus();
}

void UploadDesk::Leave(Place place) {
  absl::MutexLock lock(&mutex_);
  auto it = uploads_.find(place);
  if (it == uploads_.end()) return;
  bytes_ -= it->second.bytes;
  uploads_.erase(it);
}

void UploadDesk::EndStalled(Place except) {
  const absl::Time oldest = clock_() - limits_.patience;
  absl::erase_if(uploads_, [&](auto& entry) {
    auto& [place, upload] = entry;
    if (place == except || upload.last >= oldest) return false;
    bytes_ -= upload.bytes;
    upload.cancel();
    return true;
  });
}

}  // namespace fathom

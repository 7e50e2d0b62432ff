#include "client/ui/http/pipe.h"

#include <algorithm>

#include "client/ui/http/limits.h"

namespace fathom::client {

bool Pipe::HasRoom() const { return is_cut_ || bytes_.size() < kAheadBytes; }

absl::Status Pipe::Write(absl::string_view bytes) {
  while (!bytes.empty()) {
    bool was_empty = false;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &Pipe::HasRoom));
      if (is_cut_) {
        return absl::UnavailableError("nobody reads this answer any more");
      }
      was_empty = bytes_.empty();
      const size_t some = std::min(bytes.size(), kAheadBytes - bytes_.size());
      bytes_.append(bytes.data(), some);
      bytes.remove_prefix(some);
    }
    if (was_empty) on_more_();
  }
  return absl::OkStatus();
}

void Pipe::Finish(const absl::Status& status) {
  {
    absl::MutexLock lock(&mutex_);
    end_ = status;
  }
  on_more_();
}

std::string Pipe::Take() {
  absl::MutexLock lock(&mutex_);
  std::string taken = bytes_.substr(0, kPieceBytes);
  bytes_.erase(0, taken.size());
  return taken;
}

std::optional<absl::Status> Pipe::end() const {
  absl::MutexLock lock(&mutex_);
  if (!bytes_.empty()) return std::nullopt;
  return end_;
}

void Pipe::Cut() {
  absl::MutexLock lock(&mutex_);
  is_cut_ = true;
  bytes_.clear();
}

}  // namespace fathom::client

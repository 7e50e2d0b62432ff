#ifndef FATHOM_CLIENT_UI_HTTP_PIPE_H_
#define FATHOM_CLIENT_UI_HTTP_PIPE_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace fathom::client {

// A body on its way from the thread that computes it to the one that sends it,
// which is never more than kAheadBytes behind.
//
// This class is thread-safe.
class Pipe {
 public:
  // `on_more` is called, in the thread that writes, when there is something to
  // take after there was nothing.
  explicit Pipe(std::function<void()> on_more) : on_more_(std::move(on_more)) {}

  // Appends to the body, and waits while too much of it is not taken yet.
  // UNAVAILABLE when nobody takes it any more.
  absl::Status Write(absl::string_view bytes);
  // Ends the body, well or with an error.
  void Finish(const absl::Status& status);

  // Takes what there is of the body, at most kPieceBytes; empty when nothing
  // is.
  std::string Take();
  // Returns how the body has ended once all of it is taken; nothing before.
  std::optional<absl::Status> end() const;
  // Nothing is taken any more.
  void Cut();

 private:
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::function<void()> on_more_;
  mutable absl::Mutex mutex_;
  std::string bytes_ ABSL_GUARDED_BY(mutex_);
  bool is_cut_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_HTTP_PIPE_H_

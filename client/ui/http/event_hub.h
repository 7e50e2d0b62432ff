#ifndef FATHOM_CLIENT_UI_HTTP_EVENT_HUB_H_
#define FATHOM_CLIENT_UI_HTTP_EVENT_HUB_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/ui/events.h"
#include "client/ui/exchange.h"
#include "client/ui/http/watch.h"

namespace fathom::client {

// Tells the event streams of open pages what has changed. A thread asks the
// coordinator or ledger, once in a period for all streams together, and only
// while there are some. An event says that something is new and not what, so
// that one that is lost costs nothing.
//
// This class is thread-safe.
class EventHub final : public EventSink {
 public:
  struct Options {
    absl::Duration period = absl::Seconds(1);
    // Computations are told of this often at most.
    absl::Duration job_period = absl::Milliseconds(250);
    // Versions go on from here. Those of a program that starts later must be
    // larger, so that a page that reconnects sees that it missed something.
    int64_t first_version = 1;
  };

  // A page that wants to hear.
  struct Request {
    int64_t sweep_id = 0;      // The sweep that it shows; 0 for none.
    std::string last_id = {};  // Last-Event-ID; empty at first.
    std::string key = {};      // For the limit of streams:
    int most_of_key = 1;       // so many may have the same key.
    // Returns who looks; UNAUTHENTICATED ends the stream. May wait. It may be
    // called until the hub is gone.
    std::function<absl::StatusOr<Viewer>()> viewer = {};
  };
  // Takes an event, as the text that is written into the stream. `is_last`: the
  // stream ends with it. Must not wait, nor call the hub.
  using Deliver = std::function<void(const std::string& event, bool is_last)>;

  explicit EventHub(Options options);
  ~EventHub() override;

  // Returns the number of the new stream. RESOURCE_EXHAUSTED when there are
  // enough with the same key, UNAVAILABLE when the program is stopping.
  absl::StatusOr<int64_t> Subscribe(Request request, Deliver deliver);
  // Afterwards nothing more is delivered.
  void Unsubscribe(int64_t stream);

  // Returns the version of the last change that pages were told of.
  int64_t version() const;
  // Returns the same for the last change that was more than progress.
  int64_t turn() const;

  void JobProgressed(int64_t sweep_id, absl::string_view what,
                     double done) override;

  // Looks for changes at once: somebody has just made one.
  void Poke();

  // Ends all streams with the event `bye`, and takes no more.
  void Stop();

  int stream_count() const;

 private:
  struct Stream {
    Request request;
    Deliver deliver;
    bool is_new = true;    // It has been told of no version yet.
    bool is_over = false;  // It has had its last event.
    std::optional<bool> up = std::nullopt;  // What it has been told.
  };
  using Jobs = std::map<std::pair<int64_t, std::string>, double>;

  void Run();
  // Waits for something to do. Returns false when the hub stops. `look`: it is
  // time to look for changes.
  bool WaitForWork(bool& look);
  bool HasToWake() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Time NextLook() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Time NextWake() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Asks the source, and tells the streams.
  void Look();
  // Returns a connection to ask, of one of `streams`, and those that have to
  // end because their viewers may not look any more.
  static absl::StatusOr<std::shared_ptr<Connection>> Choose(
      const std::vector<std::pair<int64_t, Request>>& streams,
      std::vector<int64_t>& ended);
  void End(const std::vector<int64_t>& streams)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Tell(const absl::Status& source, const WatchChanges& changes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TellJobs() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<int64_t, Stream> streams_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, int> by_key_ ABSL_GUARDED_BY(mutex_);
  int64_t last_stream_ ABSL_GUARDED_BY(mutex_) = 0;
  Jobs jobs_ ABSL_GUARDED_BY(mutex_);
  absl::Time last_look_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Time last_jobs_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  // The thread sleeps until then.
  absl::Time planned_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  int64_t version_ ABSL_GUARDED_BY(mutex_);
  int64_t turn_ ABSL_GUARDED_BY(mutex_) = 0;
  bool has_news_ ABSL_GUARDED_BY(mutex_) = false;  // Look soon.
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Watch watch_;  // Of the thread alone.
  std::thread thread_;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_HTTP_EVENT_HUB_H_

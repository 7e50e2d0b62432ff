#ifndef FATHOM_CLIENT_UI_HTTP_SITE_H_
#define FATHOM_CLIENT_UI_HTTP_SITE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "client/ui/exchange.h"
#include "client/ui/http/counts.h"
#include "client/ui/http/door.h"
#include "client/ui/http/event_hub.h"
#include "client/ui/http/headers.h"
#include "client/ui/http/limits.h"
#include "client/ui/http/page.h"
#include "client/ui/http/request.h"
#include "client/ui/http/target.h"
#include "client/ui/http/texts.h"

namespace fathom::client {

// Returns the text of /metrics, in the text format of Prometheus.
using MetricsHandler = std::function<absl::StatusOr<std::string>(
    Connection& connection, const UiCounts& counts)>;
// Returns what keeps this program from showing anything, or OK.
using HealthHandler = std::function<absl::Status(Connection& connection)>;

// The addresses of `fathom ui`: decides what a request gets that has come in
// whole, from whomever. Knows nothing of sockets.
//
// This class is thread-safe.
class Site {
 public:
  struct Options {
    UiHandler handler = {};       // Answers /api.
    MetricsHandler metrics = {};  // Empty: there is no /metrics.
    HealthHandler health = {};    // Empty: whether the source answers.
    std::vector<std::string> hosts =
        {};            // Names besides those of this machine.
    bool tls = false;  // Cookies go back over TLS alone.
    UiSource source = {};
    std::string version = {};
    Page page = {};
    UiLimits limits = {};
  };

  // Where a request came from, without ports.
  struct Peer {
    std::string address = {};
    std::string local_address = {};
  };

  // What is to be done with a request.
  struct Plan {
    std::string route = "refused";  // See UiCounts.
    // The response, unless one of the others is set.
    UiResponse response = {};
    // Finds the response. May wait, and is called once, in another thread, of
    // which one key gets only some.
    std::function<UiResponse(const std::function<bool()>& is_cancelled)> work =
        {};
    std::string work_key = {};
    // An event stream, which begins when the head has been sent.
    std::function<absl::StatusOr<int64_t>(EventHub::Deliver)> subscribe = {};
  };

  // `door` and `hub` must outlive this object.
  Site(Options options, Door& door, EventHub& hub);

  // Never waits.
  Plan Receive(HttpRequest request, const Peer& peer);

  // Counts a response that is sent.
  void Count(const std::string& route, int status);
  void SetConnections(int64_t connections) { connections_ = connections; }
  UiCounts counts() const;

 private:
  // What Receive has found out about a request so far.
  struct Asked {
    HttpRequest request;
    Target target;
    Peer peer;
    bool is_post = false;
    absl::string_view first() const {
      return target.path.empty() ? absl::string_view() : target.path[0];
    }
  };

  // Returns the refusal of a request that does not come from where it should,
  // or nothing.
  std::optional<UiResponse> Refusal(const HttpRequest& request,
                                    const Peer& peer) const;
  std::optional<UiResponse> RefusalOfOthers(const Asked& asked) const;
  Plan ForApi(Asked asked);
  Plan ForEvents(const Asked& asked);
  Plan ForMonitor(Asked asked);
  Plan ForLogin(Asked asked);
  Plan ForPage(const Asked& asked) const;
  UiResponse Caller(const std::string& id);
  UiResponse AnswerApi(const Asked& asked, Session& session,
                       const std::function<bool()>& is_cancelled);
  UiResponse Monitor(const Asked& asked);
  UiResponse LogIn(const Asked& asked);
  UiResponse IndexPage(const PageFile& index, const HttpRequest& request) const;
  UiResponse FileOfPage(const PageFile& file, const HttpRequest& request) const;
  std::string Cookie(absl::string_view id) const;

  const Options options_;
  const HostList hosts_;
  Door& door_;
  EventHub& hub_;
  std::string index_;  // The page's index.html, unpacked.
  std::atomic<int64_t> connections_ = 0;
  mutable absl::Mutex mutex_;
  UiCounts counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_HTTP_SITE_H_

#include "worker/run_worker.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "grpcpp/grpcpp.h"
#include "proto/shared/log.h"
#include "proto/shared/protocol.h"
#include "proto/shared/server_address.h"
#include "worker/engine/engines.h"
#include "worker/kernel/isa.h"

namespace fathom::worker {
namespace {

// How long to look for the reason why there is no connection.
constexpr absl::Duration kProbeTimeout = absl::Seconds(2);

std::shared_ptr<grpc::Channel> Connect(
    const std::string& server,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // As with clients, a proxy for the web would only hide the coordinator.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // The backoff of the session decides when to try again.
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  return grpc::CreateCustomChannel(server, credentials, arguments);
}

// How long a slot that was told to stop may go on with its step after the rest
// of the worker has ended.
constexpr absl::Duration kLongestStep = absl::Seconds(2);

// Logs why the session ended, and returns the exit code.
int Explain(const absl::Status& status, bool stopping,
            const std::string& server, const ClientCredentials& credentials) {
  if (status.ok()) return 0;
  if (absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status)) {
    Log(LogLevel::kError, status.message());
    return kNotAllowed;
  }
  if (!absl::IsUnavailable(status) && !absl::IsDeadlineExceeded(status) &&
      !stopping) {
    Log(LogLevel::kError, status.message());
    return absl::IsFailedPrecondition(status) ? kRefused : kFailed;
  }
  if (const absl::Status known = CheckServerHost(server); !known.ok()) {
    Log(LogLevel::kError, known.message());
    return kUnreachable;
  }
  if (const std::string reason =
          DiagnoseConnection(server, credentials, kProbeTimeout);
      !reason.empty()) {
    Log(LogLevel::kError, reason);
    return kNotAllowed;
  }
  Log(LogLevel::kError,
      stopping
          ? absl::StrCat("stopped without reaching the coordinator at ", server,
                         ": what it has not acknowledged will be trained again")
          : absl::StrCat("no coordinator answers at ", server, " (",
                         status.message(),
                         "); is fathom-server running there?"));
  return kUnreachable;
}

// How often the worker looks whether it is time to leave.
constexpr absl::Duration kLookPeriod = absl::Milliseconds(200);

// Waits for one of `signals`, or until the worker is to leave by itself.
// Returns why it is to stop.
std::string WaitForTheEnd(const sigset_t& signals, const Worker& worker,
                          const Leaving& leaving) {
  const bool may_leave =
      leaving.idle < absl::InfiniteDuration() || leaving.at != kSteadyNever;
  const timespec period = absl::ToTimespec(kLookPeriod);
  for (;;) {
    int signal = 0;
    if (!may_leave) {
      sigwait(&signals, &signal);
      return "stopping";
    }
    if (sigtimedwait(&signals, nullptr, &period) > 0) return "stopping";
    if (SteadyNow() >= leaving.at) return "the end of the job is near";
    if (worker.idle() >= leaving.idle) {
      return absl::StrCat("nothing to do for ",
                          absl::FormatDuration(leaving.idle));
    }
  }
}

}  // namespace

int RunWorker(const std::string& server, const ClientCredentials& credentials,
              absl::Duration grace, const Leaving& leaving,
              Worker::Options options) {
  // The signals are blocked before any thread starts, so that only the thread
  // below receives them. Batch systems send SIGUSR1 or SIGUSR2 ahead of the end
  // of a job's time.
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGINT, SIGTERM, SIGUSR1, SIGUSR2}) {
    sigaddset(&signals, signal);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  if (const absl::Status status = CheckServerAddress(server); !status.ok()) {
    Log(LogLevel::kError, absl::StrCat("--server: ", status.message()));
    return kBadUsage;
  }
  const auto channel_credentials = MakeChannelCredentials(server, credentials);
  if (!channel_credentials.ok()) {
    Log(LogLevel::kError, channel_credentials.status().message());
    return kBadUsage;
  }
  Log(LogLevel::kInfo,
      absl::StrCat("fathom-worker ", FATHOM_VERSION, " ", options.name, ", ",
                   options.slots, options.slots == 1 ? " slot, " : " slots, ",
                   absl::StrJoin(NumericsOf(options.engines), " and "),
                   " with ", kernel::IsaName(kernel::ActiveIsa()),
                   ", coordinator ", server));
  // Only a warning, because the name may become known while the worker tries.
  if (const absl::Status known = CheckServerHost(server); !known.ok()) {
    Log(LogLevel::kWarning, known.message());
  }
  const absl::Duration hand_over = options.stop_grace;
  Worker worker(Connect(server, *channel_credentials), std::move(options));
  std::atomic<bool> ended = false;
  std::atomic<bool> stopping = false;
  std::thread stopper([&] {
    const std::string why = WaitForTheEnd(signals, worker, leaving);
    if (ended) return;
    stopping = true;
    Log(LogLevel::kInfo, absl::StrCat(why, ": finishing what it holds"));
    worker.Drain();
    const timespec wait = absl::ToTimespec(grace);
    sigtimedwait(&signals, nullptr, &wait);
    if (ended) return;
    Log(LogLevel::kInfo, "handing back what is not finished");
    worker.Stop();
    const timespec rest = absl::ToTimespec(hand_over + kLongestStep);
    const int signal = sigtimedwait(&signals, nullptr, &rest);
    if (ended) return;
    if (signal > 0) _exit(128 + signal);  // Asked to stop once more.
    // The coordinator knows that this worker leaves, and gives out again the
    // trials whose results it does not receive. Those who stop workers do not
    // wait for long.
    Log(LogLevel::kError,
        "a slot is still in the middle of one long step; ending without it");
    _exit(kFailed);
  });
  const absl::Status status = worker.Run();
  ended = true;
  pthread_kill(stopper.native_handle(), SIGUSR1);
  stopper.join();
  return Explain(status, stopping, server, credentials);
}

}  // namespace fathom::worker

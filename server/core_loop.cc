#include "server/core_loop.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/shared/log.h"

namespace fathom::server {
namespace {

constexpr absl::Duration kTick = absl::Seconds(1);

// How long the steps of cleaning up rest, as a multiple of the time that one
// took, while others want something; at most; and after an error.
constexpr double kRests = 99;
constexpr absl::Duration kMostRest = absl::Seconds(10);
constexpr absl::Duration kRestAfterError = absl::Minutes(1);

std::string FatalText(const absl::Status& status) {
  switch (FatalKindOf(status)) {
    case FatalKind::kDisk:
      return absl::StrCat("the ledger cannot be written, stopping: ",
                          status.message());
    case FatalKind::kFile:
      return absl::StrCat("the ledger's file is not what it was, stopping: ",
                          status.message());
    case FatalKind::kBug:
      return absl::StrCat(
          "a bug of fathom, stopping: what was to be recorded contradicts the "
          "ledger, which is whole and ends at the last commit: ",
          status.message(),
          ". Please report this line; a new start goes on from the ledger");
  }
  return "";
}

}  // namespace

CoreLoop::CoreLoop(std::unique_ptr<Ledger> ledger,
                   std::unique_ptr<Coordinator> coordinator, Clock clock,
                   absl::AnyInvocable<void(const absl::Status&)> on_fatal,
                   std::unique_ptr<EventLog> event_log,
                   decltype(Core::Recovery::restart) restart)
    : core_(
          std::move(ledger), std::move(coordinator),
          [this](Effects& effects) { Deliver(effects); },
          [this](const absl::Status& status) { Fail(status); },
          MakeRecovery(std::move(restart))),
      clock_(std::move(clock)),
      on_fatal_(std::move(on_fatal)),
      event_log_(std::move(event_log)),
      thread_([this] { Run(); }) {}

CoreLoop::~CoreLoop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void CoreLoop::Post(Decide decide, Done done) {
  absl::MutexLock lock(&mutex_);
  tasks_.push_back({std::move(decide), std::move(done), nullptr});
}

void CoreLoop::PostLedger(absl::AnyInvocable<void(Ledger&)> use) {
  absl::MutexLock lock(&mutex_);
  tasks_.push_back({nullptr, nullptr, std::move(use)});
}

void CoreLoop::PostBulk(UseLedger use) {
  absl::MutexLock lock(&mutex_);
  if (!stopping_) bulk_.push_back(std::move(use));
}

ConnectionId CoreLoop::Register(std::shared_ptr<WorkerStream> stream) {
  absl::MutexLock lock(&mutex_);
  const ConnectionId id = next_connection_++;
  streams_[id] = std::move(stream);
  return id;
}

void CoreLoop::Unregister(ConnectionId connection) {
  absl::MutexLock lock(&mutex_);
  streams_.erase(connection);
  tasks_.push_back({[connection](Coordinator& coordinator, absl::Time now) {
                      coordinator.OnDisconnected(connection, now);
                    },
                    nullptr, nullptr});
}

void CoreLoop::CloseStreams(const absl::Status& status) {
  std::vector<std::shared_ptr<WorkerStream>> streams;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [id, stream] : streams_) streams.push_back(stream);
  }
  for (const auto& stream : streams) stream->Close(status);
}

int64_t CoreLoop::waiting_tasks() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int64_t>(tasks_.size() + bulk_.size());
}

void CoreLoop::Run() {
  std::vector<Task> tasks;
  absl::Time next_tick = clock_() + kTick;
  while (TakeTasks(next_tick, tasks)) {
    bool busy = !tasks.empty();
    // A clock that was set back must not delay ticks.
    if (const absl::Time now = clock_();
        now >= next_tick || next_tick - now > kTick) {
      next_tick = now + kTick;
      tasks.push_back({[](Coordinator& coordinator, absl::Time tick) {
                         coordinator.OnTick(tick);
                       },
                       nullptr, nullptr});
    }
    // A wait that a step of cleaning up has ended is nobody's.
    if (!tasks.empty() || core_.behind()) core_.Execute(tasks, clock_());
    tasks.clear();
    busy |= RunBulk();
    CleanUp(busy);
  }
}

void CoreLoop::CleanUp(bool busy) {
  busy_ |= busy;
  const absl::Time begun = clock_();
  if (next_step_ - begun > kRestAfterError) next_step_ = begun;
  if (begun < next_step_ || !core_.HasCleaning(begun)) return;
  const absl::Status status = core_.Clean(begun);
  if (!status.ok()) {
    Log(LogLevel::kWarning,
        absl::StrCat("cannot clean up the ledger, next try in a minute: ",
                     status.message()));
    next_step_ = clock_() + kRestAfterError;
    return;
  }
  const absl::Time ended = clock_();
  next_step_ = busy_ ? ended + std::clamp(kRests * (ended - begun),
                                          absl::ZeroDuration(), kMostRest)
                     : ended;
  busy_ = false;
}

bool CoreLoop::RunBulk() {
  UseLedger use;
  {
    absl::MutexLock lock(&mutex_);
    if (bulk_.empty()) return false;
    use = std::move(bulk_.front());
    bulk_.pop_front();
  }
  if (!core_.fatal().ok()) {
    use(core_.fatal());
    return true;
  }
  std::vector<Task> tasks(1);
  tasks[0].use_ledger = [&use](Ledger& ledger) { use(&ledger); };
  core_.Execute(tasks, clock_());
  return true;
}

bool CoreLoop::TakeTasks(absl::Time deadline, std::vector<Task>& tasks) {
  auto has_work = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !tasks_.empty() || !bulk_.empty() || stopping_;
  };
  const absl::Time now = clock_();
  if (core_.HasCleaning(now)) deadline = std::min(deadline, next_step_);
  const absl::Duration wait =
      core_.behind() ? absl::ZeroDuration() : std::min(deadline - now, kTick);
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&has_work), wait);
  tasks.swap(tasks_);
  return !(tasks.empty() && bulk_.empty() && stopping_);
}

void CoreLoop::Deliver(Effects& effects) {
  if (event_log_ != nullptr) event_log_->Append(effects);
  auto find = [this](ConnectionId id) -> std::shared_ptr<WorkerStream> {
    absl::MutexLock lock(&mutex_);
    auto it = streams_.find(id);
    return it == streams_.end() ? nullptr : it->second;
  };
  // All messages of one stream are sent at once.
  std::stable_sort(effects.messages.begin(), effects.messages.end(),
                   [](const Outgoing& a, const Outgoing& b) {
                     return a.connection < b.connection;
                   });
  std::vector<v1::CoordinatorMessage> messages;
  for (size_t i = 0; i < effects.messages.size(); ++i) {
    const ConnectionId connection = effects.messages[i].connection;
    messages.push_back(std::move(effects.messages[i].message));
    if (i + 1 < effects.messages.size() &&
        effects.messages[i + 1].connection == connection) {
      continue;
    }
    if (auto stream = find(connection)) stream->Send(absl::MakeSpan(messages));
    messages.clear();
  }
  for (const CloseConnection& close : effects.closes) {
    if (auto stream = find(close.connection)) stream->Close(close.status);
  }
}

Core::Recovery CoreLoop::MakeRecovery(
    decltype(Core::Recovery::restart) restart) {
  Core::Recovery recovery;
  recovery.wait_on = [this](const absl::Status& status, int times) {
    // The log says so ever less often: at the 1st, 2nd, 4th, 8th, ... try.
    if ((times & (times - 1)) == 0) {
      Log(LogLevel::kWarning,
          absl::StrCat("waiting to write, for the ", times,
                       ". time: ", status.message(),
                       "; nothing is acknowledged meanwhile"));
    }
    absl::MutexLock lock(&mutex_);
    return !stopping_;
  };
  recovery.restart = std::move(restart);
  recovery.on_restart = [this](const absl::Status& status) {
    Log(LogLevel::kError,
        absl::StrCat(absl::IsInvalidArgument(status)
                         ? "what somebody sent is none that the ledger takes"
                         : "what was to be recorded contradicts the ledger, "
                           "which is a bug of fathom (please report this line)",
                     "; went on from the ledger: ", status.message()));
    CloseStreams(absl::UnavailableError("the coordinator starts anew"));
  };
  return recovery;
}

void CoreLoop::Fail(const absl::Status& status) {
  Log(LogLevel::kError, FatalText(status));
  CloseStreams(absl::UnavailableError(status.message()));
  if (on_fatal_ != nullptr) on_fatal_(status);
}

}  // namespace fathom::server

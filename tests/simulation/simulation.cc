#include "tests/simulation/simulation.h"

#include <algorithm>
#include <iostream>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/sweep/fingerprint.h"
#include "proto/sweep/normalize.h"
#include "server/store/cleaner.h"
#include "server/store/reader.h"

namespace fathom::simulation {
namespace {

constexpr absl::Duration kHeartbeatPeriod = absl::Seconds(1);
constexpr int kLossesOfPoison = 8;
constexpr int64_t kMostEvents = 200'000;
constexpr absl::Duration kMostTime = absl::Minutes(40);

}  // namespace

v1::SweepSpec SpecOf(const std::string& name, int64_t trials) {
  v1::SweepSpec spec;
  spec.set_name(name);
  v1::TrialSpec& trial = *spec.mutable_trial();
  trial.mutable_data()->mutable_synthetic()->set_rows(20);
  trial.mutable_data()->mutable_synthetic()->set_columns(3);
  trial.mutable_optimizer()->set_learning_rate(0.01);
  trial.set_steps(100);
  v1::Axis& axis = *spec.add_axes()->add_axes();
  axis.set_field("seed");
  axis.mutable_range()->set_from(0);
  axis.mutable_range()->set_to(trials);
  spec = Normalize(std::move(spec));
  // The number of steps makes the fingerprint depend on the name, which is not
  // part of it otherwise.
  spec.mutable_trial()->set_steps(100 + static_cast<int64_t>(name.size()));
  return spec;
}

void Statistics::Add(const Statistics& other) {
  events += other.events;
  starts += other.starts;
  kills += other.kills;
  power_cuts += other.power_cuts;
  failed_commits += other.failed_commits;
  worker_deaths += other.worker_deaths;
  lost_attempts += other.lost_attempts;
  late_results += other.late_results;
  second_results += other.second_results;
  quarantines += other.quarantines;
  declines += other.declines;
  refusals += other.refusals;
  hostile_sweeps += other.hostile_sweeps;
  checkpoints += other.checkpoints;
  resumptions += other.resumptions;
  fresh_starts += other.fresh_starts;
  deletions += other.deletions;
  cleanings += other.cleanings;
  cut_cleanings += other.cut_cleanings;
  uploads += other.uploads;
}

bool Statistics::Complete() const {
  return kills > 0 && power_cuts > 0 && failed_commits > 0 &&
         worker_deaths > 0 && lost_attempts > 0 && late_results > 0 &&
         second_results > 0 && quarantines > 0 && declines > 0 &&
         refusals > 0 && hostile_sweeps > 0 && checkpoints > 0 &&
         resumptions > 0 && fresh_starts > 0 && deletions > 0 &&
         cleanings > 0 && cut_cleanings > 0 && uploads > 0;
}

std::string Statistics::Text() const {
  return absl::StrCat(
      events, " events, ", starts, " starts, ", kills, " kills, ", power_cuts,
      " power cuts, ", failed_commits, " failed commits, ", worker_deaths,
      " worker deaths, ", lost_attempts, " lost attempts, ", late_results,
      " late results, ", second_results, " second results, ", quarantines,
      " quarantines, ", declines, " declines, ", refusals, " refusals, ",
      hostile_sweeps, " hostile sweeps, ", checkpoints, " checkpoints, ",
      resumptions, " resumptions, ", fresh_starts, " fresh starts, ", deletions,
      " deletions, ", cleanings, " cleanings, ", cut_cleanings,
      " cut cleanings, ", uploads, " uploads");
}

Simulation::Simulation(const Options& options, std::string path)
    : options_(options),
      path_(std::move(path)),
      random_(options.seed),
      disk_(&random_),
      now_(absl::FromUnixSeconds(1'700'000'000)) {
  disk_.lies = options.mistake == Mistake::kLyingDisk;
  // The seed decides what there is to do; `faults` decides only whether
  // something goes wrong.
  const auto kind = options.seed % 4;
  wanted_.push_back({SpecOf("first", 70)});
  wanted_.push_back({SpecOf("second", 30)});
  if (kind == 1) {
    wanted_.push_back({SpecOf("cancelled", 40)});
    wanted_.back().to_cancel = true;
  }
  if (kind == 2) poison_ = 17;
  if (kind == 3) {
    wanted_.push_back({SpecOf("deleted", 25)});
    wanted_.back().to_delete = true;
  }
  for (Wanted& wanted : wanted_) wanted.fingerprint = Fingerprint(wanted.spec);
}

absl::Status Simulation::Run() {
  StartServer();
  faults_on_ = options_.faults;
  // The last place is that of the hostile worker.
  places_.resize(faults_on_ ? kWorkers + 1 : kWorkers);
  for (size_t place = 0; place < places_.size(); ++place) StartWorker(place);
  ClientLoop();
  DeleteLoop();
  if (options_.faults) {
    HostileClientLoop();
    After(Draw(absl::Seconds(5)), [this] { FaultLoop(); });
    After(absl::Seconds(15) + Draw(absl::Seconds(45)), [this] { EndFaults(); });
  }
  const absl::Time end = now_ + kMostTime;
  while (failures_.empty() && !Done()) {
    if (events_.empty() || ++statistics_.events > kMostEvents ||
        events_.top().time > end) {
      for (const Place& place : places_) {
        if (place.worker != nullptr) Log(place.worker->Text());
      }
      Fail("the sweeps do not come to their end");
      break;
    }
    const Event event = events_.top();
    events_.pop();
    now_ = event.time;
    event.action();
  }
  if (failures_.empty()) {
    StopServer();
    CheckLedger(/*at_end=*/true);
    CheckFiles();
  }
  core_.reset();
  if (failures_.empty()) return absl::OkStatus();
  return absl::InternalError(absl::StrJoin(failures_, "; "));
}

void Simulation::After(absl::Duration delay, std::function<void()> action) {
  events_.push({now_ + delay, next_order_++, std::move(action)});
}

absl::Duration Simulation::Draw(absl::Duration most) {
  return most * random_.Unit();
}

void Simulation::Log(const std::string& text) {
  if (!options_.verbose) return;
  std::cout << absl::FormatTime("%H:%M:%E3S", now_, absl::UTCTimeZone()) << " "
            << text << "\n";
}

void Simulation::Fail(const std::string& text) {
  Log("FAILED: " + text);
  failures_.push_back(text);
}

bool Simulation::Done() {
  if (faults_on_ || core_ == nullptr) return false;
  return std::all_of(wanted_.begin(), wanted_.end(), [](const Wanted& wanted) {
    return wanted.to_delete ? wanted.deleted
                            : wanted.complete || wanted.cancelled;
  });
}

void Simulation::StartServer() {
  absl::StatusOr<std::unique_ptr<server::Ledger>> ledger =
      server::Ledger::Open(path_);
  absl::StatusOr<server::LedgerState> state = absl::UnknownError("");
  if (ledger.ok()) state = (*ledger)->Load();
  if (!state.ok()) {
    Log(absl::StrCat(
        "the coordinator cannot start: ",
        (ledger.ok() ? state.status() : ledger.status()).message()));
    if (!faults_on_ && !disk_.dead()) {
      Fail(absl::StrCat(
          "the coordinator cannot start: ",
          (ledger.ok() ? state.status() : ledger.status()).ToString()));
    }
    if (ledger.ok()) ledger->reset();
    if (disk_.dead()) disk_.Revive(random_.Chance(0.5));
    RestartLater();
    return;
  }
  server::Coordinator::Options options;
  options.lease_ttl = kLeaseTtl;
  options.heartbeat_period = kHeartbeatPeriod;
  options.max_trials_per_transaction = 15;  // Often too few.
  options.max_lost_attempts = poison_ >= 0 ? kLossesOfPoison : 1'000'000;
  auto coordinator = std::make_unique<server::Coordinator>(
      options, *std::move(state), now_ + clock_offset_);
  files_ = (*ledger)->checkpoint_files();
  (*ledger)->cleaner().set_pace({.rows = 3,
                                 .pages = 2,
                                 .spare_pages = 0,
                                 .dataset_grace = absl::Minutes(1)});
  core_ = std::make_unique<server::Core>(
      *std::move(ledger), std::move(coordinator),
      [this](server::Effects& effects) { Deliver(effects); },
      [this](const absl::Status& status) {
        Log(absl::StrCat("the ledger cannot be written: ", status.message()));
        ++statistics_.failed_commits;
        if (!faults_on_ && !disk_.dead()) Fail(status.ToString());
      });
  const int64_t life = ++server_life_;
  AdoptFound();
  Log("the coordinator is up");
  ++statistics_.starts;
  tasks_.clear();
  Post({[](server::Coordinator&, absl::Time) {}, nullptr, nullptr});
  Tick(life);
  CleanLoop(life);
}

// The coordinator stops in good order, as on SIGTERM.
void Simulation::StopServer() {
  Log("the coordinator stops");
  core_.reset();
  if (disk_.dead()) disk_.Revive(random_.Chance(0.5));
  ++server_life_;
  tasks_.clear();
  for (const auto& [connection, end] : ends_) {
    const size_t place = end.place;
    const int64_t stream = end.stream;
    After(Draw(absl::Seconds(3)), [this, place, stream] {
      if (places_[place].stream == stream) Break(place);
    });
  }
  ends_.clear();
}

void Simulation::KillServer(bool power_cut) {
  Log(power_cut ? "the coordinator loses power" : "the coordinator is killed");
  ++(power_cut ? statistics_.power_cuts : statistics_.kills);
  disk_.Die();
  core_.reset();
  disk_.Revive(power_cut);
  StopServer();
}

void Simulation::RestartLater() {
  After(Draw(absl::Seconds(8)), [this] {
    if (core_ != nullptr) return;
    const auto fault = std::exchange(disk_.fault, nullptr);
    CheckLedger(/*at_end=*/false);
    disk_.fault = fault;
    StartServer();
  });
}

void Simulation::Post(server::Core::Task task) {
  tasks_.push_back(std::move(task));
  Continue();
}

void Simulation::Continue() {
  if (turn_due_) return;
  turn_due_ = true;
  After(Draw(absl::Milliseconds(10)), [this] { Turn(); });
}

void Simulation::Turn() {
  turn_due_ = false;
  if (core_ == nullptr) return;
  std::vector<server::Core::Task> tasks = std::exchange(tasks_, {});
  core_->Execute(tasks, now_ + clock_offset_);
  if (core_->behind()) Continue();
  if (!core_->fatal().ok()) RecoverLater();
}

void Simulation::RecoverLater() {
  if (disk_.dead()) {
    KillServer(random_.Chance(0.5));
  } else {
    StopServer();
  }
  RestartLater();
}

void Simulation::Tick(int64_t life) {
  if (life != server_life_) return;
  Post({[](server::Coordinator& coordinator, absl::Time now) {
          coordinator.OnTick(now);
        },
        nullptr, nullptr});
  After(absl::Seconds(1), [this, life] { Tick(life); });
}

void Simulation::CleanLoop(int64_t life) {
  if (life != server_life_ || core_ == nullptr) return;
  const absl::Time now = now_ + clock_offset_;
  const bool has_some = core_->HasCleaning(now);
  if (has_some) {
    const absl::Status status = core_->Clean(now);
    if (status.ok()) {
      ++statistics_.cleanings;
    } else if (disk_.dead()) {
      RecoverLater();
      return;
    } else if (!faults_on_) {
      Fail(status.ToString());
    }
  }
  After(Draw(absl::Milliseconds(has_some ? 300 : 3000)),
        [this, life] { CleanLoop(life); });
}

void Simulation::Deliver(server::Effects& effects) {
  NoteWrites(effects);
  for (server::Outgoing& out : effects.messages) {
    SendDown(out.connection, std::move(out.message));
  }
  for (const server::CloseConnection& close : effects.closes) {
    const auto end = ends_.find(close.connection);
    if (end == ends_.end()) continue;
    const auto [place, stream] = end->second;
    ends_.erase(end);
    Log(absl::StrCat("the coordinator closes the stream of ", place, ": ",
                     close.status.ToString()));
    statistics_.refusals += absl::IsInvalidArgument(close.status) ? 1 : 0;
    After(Draw(kLatency), [this, place = place, stream = stream] {
      if (places_[place].stream == stream) Break(place);
    });
    Post({[connection = close.connection](server::Coordinator& coordinator,
                                          absl::Time now) {
            coordinator.OnDisconnected(connection, now);
          },
          nullptr, nullptr});
  }
}

void Simulation::NoteWrites(const server::Effects& effects) {
  const auto record = [this](int64_t sweep, int64_t index, int64_t attempt,
                             int64_t state) {
    const TrialKey key(sweep, index);
    if (!recorded_.emplace(key, Recorded{attempt, state}).second) {
      Fail(absl::StrCat("trial ", index, " of ", sweep, " is recorded twice"));
    }
    if (gone_.contains(sweep)) Fail("a deleted sweep has a new result");
    if (newest_attempt_[key] != attempt) {
      Fail(absl::StrCat("trial ", index, " of ", sweep,
                        " is recorded on a stale attempt"));
    }
    for (const Wanted& wanted : wanted_) {
      if (wanted.sweep_id == sweep && wanted.cancelled) {
        Fail("a cancelled sweep has a new result");
      }
    }
  };
  const auto record_report = [&](const v1::Report& report) {
    for (const v1::TrialResult& result : report.results()) {
      record(report.sweep_id(), result.trial_index(), result.attempt(),
             result.outcome());
    }
  };
  for (const server::Write& write : effects.writes) {
    if (const auto* lease = std::get_if<server::InsertLease>(&write)) {
      for (const v1::TrialRange& range : lease->lease.trials()) {
        for (int64_t i = 0; i < range.count(); ++i) {
          const TrialKey key(lease->lease.sweep_id(), range.first_index() + i);
          if (++newest_attempt_[key] != range.attempt()) {
            Fail(absl::StrCat("trial ", key.second, " skips an attempt"));
          }
        }
      }
    } else if (const auto* report = std::get_if<server::RecordReport>(&write)) {
      record_report(report->report);
      statistics_.checkpoints += report->report.checkpoints_size();
      for (const v1::Resumption& one : report->report.resumptions()) {
        ++(one.unusable().empty() ? statistics_.resumptions
                                  : statistics_.fresh_starts);
      }
    } else if (const auto* late =
                   std::get_if<server::RecordLateReport>(&write)) {
      record_report(late->report);
      statistics_.late_results += late->report.results_size();
    } else if (const auto* failed =
                   std::get_if<server::QuarantineTrial>(&write)) {
      record(failed->sweep_id, failed->trial_index, failed->attempt,
             v1::TRIAL_STATE_FAILED);
      ++statistics_.quarantines;
    } else if (const auto* returned =
                   std::get_if<server::ReturnTrial>(&write)) {
      statistics_.lost_attempts += returned->lost;
    } else if (const auto* made = std::get_if<server::InsertSweep>(&write)) {
      const int64_t id = made->sweep.sweep_id();
      if (id <= highest_sweep_) {
        Fail(absl::StrCat("the number ", id, " is used again"));
      }
      highest_sweep_ = id;
    } else if (const auto* update = std::get_if<server::UpdateSweep>(&write)) {
      if (update->state != v1::SWEEP_STATE_RUNNING) {
        ended_[update->sweep_id] = update->state;
      }
    } else if (std::holds_alternative<server::CompareResult>(write)) {
      ++statistics_.second_results;
    } else if (const auto* event = std::get_if<server::InsertEvent>(&write);
               event != nullptr && event->kind == "points_missing") {
      Fail(event->message);
    } else if (event != nullptr && event->kind == "sweep_declined") {
      ++statistics_.declines;
    }
  }
}

// Reads the ledger as it lies on the disk, without a coordinator.
void Simulation::CheckLedger(bool at_end) {
  found_.clear();
  found_sweeps_.clear();
  found_ended_.clear();
  auto reader = server::LedgerReader::Open(path_);
  if (!reader.ok()) {
    // Before the first successful start there is nothing to read.
    if (at_end || !recorded_.empty()) Fail(reader.status().ToString());
    return;
  }
  const auto audit = (*reader)->Audit();
  if (!audit.ok()) {
    Fail(audit.status().ToString());
    return;
  }
  for (const std::string& problem : audit->problems()) Fail(problem);
  newest_attempt_.clear();
  v1::QueryRequest request;
  request.set_sql(
      "SELECT sweep_id, trial_index, attempt, state FROM trials "
      "WHERE sweep_id IN(SELECT sweep_id FROM sweeps) "
      "UNION ALL SELECT sweep_id, -1, state, fingerprint FROM sweeps "
      "UNION ALL SELECT sweep_id, -2, 0, 0 FROM deleted_sweeps");
  const absl::Status read =
      (*reader)->QueryHere(request, [&](const v1::QueryResponse& response) {
        for (const v1::QueryRow& row : response.rows()) {
          const TrialKey key(row.cells(0).integer(), row.cells(1).integer());
          if (key.second == -2) {
            statistics_.cut_cleanings += at_end ? 0 : 1;
            if (!asked_.contains(key.first)) Fail("an unwanted deletion");
            continue;
          }
          if (key.second == -1) {
            found_sweeps_[key.first] = row.cells(3).text();
            if (row.cells(2).integer() != v1::SWEEP_STATE_RUNNING) {
              found_ended_[key.first] = row.cells(2).integer();
            }
            continue;
          }
          newest_attempt_[key] = row.cells(2).integer();
          const int64_t state = row.cells(3).integer();
          if (state >= v1::TRIAL_STATE_SUCCEEDED &&
              state <= v1::TRIAL_STATE_FAILED) {
            found_[key] = {row.cells(2).integer(), state};
          }
        }
        return absl::OkStatus();
      });
  if (!read.ok()) Fail(read.ToString());
  CheckRecorded();
  if (!at_end) return;
  for (const Wanted& wanted : wanted_) {
    if (wanted.to_cancel) continue;
    for (const v1::SweepAudit& sweep : audit->sweeps()) {
      if (sweep.sweep_id() != wanted.sweep_id) continue;
      absl::StrAppend(&digest_, sweep.digest(), "\n");
    }
  }
}

void Simulation::CheckRecorded() {
  for (const int64_t id : gone_) {
    if (found_sweeps_.contains(id)) {
      Fail(absl::StrCat("the deleted sweep ", id, " is there"));
    }
  }
  for (const auto& [key, recorded] : recorded_) {
    if (asked_.contains(key.first) && !found_sweeps_.contains(key.first)) {
      continue;
    }
    const auto it = found_.find(key);
    if (it == found_.end() || it->second != recorded) {
      Fail(absl::StrCat("the result of trial ", key.second, " of sweep ",
                        key.first, " was acknowledged and is not there"));
      return;
    }
  }
}

// Adopts what was committed although nobody heard of it. It counts only once a
// coordinator has started with it, because before that it need not be on the
// platter.
void Simulation::AdoptFound() {
  recorded_ = found_;
  ended_ = found_ended_;
  for (Wanted& wanted : wanted_) {
    if (asked_.contains(wanted.sweep_id) &&
        !found_sweeps_.contains(wanted.sweep_id)) {
      wanted.deleted = true;
    }
  }
  if (!found_sweeps_.empty()) {
    highest_sweep_ = std::max(highest_sweep_, found_sweeps_.rbegin()->first);
  }
  for (const auto& [id, fingerprint] : found_sweeps_) {
    fingerprints_[id] = fingerprint;
    for (Wanted& wanted : wanted_) {  // The client finds its sweep by content.
      if (wanted.fingerprint != fingerprint) continue;
      wanted.sweep_id = id;
    }
  }
}

}  // namespace fathom::simulation

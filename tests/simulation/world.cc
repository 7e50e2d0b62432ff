// This file has the part of the Simulation outside of the coordinator: workers,
// streams, faults, and the clients of the service.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/shared/sha256.h"
#include "proto/sweep/fingerprint.h"
#include "server/store/reader.h"
#include "tests/simulation/simulation.h"

namespace fathom::simulation {

void Simulation::StartWorker(size_t at) {
  // The hostile worker is gone for good.
  if (at >= kWorkers && !faults_on_) return;
  Place& place = places_[at];
  const int64_t life = ++place.life;
  place.frozen = false;
  place.worker = std::make_unique<SimulatedWorker>(
      absl::StrCat("w", at), absl::StrCat("session-", next_session_++),
      1 + static_cast<int>(random_.Below(2)), &random_,
      [this, at](v1::WorkerMessage message) { SendUp(at, std::move(message)); },
      StatesOf());
  place.worker->forgets = options_.mistake == Mistake::kForgetfulWorker;
  place.worker->declines = faults_on_ && at < kWorkers ? 0.02 : 0;
  place.worker->hostile = at >= kWorkers;
  ConnectWorker(at);
  WorkLoop(at, life);
}

void Simulation::KillWorker(size_t at) {
  Log(absl::StrCat("worker ", at, " dies"));
  ++statistics_.worker_deaths;
  Place& place = places_[at];
  const int64_t life = ++place.life;
  Break(at);
  place.worker = nullptr;
  After(Draw(absl::Seconds(10)), [this, at, life] {
    if (places_[at].life == life) StartWorker(at);
  });
}

void Simulation::ConnectWorker(size_t at) {
  Place& place = places_[at];
  if (place.worker == nullptr || place.stream != 0) return;
  const server::ConnectionId connection = next_connection_++;
  if (core_ == nullptr) {
    const int64_t life = place.life;
    After(Draw(absl::Seconds(3)), [this, at, life] {
      if (places_[at].life == life) ConnectWorker(at);
    });
    return;
  }
  place.connection = connection;
  place.stream = static_cast<int64_t>(connection);
  place.up_time = place.down_time = now_;
  ends_[connection] = {at, place.stream};
  place.worker->Connect();
}

// Breaks a stream. The worker sees its end now; the coordinator sees it later,
// or has seen it.
void Simulation::Break(size_t at) {
  Place& place = places_[at];
  if (place.stream == 0) return;
  const server::ConnectionId connection = place.connection;
  place.stream = 0;
  if (place.worker != nullptr) place.worker->Disconnect();
  After(Draw(random_.Chance(0.2) ? kLeaseTtl * 3 : kLatency * 4),
        [this, connection] {
          if (ends_.erase(connection) == 0) return;
          Post({[connection](server::Coordinator& coordinator, absl::Time now) {
                  coordinator.OnDisconnected(connection, now);
                },
                nullptr, nullptr});
        });
  const int64_t life = place.life;
  After(Draw(absl::Seconds(3)), [this, at, life] {
    if (places_[at].life == life) ConnectWorker(at);
  });
}

void Simulation::SendUp(size_t at, v1::WorkerMessage message) {
  Place& place = places_[at];
  if (place.stream == 0) return;
  const bool twice = faults_on_ && !message.has_hello() && random_.Chance(0.02);
  place.up_time = std::max(place.up_time, now_ + Draw(kLatency));
  After(place.up_time - now_, [this, connection = place.connection,
                               message = std::move(message), twice] {
    if (core_ == nullptr || !ends_.contains(connection)) return;
    if (options_.mistake == Mistake::kAckBeforeCommit &&
        message.sequence() > 0) {
      v1::CoordinatorMessage ack;
      ack.mutable_ack()->set_sequence(message.sequence());
      SendDown(connection, ack);
    }
    for (int copy = 0; copy < (twice ? 2 : 1); ++copy) {
      Post({[connection, message](server::Coordinator& coordinator,
                                  absl::Time now) {
              coordinator.OnMessage(connection, message, now);
            },
            nullptr, nullptr});
    }
  });
}

void Simulation::SendDown(server::ConnectionId connection,
                          v1::CoordinatorMessage message) {
  const auto end = ends_.find(connection);
  if (end == ends_.end()) return;
  const auto [at, stream] = end->second;
  Place& place = places_[at];
  place.down_time = std::max(place.down_time, now_ + Draw(kLatency));
  // A frozen process finds the message in its buffers when it continues.
  After(place.down_time - now_,
        [this, at = at, stream = stream, message = std::move(message)] {
          Place& to = places_[at];
          if (to.stream == stream && to.worker != nullptr && !to.frozen) {
            to.worker->OnMessage(message);
          } else if (to.stream == stream && to.frozen) {
            to.buffered.push_back(message);
          }
        });
}

void Simulation::WorkLoop(size_t at, int64_t life) {
  Place& place = places_[at];
  if (place.life != life) return;
  if (!place.frozen) {
    for (auto& message : std::exchange(place.buffered, {})) {
      place.worker->OnMessage(message);
    }
    const Wanted& first = wanted_.front();
    if (poison_ >= 0 && !place.worker->hostile && first.sweep_id != 0 &&
        place.worker->Holds(first.sweep_id, poison_)) {
      KillWorker(at);
      return;
    }
    place.worker->Work([this](int64_t sweep) { return fingerprints_[sweep]; });
    if (random_.Chance(0.5)) place.worker->Heartbeat();
    if (place.worker->finished()) {
      KillWorker(at);  // It has ended; another one comes.
      return;
    }
  }
  After(absl::Milliseconds(100) + Draw(absl::Milliseconds(900)),
        [this, at, life] { WorkLoop(at, life); });
}

SimulatedWorker::States Simulation::StatesOf() {
  return {
      .put =
          [this](const std::string& session, int64_t lease_id,
                 const v1::TrialCheckpoint& checkpoint,
                 const std::string& state) {
            if (core_ == nullptr) return false;
            auto writer = files_->Begin(checkpoint.digest(), checkpoint.bytes(),
                                        "worker");
            if (!writer.ok() || !(*writer)->Append(state).ok() ||
                !(*writer)->Finish(now_).ok()) {
              return false;
            }
            Post({[=](server::Coordinator& coordinator, absl::Time) {
                    coordinator.NotePutAside("", session, lease_id, checkpoint);
                  },
                  nullptr, nullptr});
            return true;
          },
      .get =
          [this](const std::string& digest) {
            if (core_ == nullptr) return std::string();
            const auto state = files_->Read(digest, 0, 1 << 20);
            return state.ok() &&
                           digest == absl::StrCat("sha256:", Sha256Hex(*state))
                       ? *state
                       : std::string();
          }};
}

void Simulation::HarmCheckpoint() {
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(files_->directory(), error)) {
    if (random_.Chance(0.5)) continue;
    Log("a checkpoint is harmed");
    if (random_.Chance(0.5)) {
      std::filesystem::remove(entry.path(), error);
    } else {
      std::ofstream(entry.path()) << "?";
    }
    return;
  }
}

void Simulation::CheckFiles() {
  // What was put aside and never named goes when a ledger is opened.
  auto ledger = server::Ledger::Open(path_);
  if (!ledger.ok()) {
    Fail(ledger.status().ToString());
    return;
  }
  CheckClean(**ledger);
  // Sweeps of the hostile client may go on.
  std::set<std::string> named;
  for (std::string& digest : Ask("SELECT digest FROM checkpoints")) {
    named.insert(std::move(digest));
  }
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(files_->directory(), error)) {
    const std::string name = entry.path().filename();
    if (named.contains("sha256:" + name)) continue;
    Fail(absl::StrCat("the file ", name, " of a checkpoint is left"));
  }
  std::filesystem::remove_all(files_->directory(), error);
}

std::vector<std::string> Simulation::Ask(const std::string& sql) {
  std::vector<std::string> rows;
  v1::QueryRequest request;
  request.set_sql(sql);
  const auto reader = server::LedgerReader::Open(path_);
  absl::Status read = reader.status();
  if (read.ok()) {
    read =
        (*reader)->QueryHere(request, [&](const v1::QueryResponse& response) {
          for (const v1::QueryRow& row : response.rows()) {
            rows.push_back(row.cells(0).text());
          }
          return absl::OkStatus();
        });
  }
  if (!read.ok()) Fail(read.ToString());
  return rows;
}

void Simulation::CheckClean(server::Ledger& ledger) {
  // Datasets that nobody uses are old by then.
  const absl::Time late = now_ + clock_offset_ + absl::Hours(24 * 30);
  while (failures_.empty() && ledger.HasCleaning(late)) {
    const auto cleaned =
        ledger.Clean(late, [](const std::string&) { return false; });
    if (!cleaned.ok()) Fail(cleaned.status().ToString());
  }
  for (const std::string& left :
       Ask("SELECT 'a deleted sweep' FROM deleted_sweeps "
           "UNION ALL SELECT 'a dataset' FROM datasets "
           "UNION ALL SELECT 'a piece of a dataset' FROM dataset_chunks "
           "UNION ALL SELECT 'a session' FROM sessions WHERE session NOT IN("
           "SELECT session FROM trials UNION "
           "SELECT session FROM past_attempts)")) {
    Fail(left + " is left");
  }
}

void Simulation::FaultLoop() {
  if (!faults_on_) return;
  OneFault();
  After(Draw(absl::Seconds(4)), [this] { FaultLoop(); });
}

// Workers with leftovers of the faults leave: the hostile worker, which does
// not work on its leases, and sessions that get nothing of a sweep that they
// have declined.
void Simulation::EndFaults() {
  Log("--- no more faults");
  faults_on_ = false;
  disk_.fault = nullptr;
  disk_.DieAfter(-1);
  for (Place& place : places_) {
    if (place.worker == nullptr) continue;
    place.worker->declines = 0;
    if (place.worker->hostile || place.worker->has_declined()) {
      place.worker->Leave();
    }
  }
}

void Simulation::OneFault() {
  const auto at = static_cast<size_t>(random_.Below(int64_t{kWorkers}));
  Place& place = places_[at];
  const bool works = place.worker != nullptr;
  switch (random_.Below(13)) {
    case 0:
      if (works) KillWorker(at);
      break;
    case 1:
    case 2:
      Log(absl::StrCat("the stream of worker ", at, " breaks"));
      Break(at);
      break;
    case 3: {
      if (!works || place.frozen) break;
      Log(absl::StrCat("worker ", at, " freezes"));
      place.frozen = true;
      After(Draw(kLeaseTtl * 4), [this, at] { places_[at].frozen = false; });
      break;
    }
    case 4:
      if (works && !place.frozen) place.worker->Leave();
      break;
    case 5:
    case 6:
      if (core_ == nullptr) break;
      KillServer(/*power_cut=*/random_.Chance(0.5));
      RestartLater();
      break;
    case 7:
      if (core_ == nullptr) break;
      StopServer();
      RestartLater();
      break;
    case 8:
      disk_.DieAfter(1 + random_.Below(60));
      break;
    case 9: {
      auto left = std::make_shared<int64_t>(random_.Below(60));
      const auto fault = random_.Chance(0.5) ? MemoryDisk::Fault::kFull
                                             : MemoryDisk::Fault::kError;
      disk_.fault = [left, fault] {
        return (*left)-- == 0 ? fault : MemoryDisk::Fault::kNone;
      };
      break;
    }
    case 11:
      HarmCheckpoint();
      break;
    case 10:
      clock_offset_ += absl::Hours(2) * (random_.Unit() - 0.5);
      break;
    default: {
      const bool drain = random_.Chance(0.3);
      const std::string name = absl::StrCat("w", at);
      v1::UpdateSweepRequest request;
      request.set_paused(random_.Chance(0.3));
      request.set_priority(static_cast<int32_t>(random_.Below(3)));
      request.set_weight(0.5 + random_.Unit());
      const int64_t sweep = 1 + random_.Below(3);
      Post({[=](server::Coordinator& coordinator, absl::Time now) {
              if (drain) {
                coordinator.DrainWorkers(name, now).status().IgnoreError();
              } else {
                coordinator.ChangeSweep(sweep, request, now)
                    .status()
                    .IgnoreError();
              }
            },
            nullptr, nullptr});
    }
  }
}

// Makes sweeps of any kind, some of them valid, and cancels some of them.
void Simulation::HostileClientLoop() {
  v1::SweepSpec spec =
      SpecOf(absl::StrCat("hostile-", ++hostile_specs_), 1 + random_.Below(9));
  v1::TrialSpec& trial = *spec.mutable_trial();
  switch (random_.Below(6)) {
    case 0:
      trial.set_steps(-1);
      break;
    case 1:
      trial.mutable_optimizer()->set_learning_rate(-1);
      break;
    case 2:
      spec.clear_axes();
      trial.clear_data();
      break;
    default:
      break;
  }
  const auto priority = static_cast<int32_t>(random_.Below(2400) - 1200);
  const double weight = random_.Chance(0.2) ? -1 : 1 + random_.Unit();
  const bool cancel = random_.Chance(0.5);
  Post({[=, this](server::Coordinator& coordinator, absl::Time now) {
          const auto made =
              coordinator.CreateSweep(spec, true, now, priority, weight);
          if (!made.ok()) return;
          fingerprints_[made->sweep_id()] = Fingerprint(spec);
          ++statistics_.hostile_sweeps;
          if (cancel && !coordinator.CancelSweep(made->sweep_id(), now).ok()) {
            Fail("a new sweep cannot be cancelled");
          }
        },
        nullptr, nullptr});
  if (!faults_on_) return;
  After(Draw(absl::Seconds(12)), [this] { HostileClientLoop(); });
}

void Simulation::DeleteLoop() {
  for (const Wanted& wanted : wanted_) {
    if (wanted.to_delete && wanted.complete && !wanted.deleted) {
      AskToDelete(wanted.sweep_id);
    }
  }
  if (faults_on_ && !ended_.empty()) {
    const auto some = std::next(
        ended_.begin(), random_.Below(static_cast<int64_t>(ended_.size())));
    const bool needed =
        std::any_of(wanted_.begin(), wanted_.end(), [&](const Wanted& wanted) {
          return wanted.fingerprint == fingerprints_[some->first];
        });
    if (!needed) AskToDelete(some->first);
  }
  if (faults_on_ && random_.Chance(0.3)) UploadSomething();
  After(Draw(absl::Seconds(4)), [this] { DeleteLoop(); });
}

void Simulation::AskToDelete(int64_t sweep_id) {
  const auto ended = ended_.find(sweep_id);
  if (core_ == nullptr || ended == ended_.end()) return;
  auto recorded = std::make_shared<server::LedgerState::OpenSweep>();
  recorded->sweep.set_sweep_id(sweep_id);
  recorded->sweep.set_state(static_cast<v1::SweepState>(ended->second));
  auto answer = std::make_shared<absl::Status>(absl::UnknownError(""));
  asked_.insert(sweep_id);
  Post({[=](server::Coordinator& coordinator, absl::Time now) {
          *answer = coordinator.DeleteSweep(*recorded, "for a test", now);
        },
        [=, this](const absl::Status& status) {
          if (!status.ok() || !answer->ok()) return;
          Log(absl::StrCat("sweep ", sweep_id, " is deleted"));
          ++statistics_.deletions;
          gone_.insert(sweep_id);
          ended_.erase(sweep_id);
          for (Wanted& wanted : wanted_) {
            if (wanted.sweep_id == sweep_id) wanted.deleted = true;
          }
        },
        nullptr});
}

void Simulation::UploadSomething() {
  const std::string bytes = absl::StrCat("dataset ", random_.Below(1 << 20));
  const bool whole = random_.Chance(0.5);
  Post({nullptr, nullptr, [=, this](server::Ledger& ledger) {
          v1::Dataset dataset;
          dataset.set_digest(absl::StrCat("sha256:", Sha256Hex(bytes)));
          dataset.set_size_bytes(static_cast<int64_t>(bytes.size()));
          const auto key = ledger.BeginDataset();
          if (!key.ok() || !ledger.AddDatasetPiece(*key, 0, bytes).ok()) return;
          ++statistics_.uploads;
          if (!whole) return;
          ledger.FinishDataset(*key, dataset, now_ + clock_offset_)
              .status()
              .IgnoreError();
        }});
}

void Simulation::ClientLoop() {
  for (Wanted& wanted : wanted_) {
    if (core_ == nullptr || wanted.complete || wanted.cancelled) continue;
    auto answer =
        std::make_shared<absl::StatusOr<v1::Sweep>>(absl::UnknownError(""));
    const bool cancel = wanted.to_cancel && wanted.sweep_id != 0 &&
                        (!options_.faults || random_.Chance(0.1));
    Post({[this, &wanted, answer, cancel](server::Coordinator& coordinator,
                                          absl::Time now) {
            if (wanted.sweep_id == 0) {
              *answer = coordinator.CreateSweep(wanted.spec, false, now);
              if (!answer->ok()) Fail(answer->status().ToString());
              return;
            }
            if (cancel) {
              *answer = coordinator.CancelSweep(wanted.sweep_id, now);
              return;
            }
            v1::UpdateSweepRequest resume;
            resume.set_paused(false);
            if (!faults_on_) {
              coordinator.ChangeSweep(wanted.sweep_id, resume, now)
                  .status()
                  .IgnoreError();
            }
            *answer = coordinator.GetRunningSweep(wanted.sweep_id);
          },
          [this, &wanted, answer, cancel](const absl::Status& status) {
            if (!status.ok()) return;
            if (answer->ok() && wanted.sweep_id == 0) {
              wanted.sweep_id = (*answer)->sweep_id();
              fingerprints_[wanted.sweep_id] = wanted.fingerprint;
            } else if (answer->ok() && cancel) {
              Log("a sweep is cancelled");
              wanted.cancelled = true;
            } else if (absl::IsNotFound(answer->status())) {
              wanted.complete = true;
            }
          },
          nullptr});
  }
  After(Draw(absl::Seconds(2)), [this] { ClientLoop(); });
}

}  // namespace fathom::simulation

// The workers.
#include <string>

#include "absl/strings/str_cat.h"
#include "client/ui/data/answers/answers.h"
#include "client/ui/data/number_json.h"
#include "client/ui/data/question.h"
#include "client/ui/data/worker_json.h"
#include "google/protobuf/util/time_util.h"
#include "proto/shared/status.h"

namespace fathom::client {

nlohmann::ordered_json WorkerJson(const v1::Worker& worker,
                                  const WorkerRates::Rate& rate) {
  using google::protobuf::util::TimeUtil;
  nlohmann::ordered_json declined = nlohmann::ordered_json::array();
  for (const v1::DeclinedSweep& sweep : worker.declined()) {
    declined.push_back(
        {{"sweep", sweep.sweep_id()}, {"reason", sweep.reason()}});
  }
  nlohmann::ordered_json started = nullptr;
  if (worker.has_start_time())
    started = TimeUtil::ToString(worker.start_time());
  return {{"name", worker.worker()},
          {"session", worker.session_id()},
          {"host", worker.host()},
          {"slots", worker.slots()},
          {"connected", worker.connected()},
          {"draining", worker.draining()},
          {"leased", worker.leased_trials()},
          {"finished", worker.finished_trials()},
          {"silence_s", TimeUtil::DurationToSeconds(worker.silence())},
          {"rate", NumberJson(rate.trials_per_second)},
          {"busy", NumberJson(rate.busy)},
          {"peak_share", NumberJson(rate.peak_share)},
          {"version", worker.program_version()},
          {"numerics", worker.numerics()},
          {"declined", declined},
          {"started", started}};
}

absl::StatusOr<UiResponse> AnswerWorkers(UiState& state,
                                         const UiRequest& asked) {
  const absl::StatusOr<std::vector<v1::Worker>> workers =
      asked.viewer.connection->ListWorkers();
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::string note;
  if (absl::IsFailedPrecondition(workers.status())) {
    // A ledger that is only read.
    note =
        "nobody works here: this page reads a ledger file. Only a coordinator "
        "has workers; `fathom run` trains in its own process.";
  } else {
    RETURN_IF_ERROR(workers.status());
    for (const v1::Worker& worker : *workers) {
      list.push_back(WorkerJson(
          worker, state.worker_rates.Add(worker, state.options.now())));
    }
    if (workers->empty()) {
      note =
          "no worker is connected; start one with fathom-worker --server "
          "HOST:PORT";
    }
  }
  return JsonResponse(asked, {{"workers", list}, {"note", note}});
}

}  // namespace fathom::client

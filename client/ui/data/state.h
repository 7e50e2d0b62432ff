#ifndef FATHOM_CLIENT_UI_DATA_STATE_H_
#define FATHOM_CLIENT_UI_DATA_STATE_H_

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/call_cost.h"
#include "client/ui/data/handler.h"
#include "client/ui/data/jobs.h"
#include "client/ui/data/outcomes.h"
#include "client/ui/data/rates.h"
#include "client/ui/data/shared_answers.h"

namespace fathom::client {

// What the answers to all pages share.
//
// This struct is thread-safe.
struct UiState {
  explicit UiState(const UiDataOptions& asked)
      : options(asked),
        shared({.rule = options.rounds,
                .version = options.version,
                .turn = options.turn,
                .now = options.now,
                .cost = CostOfCalls}),
        jobs(options.threads, options.events,
             [this](absl::Duration cost) { shared.Charge(cost); }),
        outcomes(jobs, options.now) {}
  // Jobs may use all of it until they end.
  ~UiState() { jobs.Stop(); }

  const UiDataOptions options;
  absl::Mutex analysis_mutex;  // Held by the one analysis that runs.
  SharedAnswers shared;
  Rates rates;
  WorkerRates worker_rates;
  Jobs jobs;
  OutcomeTables outcomes;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_STATE_H_

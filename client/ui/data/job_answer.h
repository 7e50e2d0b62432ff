#ifndef FATHOM_CLIENT_UI_DATA_JOB_ANSWER_H_
#define FATHOM_CLIENT_UI_DATA_JOB_ANSWER_H_

#include <functional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "client/analysis/trial_curve.h"
#include "client/ui/data/chosen_trials.h"
#include "client/ui/data/jobs.h"
#include "client/ui/data/state.h"
#include "client/ui/exchange.h"

// Answers that are computed in the background.
namespace fathom::client {

// What is asked of a job.
struct JobQuestion {
  int64_t sweep_id = 0;
  std::string what;     // For events: "density".
  std::string version;  // Of what the answer depends on.
  std::string content_type = "application/json";
  // Returns the answer while nothing is known but the share that is done.
  std::function<std::string(double done)> nothing;
};

// Answers with what the job for this request has found, which is started unless
// it is there. What `work` publishes and returns are bodies.
absl::StatusOr<UiResponse> AnswerByJob(UiState& state, const UiRequest& asked,
                                       const JobQuestion& question,
                                       Jobs::Work work);

// How the curves of chosen trials are read.
struct ReadPlan {
  int64_t sweep_id = 0;
  v1::Metric metric = v1::METRIC_LOSS;
  v1::CurveDetail detail = v1::CURVE_DETAIL_FULL;
  bool finite_only = true;  // Whether points that are not finite are left out.
};

// Hands the curves of all chosen trials to `take`, in ascending order, and
// calls `pause` with the share that is done
// every now and then. CANCELLED once nobody waits for the job any more.
absl::Status ReadChosen(Connection& connection, const ReadPlan& plan,
                        const ChosenTrials& chosen, Jobs::Control& control,
                        absl::FunctionRef<void(const TrialCurve&)> take,
                        absl::FunctionRef<void(double)> pause);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_JOB_ANSWER_H_

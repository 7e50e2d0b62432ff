#ifndef FATHOM_SERVER_STORE_CURVES_CURVES_H_
#define FATHOM_SERVER_STORE_CURVES_CURVES_H_

#include <functional>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fathom/v1/sweep_service.pb.h"
#include "server/store/curves/curve_reader.h"
#include "server/store/database.h"

namespace fathom::server {

// Passes a task to another thread, which runs it at some later time. Returns
// false when the task will not be run.
using Help = absl::FunctionRef<bool(absl::AnyInvocable<void()>)>;

// Returns which curves `request` asks for, in a sweep with this number and this
// many trials. INVALID_ARGUMENT, with what is wrong, when the request makes no
// sense.
absl::StatusOr<CurveQuestion> CurvesAskedFor(
    const v1::ReadCurvesRequest& request, int64_t sweep_id,
    int64_t trial_count);

// Hands the curves to `consume` in batches, on this thread. If `help` provides
// another thread, that thread reads ahead by at most four batches, on a
// connection of its own; it may not have ended yet when this function returns.
// `open` is called on both threads. See LedgerReader::ReadCurves for the rest.
absl::Status ReadLedgerCurves(
    std::function<absl::StatusOr<std::unique_ptr<sqlite::Database>>()> open,
    CurveQuestion question, absl::Duration time_limit,
    absl::FunctionRef<absl::Status(v1::CurveBatch)> consume,
    absl::FunctionRef<bool()> is_cancelled, Help help);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_CURVES_CURVES_H_

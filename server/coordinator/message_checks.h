#ifndef FATHOM_SERVER_COORDINATOR_MESSAGE_CHECKS_H_
#define FATHOM_SERVER_COORDINATOR_MESSAGE_CHECKS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/worker_service.pb.h"

// What messages of workers and specs of submitters must be like, whoever wrote
// the program that sends them. They are INVALID_ARGUMENT otherwise; the checks
// cost no more than reading the message.
namespace fathom::server {

absl::Status CheckHello(const v1::Hello& hello);

// Of a spec, before or after its defaults are filled in: its bytes, and how
// many axes it has.
absl::Status CheckSpecSize(const v1::SweepSpec& spec);

// Sizes and shapes: what can be said of a report without knowing its trials.
absl::Status CheckReport(const v1::Report& report);

// Of a Released or a Heartbeat of a session of `slots` slots.
absl::Status CheckReleased(const v1::Released& released);
absl::Status CheckHeartbeat(const v1::Heartbeat& heartbeat, int64_t slots);

// Whether the points fit a trial of `steps` steps that records `record` and
// whose last point so far is of step `last_step`; -1: it has none. They have
// passed CheckReport.
absl::Status CheckPoints(const v1::TrialPoints& points,
                         const v1::RecordSpec& record, int64_t steps,
                         int64_t last_step);

// Whether the result fits a trial of `steps` steps.
absl::Status CheckResult(const v1::TrialResult& result, int64_t steps);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_MESSAGE_CHECKS_H_

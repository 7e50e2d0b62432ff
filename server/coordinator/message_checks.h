#ifndef FATHOM_SERVER_COORDINATOR_MESSAGE_CHECKS_H_
#define FATHOM_SERVER_COORDINATOR_MESSAGE_CHECKS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/worker_service.pb.h"
#include "proto/sweep/point_kinds.h"

// Checks of the messages of workers and the specs of submitters, whose programs
// nobody needs to trust. Each check returns OK or INVALID_ARGUMENT, and takes
// no longer than reading the message.
namespace fathom::server {

// Checks the texts, the number of slots and the number of leases of a Hello.
absl::Status CheckHello(const v1::Hello& hello);

// Checks the number of bytes and of axes of a spec, before or after its
// defaults are filled in.
absl::Status CheckSpecSize(const v1::SweepSpec& spec);

// Checks sizes and shapes in a report, which is all that can be checked without
// knowing its trials.
absl::Status CheckReport(const v1::Report& report);

// Check the numbers of leases in a Released, and in a Heartbeat of a session of
// `slots` slots.
absl::Status CheckReleased(const v1::Released& released);
absl::Status CheckHeartbeat(const v1::Heartbeat& heartbeat, int64_t slots);

// Checks what a worker of `slots` slots says about itself in a heartbeat: its
// size, and that all numbers are finite and at least 0.
absl::Status CheckTelemetry(const v1::WorkerTelemetry& telemetry,
                            int64_t slots);

// Returns the kind of the points of a trial that records `record`: evaluated
// when one of their metrics is.
PointKind KindOfPoints(const v1::TrialPoints& points,
                       const v1::RecordSpec& record);

// Checks that the points, which have passed CheckReport, fit a trial of `steps`
// steps that records `record` and whose last point of this kind so far is of
// step `last_step`, or -1 when it has none.
absl::Status CheckPoints(const v1::TrialPoints& points,
                         const v1::RecordSpec& record, int64_t steps,
                         int64_t last_step);

// Checks that the result fits a trial of `steps` steps.
absl::Status CheckResult(const v1::TrialResult& result, int64_t steps);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_MESSAGE_CHECKS_H_

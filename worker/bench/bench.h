#ifndef FATHOM_WORKER_BENCH_BENCH_H_
#define FATHOM_WORKER_BENCH_BENCH_H_

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fathom/v1/bench.pb.h"

// Measures what this machine reaches with the kernels and the engine as they
// are, for `fathom bench`.
namespace fathom::worker {

// Measures what `request` asks for, in about half a minute, or in some seconds
// when it is to be quick; sweeps come on top. Takes 200 MB of memory, or 128
// MiB per slot if that is more. Calls `on_part` before each part of the work,
// with the share of the work that is done. INVALID_ARGUMENT when there is no
// slot or when a sweep is not on generated data; CANCELLED soon after
// `keep_going`, which is called on several threads, has returned false.
absl::StatusOr<v1::BenchReport> MeasureMachine(
    const v1::BenchRequest& request,
    absl::FunctionRef<void(absl::string_view part, double done)> on_part,
    absl::FunctionRef<bool()> keep_going);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_BENCH_BENCH_H_

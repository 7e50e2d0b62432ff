#ifndef FATHOM_WORKER_BENCH_BANDWIDTH_H_
#define FATHOM_WORKER_BENCH_BANDWIDTH_H_

namespace fathom::worker::bench {

// Returns the bytes per second that `threads` threads together read from
// memory, as the fastest of several passes. Each thread reads 128 MiB of its
// own. Takes some tenths of a second.
double ReadBandwidth(int threads);

}  // namespace fathom::worker::bench

#endif  // FATHOM_WORKER_BENCH_BANDWIDTH_H_

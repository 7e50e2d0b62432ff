#ifndef FATHOM_WORKER_BENCH_BANDWIDTH_H_
#define FATHOM_WORKER_BENCH_BANDWIDTH_H_

namespace fathom::worker::bench {

// Bytes per second that `threads` threads together read from memory, each from
// 128 MiB of its own, several times over: the fastest of them. Some tenths of a
// second.
double ReadBandwidth(int threads);

}  // namespace fathom::worker::bench

#endif  // FATHOM_WORKER_BENCH_BANDWIDTH_H_

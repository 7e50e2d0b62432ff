#ifndef FATHOM_WORKER_KERNEL_CONV_EVEN_PARTS_H_
#define FATHOM_WORKER_KERNEL_CONV_EVEN_PARTS_H_

#include <cstdint>

namespace fathom::worker::kernel {

// Calls part(first, size) for parts of `count` of at most `most` each, as few
// and as even as can be, in order: a narrow last tile would keep the processor
// waiting.
template <class Part>
void ForEvenParts(int64_t count, int64_t most, const Part& part) {
  for (int64_t first = 0; first < count;) {
    const int64_t left = count - first;
    const int64_t parts = (left + most - 1) / most;
    const int64_t size = (left + parts - 1) / parts;
    part(first, size);
    first += size;
  }
}

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_CONV_EVEN_PARTS_H_

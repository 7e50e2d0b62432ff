#ifndef FATHOM_WORKER_KERNEL_STATE_ARRAYS_H_
#define FATHOM_WORKER_KERNEL_STATE_ARRAYS_H_

#include <span>
#include <vector>

namespace fathom::worker::kernel {

// The numbers that models and optimizers keep from one step to the next, where
// they lie in memory. Who copies them between two steps, and later writes the
// copies over those of an object that was made with the same arguments, makes
// that object go on to the same bits. What follows from these arguments or is
// computed anew in every step is not among them.
//
// An object adds its arrays in an order that depends on its arguments alone.
// They are valid until its next step.
struct StateArrays {
  std::vector<std::span<double>> doubles;
  std::vector<std::span<float>> floats;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_STATE_ARRAYS_H_

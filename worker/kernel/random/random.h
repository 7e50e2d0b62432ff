#ifndef FATHOM_WORKER_KERNEL_RANDOM_RANDOM_H_
#define FATHOM_WORKER_KERNEL_RANDOM_RANDOM_H_

#include <cstdint>

namespace fathom::worker::kernel {

// The purposes that random numbers are drawn for. Each purpose has streams of
// its own, so that a draw for one purpose does not shift those for another. The
// values are part of the numerics and must never be renumbered.
enum class Purpose : uint32_t {
  kFactor = 1,         // Entries of W_j (stream j).
  kDirection = 2,      // End-to-end matrix of a balanced start.
  kFeatures = 3,       // Z of generated data.
  kRotation = 4,       // V of generated data.
  kSignal = 5,         // w* of generated data.
  kNoise = 6,          // Label noise of generated data.
  kBatchOrder = 7,     // Order of the samples in minibatch training.
  kTail = 8,           // Factors of the rows of generated data.
  kLowRank = 9,        // U (stream 0) and V (1) of a matrix to complete.
  kKnownEntries = 10,  // Which entries of it are known.
  kNetWeights = 11,    // Weights of a conv_net; one stream per factor.
  kDropout = 12,       // Units that a conv_net drops.
  kTheory = 64,        // Everything random in the checks of theorems.
};

// A stream of random numbers. Each number is a pure function of (seed, purpose,
// stream) and of how many were drawn before: Philox-2x64-10 (Salmon et al., SC
// 2011) in counter mode. The bits are the same on every machine.
//
// Not thread-safe.
class RandomStream {
 public:
  // `stream` tells the streams of one purpose apart.
  RandomStream(uint64_t seed, Purpose purpose, uint32_t stream = 0);

  // Returns 64 uniform bits.
  uint64_t Bits();
  // Returns a multiple of 2^-53, uniform in [0, 1).
  double Uniform();
  // Returns a standard normal number (Marsaglia's polar method).
  double Normal();

  // Goes on as `count` calls of Bits would, at once.
  void Skip(uint64_t count);

 private:
  const uint64_t seed_;
  const uint64_t stream_;
  uint64_t counter_ = 0;
  uint64_t spare_bits_ = 0;
  bool has_spare_bits_ = false;
  double spare_normal_ = 0;
  bool has_spare_normal_ = false;
};

// The Philox-2x64-10 bijection of two words.
struct PhiloxBlock {
  uint64_t first = 0;
  uint64_t second = 0;
};
PhiloxBlock Philox(PhiloxBlock counter, uint64_t key);

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_RANDOM_RANDOM_H_

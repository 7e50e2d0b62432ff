#ifndef FATHOM_TESTS_SIMULATION_RANDOM_H_
#define FATHOM_TESTS_SIMULATION_RANDOM_H_

#include <cstdint>

namespace fathom::simulation {

// Mixes a number into another one that looks unrelated: SplitMix64 (Steele, Lea
// and Flood, "Fast splittable pseudorandom number generators", 2014).
inline uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// A generator that gives the same numbers from the same seed on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(Mix(seed)) {}

  uint64_t Next() { return Mix(state_ += 0x9e3779b97f4a7c15); }
  // Returns a number from 0 to n - 1, uniformly.
  int64_t Below(int64_t n) {
    return static_cast<int64_t>(Next() % static_cast<uint64_t>(n));
  }
  // Returns a number in [0, 1), uniformly.
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1p-53; }
  bool Chance(double probability) { return Unit() < probability; }

 private:
  uint64_t state_;
};

}  // namespace fathom::simulation

#endif  // FATHOM_TESTS_SIMULATION_RANDOM_H_

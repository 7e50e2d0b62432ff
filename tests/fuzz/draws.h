#ifndef FATHOM_TESTS_FUZZ_DRAWS_H_
#define FATHOM_TESTS_FUZZ_DRAWS_H_

#include <fuzzer/FuzzedDataProvider.h>

#include <cstddef>
#include <cstdint>

namespace fathom::fuzz {

// What fuzz targets draw from their input. An input that has come to its end
// continues with zeros.
class Draws {
 public:
  Draws(const uint8_t* data, size_t size) : in_(data, size) {}

  // Returns a number from 0 to `most`.
  template <typename Number>
  Number Small(Number most) {
    return in_.ConsumeIntegralInRange<Number>(0, most);
  }
  bool Seldom() { return Small(15) == 15; }
  // Returns mostly a number that may exist, and seldom any number at all.
  int64_t Id(int64_t most) {
    return Seldom() ? in_.ConsumeIntegral<int64_t>() : Small<int64_t>(most);
  }

  // A row of many numbers that follow from two drawn numbers.
  struct Row {
    int64_t first = 0;
    int64_t by = 0;
    int64_t at(int64_t i) const {
      return static_cast<int64_t>(static_cast<uint64_t>(first) +
                                  static_cast<uint64_t>(by) *
                                      static_cast<uint64_t>(i));
    }
  };
  // Returns a step for a Row: mostly 0 (the same number again) or 1 (the next
  // one).
  int64_t By() { return (Small(3) < 2 ? 0 : 1) - (Seldom() ? 1 : 0); }
  Row Ids(int64_t most) { return {Id(most), By()}; }

  FuzzedDataProvider& in() { return in_; }

 private:
  FuzzedDataProvider in_;
};

}  // namespace fathom::fuzz

#endif  // FATHOM_TESTS_FUZZ_DRAWS_H_

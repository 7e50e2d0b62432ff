#ifndef FATHOM_TESTS_WORKER_KERNEL_CONV_FLOATS_H_
#define FATHOM_TESTS_WORKER_KERNEL_CONV_FLOATS_H_

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "gtest/gtest.h"
#include "worker/kernel/aligned.h"
#include "worker/kernel/isa.h"

// Buffers of floats for the tests of this folder.
namespace fathom::worker::kernel {

inline std::vector<Isa> SupportedIsas() {
  std::vector<Isa> isas;
  for (const Isa isa : kIsas) {
    if (Supports(isa)) isas.push_back(isa);
  }
  return isas;
}

// Aligned, zero at first, with numbers behind its end that nobody may change.
class Floats {
 public:
  explicit Floats(int64_t count)
      : count_(count), data_(AllocateAlignedArray<float>(count + kGuards)) {
    for (int64_t i = 0; i < kGuards; ++i) data_[count + i] = kGuard;
  }
  Floats(const Floats& other) : Floats(other.count_) {
    std::copy_n(other.get(), count_, get());
  }
  ~Floats() {
    for (int64_t i = 0; i < kGuards; ++i) {
      EXPECT_EQ(data_[count_ + i], kGuard)
          << "written beyond the end, at " << i;
    }
  }

  float* get() const { return data_.get(); }
  float& operator[](int64_t i) const { return data_[i]; }
  int64_t size() const { return count_; }
  std::span<float> span() const {
    return {data_.get(), static_cast<size_t>(count_)};
  }

 private:
  static constexpr int64_t kGuards = 32;
  static constexpr float kGuard = 12345;

  int64_t count_;
  AlignedArray<float> data_;
};

class RandomFloats {
 public:
  float Next() { return normal_(random_); }
  Floats Fill(int64_t count) {
    Floats floats(count);
    for (float& x : floats.span()) x = Next();
    return floats;
  }

 private:
  std::mt19937_64 random_{1};
  std::normal_distribution<float> normal_;
};

inline bool SameBits(float a, float b) {
  return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b);
}

inline void ExpectSameBits(const Floats& a, const Floats& b) {
  ASSERT_EQ(a.size(), b.size());
  for (int64_t i = 0; i < a.size(); ++i) {
    ASSERT_TRUE(SameBits(a[i], b[i])) << i << ": " << a[i] << " " << b[i];
  }
}

// A sum of products in long double; how far a chain of fused multiply-adds in
// float32 may be from it; and that chain.
struct Sum {
  explicit Sum(float start = 0)
      : value(start), size(std::abs(start)), chain(start) {}

  void Add(float a, float b) {
    const long double product = static_cast<long double>(a) * b;
    value += product;
    size += std::abs(product);
    chain = std::fma(a, b, chain);
    ++length;
  }
  long double Bound() const { return (length + 1) * 0x1p-24L * size; }

  long double value, size;
  float chain;
  int64_t length = 0;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_TESTS_WORKER_KERNEL_CONV_FLOATS_H_

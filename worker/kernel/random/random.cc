#include "worker/kernel/random/random.h"

#include <cmath>

#include "worker/kernel/portable_math.h"

namespace fathom::worker::kernel {

PhiloxBlock Philox(PhiloxBlock counter, uint64_t key) {
  constexpr uint64_t kMultiplier = 0xD2B74407B1CE6E93;
  constexpr uint64_t kKeyStep = 0x9E3779B97F4A7C15;
  for (int round = 0; round < 10; ++round, key += kKeyStep) {
    const auto product =
        static_cast<unsigned __int128>(kMultiplier) * counter.first;
    const auto high = static_cast<uint64_t>(product >> 64);
    counter.first = high ^ key ^ counter.second;
    counter.second = static_cast<uint64_t>(product);
  }
  return counter;
}

RandomStream::RandomStream(uint64_t seed, Purpose purpose, uint32_t stream)
    : seed_(seed), stream_(static_cast<uint64_t>(purpose) << 32 | stream) {}

uint64_t RandomStream::Bits() {
  if (has_spare_bits_) {
    has_spare_bits_ = false;
    return spare_bits_;
  }
  const PhiloxBlock block = Philox({counter_++, stream_}, seed_);
  spare_bits_ = block.second;
  has_spare_bits_ = true;
  return block.first;
}

void RandomStream::Skip(uint64_t count) {
  if (count > 0 && has_spare_bits_) {
    has_spare_bits_ = false;
    --count;
  }
  counter_ += count / 2;  // A block has two numbers.
  if (count % 2 == 1) Bits();
}

double RandomStream::Uniform() {
  return static_cast<double>(Bits() >> 11) * 0x1p-53;
}

double RandomStream::Normal() {
  if (has_spare_normal_) {
    has_spare_normal_ = false;
    return spare_normal_;
  }
  double u = 0;
  double v = 0;
  double square = 0;
  do {
    u = 2 * Uniform() - 1;
    v = 2 * Uniform() - 1;
    square = u * u + v * v;
  } while (square >= 1 || square == 0);
  const double scale = std::sqrt(-2 * Log(square) / square);
  spare_normal_ = v * scale;
  has_spare_normal_ = true;
  return u * scale;
}

}  // namespace fathom::worker::kernel

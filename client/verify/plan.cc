#include "client/verify/plan.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/view/format.h"

namespace fathom::client {
namespace {

constexpr int kMostSizeBits = 8;

// The work of a second or two for kernels that handle one double at a time.
constexpr double kPortableFlops = 1e9;
constexpr char kPortable[] = "portable";

std::vector<int> Shuffled(int count, std::mt19937_64& random) {
  std::vector<int> order(count);
  std::iota(order.begin(), order.end(), 0);
  for (int i = count - 1; i > 0; --i) {
    std::swap(order[i], order[DrawBelow(i + 1, random)]);
  }
  return order;
}

// Returns a size for a bundle. All orders of magnitude are equally likely.
int DrawSize(std::mt19937_64& random) {
  const uint64_t bits = DrawBelow(kMostSizeBits + 1, random);
  return static_cast<int>((uint64_t{1} << bits) -
                          DrawBelow((uint64_t{1} << bits) / 2 + 1, random));
}

std::vector<std::vector<int>> DrawBundles(int trials, std::mt19937_64& random) {
  const std::vector<int> order = Shuffled(trials, random);
  std::vector<std::vector<int>> bundles;
  for (int at = 0; at < trials;) {
    const int size = std::min(std::max(DrawSize(random), 1), trials - at);
    bundles.emplace_back(order.begin() + at, order.begin() + at + size);
    at += size;
  }
  return bundles;
}

}  // namespace

absl::StatusOr<SampleSize> ParseSampleSize(absl::string_view text) {
  SampleSize size;
  absl::string_view number = text;
  if (absl::ConsumeSuffix(&number, "%")) {
    if (absl::SimpleAtod(number, &size.percent) && size.percent > 0 &&
        size.percent <= 100) {
      size.least = 1;
      size.most = std::numeric_limits<int64_t>::max();
      return size;
    }
  } else if (int64_t count = 0;
             absl::SimpleAtoi(number, &count) && count >= 1) {
    size.least = size.most = count;
    return size;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "--sample: found \"", Printable(text),
      "\", expected a number of trials such as 200 or a share such as 1%"));
}

int64_t SampleCount(const SampleSize& size, int64_t trials) {
  const auto share = static_cast<int64_t>(
      std::ceil(static_cast<double>(trials) * size.percent / 100));
  return std::min(std::clamp(share, size.least, size.most), trials);
}

uint64_t DrawBelow(uint64_t bound, std::mt19937_64& random) {
  // The remainder is biased by less than 1e-6 for the bounds in use.
  return random() % bound;
}

std::vector<Packing> PlanPackings(int trials,
                                  const std::vector<std::string>& isas,
                                  int slots, std::mt19937_64& random) {
  std::vector<Packing> packings;
  for (size_t i = 0; i < isas.size(); ++i) {
    if (isas[i] == kPortable && i > 0) {
      Packing packing{.isa = isas[i], .slots = slots, .bundles = {}};
      for (const int trial : Shuffled(trials, random)) {
        packing.bundles.push_back({trial});
      }
      packing.most_flops = kPortableFlops;
      packings.push_back(std::move(packing));
      continue;
    }
    packings.push_back({.isa = isas[i],
                        .slots = i == 0 ? 1 : slots,
                        .bundles = DrawBundles(trials, random)});
    if (i > 0) continue;
    packings.push_back({.isa = isas[i],
                        .slots = slots,
                        .bundles = DrawBundles(trials, random)});
  }
  return packings;
}

}  // namespace fathom::client

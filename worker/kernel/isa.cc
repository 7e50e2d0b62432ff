#include "worker/kernel/isa.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <iterator>

namespace fathom::worker::kernel {
namespace {

std::atomic<Isa> active = BestIsa();

}  // namespace

bool Supports(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::kAvx512) return __builtin_cpu_supports("avx512f");
  if (isa == Isa::kAvx2) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  }
#endif
  // What remains is there on all machines of its kind.
  return std::ranges::find(kIsas, isa) != std::end(kIsas);
}

Isa BestIsa() {
  return *std::find_if(std::rbegin(kIsas), std::rend(kIsas), Supports);
}

const char* IsaName(Isa isa) {
  switch (isa) {
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kNeon:
      return "neon";
    case Isa::kPortable:
      break;
  }
  return "portable";
}

std::optional<Isa> FindIsa(std::string_view name) {
  for (const Isa isa : kIsas) {
    if (name == IsaName(isa)) return isa;
  }
  return std::nullopt;
}

Isa ActiveIsa() { return active.load(std::memory_order_relaxed); }

void ForceIsa(Isa isa) {
  assert(Supports(isa));
  active.store(isa, std::memory_order_relaxed);
}

}  // namespace fathom::worker::kernel

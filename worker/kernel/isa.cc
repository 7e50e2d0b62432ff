#include "worker/kernel/isa.h"

#include <atomic>
#include <cassert>

namespace fathom::worker::kernel {
namespace {

std::atomic<Isa> active = BestIsa();

}  // namespace

bool Supports(Isa isa) {
  switch (isa) {
    case Isa::kAvx512:
      return __builtin_cpu_supports("avx512f");
    case Isa::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case Isa::kPortable:
      break;
  }
  return true;
}

Isa BestIsa() {
  if (Supports(Isa::kAvx512)) return Isa::kAvx512;
  return Supports(Isa::kAvx2) ? Isa::kAvx2 : Isa::kPortable;
}

const char* IsaName(Isa isa) {
  switch (isa) {
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx2:
      return "avx2";
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

#ifndef FATHOM_WORKER_KERNEL_ISA_H_
#define FATHOM_WORKER_KERNEL_ISA_H_

#include <optional>
#include <string_view>

// Instruction sets that the kernels are compiled for. All of them give the same
// bits.
namespace fathom::worker::kernel {

// kPortable is what every machine of 64 bits has; kAvx2 includes FMA.
enum class Isa { kPortable, kAvx2, kAvx512, kNeon };

// Those of this kind of machine, from the simplest to the widest.
inline constexpr Isa kIsas[] = {
    Isa::kPortable,
#if defined(__x86_64__)
    Isa::kAvx2,
    Isa::kAvx512,
#elif defined(__aarch64__)
    Isa::kNeon,
#endif
};

// Whether this machine supports `isa`.
bool Supports(Isa isa);
// Returns the widest instruction set that this machine supports.
Isa BestIsa();
// Returns the name of `isa`: "portable", "avx2", "avx512" or "neon".
const char* IsaName(Isa isa);
// Returns the one of kIsas that has this name, or nothing when there is none.
std::optional<Isa> FindIsa(std::string_view name);

// Returns and sets the instruction set in use throughout the process, which is
// the widest one until another is forced. Only an instruction set that this
// machine supports may be forced. Thread-safe; a DataPass keeps the instruction
// set with which it was made.
Isa ActiveIsa();
void ForceIsa(Isa isa);

// Returns get.operator()<isa>() for an `isa` of kIsas, which is how what was
// compiled for each of them is chosen.
template <class Get>
decltype(auto) ForIsa(Isa isa, const Get& get) {
#if defined(__x86_64__)
  if (isa == Isa::kAvx512) return get.template operator()<Isa::kAvx512>();
  if (isa == Isa::kAvx2) return get.template operator()<Isa::kAvx2>();
#elif defined(__aarch64__)
  if (isa == Isa::kNeon) return get.template operator()<Isa::kNeon>();
#endif
  return get.template operator()<Isa::kPortable>();
}

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_ISA_H_

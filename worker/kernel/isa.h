#ifndef FATHOM_WORKER_KERNEL_ISA_H_
#define FATHOM_WORKER_KERNEL_ISA_H_

#include <optional>
#include <string_view>

// Instruction sets that the kernels are compiled for. All give the same bits.
namespace fathom::worker::kernel {

enum class Isa { kPortable, kAvx2, kAvx512 };

// Whether this machine has `isa`.
bool Supports(Isa isa);
// All of them, from the simplest to the widest.
inline constexpr Isa kIsas[] = {Isa::kPortable, Isa::kAvx2, Isa::kAvx512};
// Returns the best one that this machine has, and its name: "portable", "avx2",
// "avx512".
Isa BestIsa();
const char* IsaName(Isa isa);
// Returns the one of this name; nothing when there is none.
std::optional<Isa> FindIsa(std::string_view name);

// The one in use throughout the process: the best one, or what was last forced.
// Forcing one that this machine does not support is an error of the caller.
// Thread-safe; a DataPass keeps the one that it was made with.
Isa ActiveIsa();
void ForceIsa(Isa isa);

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_ISA_H_

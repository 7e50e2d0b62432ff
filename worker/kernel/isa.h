#ifndef FATHOM_WORKER_KERNEL_ISA_H_
#define FATHOM_WORKER_KERNEL_ISA_H_

#include <optional>
#include <string_view>

// Instruction sets that the kernels are compiled for. All of them give the same
// bits.
namespace fathom::worker::kernel {

enum class Isa { kPortable, kAvx2, kAvx512 };

// Whether this machine supports `isa`.
bool Supports(Isa isa);
// All instruction sets, from the simplest to the widest.
inline constexpr Isa kIsas[] = {Isa::kPortable, Isa::kAvx2, Isa::kAvx512};
// Returns the widest instruction set that this machine supports.
Isa BestIsa();
// Returns the name of `isa`: "portable", "avx2" or "avx512".
const char* IsaName(Isa isa);
// Returns the instruction set of this name, or nothing when there is none.
std::optional<Isa> FindIsa(std::string_view name);

// Returns and sets the instruction set in use throughout the process, which is
// the widest one until another is forced. Only an instruction set that this
// machine supports may be forced. Thread-safe; a DataPass keeps the instruction
// set with which it was made.
Isa ActiveIsa();
void ForceIsa(Isa isa);

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_ISA_H_

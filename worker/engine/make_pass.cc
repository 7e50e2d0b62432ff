#include "worker/engine/make_pass.h"

#include "worker/kernel/data_pass.h"

namespace fathom {

std::unique_ptr<kernel::Pass> MakePass(const Problem& problem) {
  return std::make_unique<kernel::DataPass>(&problem.packed);
}

}  // namespace fathom

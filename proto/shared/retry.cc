#include "proto/shared/retry.h"

#include <algorithm>

namespace fathom {

absl::Duration Backoff::Next() {
  const absl::Duration limit = std::min(limit_, most_);
  limit_ = std::min(limit_ * 2, most_);
  return limit * absl::Uniform(random_, 0.5, 1.0);
}

}  // namespace fathom

#ifndef FATHOM_CLIENT_VIEW_SPEEDUP_TEXT_H_
#define FATHOM_CLIENT_VIEW_SPEEDUP_TEXT_H_

#include <string>

#include "client/analysis/speedup.h"

namespace fathom {

// Returns the comparison as one sentence: "p = 4: depth 2 reached depth 1's lp
// error at step 4000 (0.1446) at step ~1,800: 2.2x faster".
std::string ComparisonText(const DepthComparison& comparison,
                           v1::Metric metric);

}  // namespace fathom

#endif  // FATHOM_CLIENT_VIEW_SPEEDUP_TEXT_H_

#ifndef FATHOM_CLIENT_VIEW_THEORY_TEXT_H_
#define FATHOM_CLIENT_VIEW_THEORY_TEXT_H_

#include <string>

#include "fathom/v1/theory.pb.h"

namespace fathom::client {

// Returns the checks of theorems as a table and a sentence below it: a row per
// claim and statement, with the setting that comes nearest to its tolerance or
// is farthest beyond it, or every setting if `all`.
std::string TheoryText(const v1::TheoryReport& report, bool all, int width);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_THEORY_TEXT_H_

#ifndef FATHOM_CLIENT_VIEW_THEORY_TEXT_H_
#define FATHOM_CLIENT_VIEW_THEORY_TEXT_H_

#include <string>

#include "fathom/v1/theory.pb.h"

namespace fathom::client {

// Returns the checks of theorems as a table with a sentence below it. The table
// has a row per claim and statement, with the setting that is nearest to its
// tolerance or farthest beyond it; with `all` it has a row for every setting.
std::string TheoryText(const v1::TheoryReport& report, bool all, int width);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_THEORY_TEXT_H_

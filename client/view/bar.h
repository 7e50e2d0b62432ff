#ifndef FATHOM_CLIENT_VIEW_BAR_H_
#define FATHOM_CLIENT_VIEW_BAR_H_

#include <string>

namespace fathom::client {

// Returns a bar of `width` characters between two ends, of which `fraction` is
// filled: "[####----]", or with blocks of Unicode.
std::string Bar(double fraction, int width, bool unicode);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_BAR_H_

#ifndef FATHOM_CLIENT_VIEW_BAR_H_
#define FATHOM_CLIENT_VIEW_BAR_H_

#include <string>

namespace fathom::client {

// Returns a bar of `width` characters between two ends, filled to the share
// `fraction`: "[####----]", or with Unicode blocks in eighths of a character.
std::string Bar(double fraction, int width, bool unicode);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_BAR_H_

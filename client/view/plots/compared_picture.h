#ifndef FATHOM_CLIENT_VIEW_PLOTS_COMPARED_PICTURE_H_
#define FATHOM_CLIENT_VIEW_PLOTS_COMPARED_PICTURE_H_

#include <string>

#include "client/view/plots/picture.h"

namespace fathom::client {

// Lays two pictures over each other: panels of the same title become one, in
// which lines of the same name have the same colour. Lines of `second` are
// dashed. Each label begins with the name of its side.
Plot ComparedPlot(const Plot& first, const std::string& first_name,
                  const Plot& second, const std::string& second_name);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_COMPARED_PICTURE_H_

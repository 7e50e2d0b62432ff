#ifndef FATHOM_CLIENT_VIEW_PLOTS_PICTURE_JSON_H_
#define FATHOM_CLIENT_VIEW_PLOTS_PICTURE_JSON_H_

#include "client/view/plots/picture_set.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// Returns the numbers that pictures show, an object per picture: the lines of
// each panel with their points and bands, or the cells of a heat map. What is
// not finite, or not there, is null.
nlohmann::ordered_json PictureJson(const PictureSet& set);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PICTURE_JSON_H_

#ifndef FATHOM_CLIENT_COMMANDS_PLOT_PLOT_COMPARED_H_
#define FATHOM_CLIENT_COMMANDS_PLOT_PLOT_COMPARED_H_

#include <string>

#include "client/commands/plot/plot_request.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// Returns the differences between the two sides of a comparison as a table, no
// wider than `width` unless that is 0; and as `compared` of `--json`.
std::string ComparedText(const PlotMaterial& material, int width);
nlohmann::ordered_json ComparedJson(const PlotMaterial& material);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_PLOT_PLOT_COMPARED_H_

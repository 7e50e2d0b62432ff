#ifndef FATHOM_CLIENT_VIEW_PLOTS_CELL_WORDS_H_
#define FATHOM_CLIENT_VIEW_PLOTS_CELL_WORDS_H_

#include <string>
#include <vector>

#include "client/analysis/cells.h"

namespace fathom::client {

// Returns what the cells of a table show, for axes and titles: "loss", "best
// loss", "steps to loss 0.01", "share that diverged".
std::string QuantityLabel(const CellTable& table);

// Returns what a subtitle says of the choice behind each cell: ", best learning
// rate, mean over seed".
std::string ChoiceText(const CellTable& table);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_CELL_WORDS_H_

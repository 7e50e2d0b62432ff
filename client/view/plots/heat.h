#ifndef FATHOM_CLIENT_VIEW_PLOTS_HEAT_H_
#define FATHOM_CLIENT_VIEW_PLOTS_HEAT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/analysis/cells.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// A heat map of two axes, independent of any plotting program: the first from
// left to right, the second upwards.
struct Heat {
  struct Cell {
    size_t x = 0;
    size_t y = 0;
    std::optional<double> value = {};  // Finite.
    double diverged = 0;               // Share of the finished trials.
    int64_t finished = 0;
  };

  std::string name = {};  // Of the sweep.
  int64_t sweep = 0;
  std::string subtitle = {};  // Says what is shown.
  std::string x_label = {};
  std::string y_label = {};
  std::vector<std::string> across = {};  // Values of the first axis.
  std::vector<std::string> up = {};      // Values of the second one.
  std::vector<Cell> cells = {};
  // The least and the largest value, for the colours; unset without any value.
  std::optional<double> low = {};
  std::optional<double> high = {};
  bool logarithmic = false;  // Whether the colours are.
  bool is_share = false;     // Whether values are shares that diverged.
};

// Returns the heat map of a table by two axes of at most 64 values each.
// Colours are logarithmic where all values are above 0, unless `log` says
// otherwise; those of shares go from 0 to 1.
//
// INVALID_ARGUMENT for another number of axes or of values, or for logarithmic
// colours of values that are not above 0; FAILED_PRECONDITION when no trial is
// finished.
absl::StatusOr<Heat> MakeHeat(const v1::Sweep& sweep, const CellTable& table,
                              std::optional<bool> log);

// Returns how far a value is from the lowest (0) to the highest (1).
double HeatShare(const Heat& heat, double value);

// Returns the colour of a value, "#440154".
std::string HeatColour(const Heat& heat, double value);

// The colour of cells without a value.
inline constexpr char kNoHeat[] = "#c8c8c8";

// Returns a value in two digits, which is what a cell has room for, or a plain
// number of up to five.
std::string HeatNumber(const Heat& heat, double value);

// Returns what a cell says: its value, "diverged" or "none".
std::string HeatText(const Heat& heat, const Heat::Cell& cell);

// Returns `count` values from the lowest to the highest at equal distances of
// colours; one where they are the same, none without values.
std::vector<double> HeatScale(const Heat& heat, size_t count);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_HEAT_H_

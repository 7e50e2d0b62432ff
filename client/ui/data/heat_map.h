#ifndef FATHOM_CLIENT_UI_DATA_HEAT_MAP_H_
#define FATHOM_CLIENT_UI_DATA_HEAT_MAP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "client/ui/data/selection.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// How the trials of a cell become one number.
enum class HeatKind {
  kLoss,   // Geometric mean of the trials that did not diverge.
  kLevel,  // Mean of the trials that did not diverge.
  kSteps,  // Median; a trial that never arrives counts as infinite.
  kShare,  // Share that diverged.
};

// The cells of two axes, and the trials in them that have ended.
//
// Not thread-safe.
class HeatMap {
 public:
  // INVALID_ARGUMENT when there are too many cells.
  static absl::StatusOr<HeatMap> Create(const Selection& selection,
                                        const AxisValues& x,
                                        const AxisValues& y, HeatKind kind);

  // Takes a trial that has ended, with its value where it has one.
  void Add(int64_t trial, bool diverged, std::optional<double> value);

  // Returns the map, called `value`.
  nlohmann::ordered_json Json(const std::string& value, double done) const;

 private:
  // The values of one axis that are shown. A value that occurs several times on
  // the axis is one.
  struct Side {
    AxisValues axis;
    std::vector<int64_t> places = {};                    // By position.
    absl::flat_hash_map<int64_t, size_t> position = {};  // By place.
  };
  struct Cell {
    int64_t trials = 0;
    int64_t diverged = 0;
    int64_t counted = 0;
    double logs = 0;
    double sum = 0;
    bool positive = true;  // All values are above 0.
    std::vector<float> steps = {};
  };

  static Side MakeSide(const Selection& selection, const AxisValues& axis);
  static nlohmann::ordered_json SideJson(const Side& side);
  nlohmann::ordered_json ValueOf(const Cell& cell) const;

  HeatKind kind_ = HeatKind::kLoss;
  Side x_;
  Side y_;
  std::vector<Cell> cells_;  // Rows of equal y one after the other.
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_HEAT_MAP_H_

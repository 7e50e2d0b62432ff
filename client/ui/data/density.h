#ifndef FATHOM_CLIENT_UI_DATA_DENSITY_H_
#define FATHOM_CLIENT_UI_DATA_DENSITY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/analysis/trial_curve.h"
#include "client/ui/data/groups.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// Where the bins of a density lie. Logarithmic steps begin at 1, where step 0
// stands as well.
struct DensityFrame {
  bool log_x = true;
  double low_x = 1;
  double high_x = 1;
  bool log_y = true;
  double low_y = 0;
  double high_y = 1;
  int bins_x = 256;
  int bins_y = 96;
  std::vector<int64_t> steps = {};  // Where there are quantiles.
};

// The part of a frame that somebody looks at closely, in steps and values.
struct DensityWindow {
  std::optional<std::pair<double, double>> steps = {};
  std::optional<std::pair<double, double>> values = {};
};

// Finds a frame that some curves fit into. Curves that diverged have no say in
// how high it is, unless there are no others.
//
// Not thread-safe.
class FrameFinder {
 public:
  void Add(const TrialCurve& curve);
  // Returns the frame, with logarithmic axes where they are asked for and
  // possible, or the part of it within `window`.
  DensityFrame Find(bool log_x, bool log_y, int bins_x, int bins_y,
                    const DensityWindow& window = {}) const;

 private:
  std::vector<int64_t> StepsWithin(const DensityWindow& window) const;

  struct Heights {
    bool any = false;
    double low = 0;
    double high = 0;
    double low_positive = 0;  // 0 where no value is positive.

    void Add(double value);
  };
  Heights trained_;
  Heights diverged_;
  std::vector<int64_t> longest_;  // The steps of the longest curve.
};

// How the curves of many trials are spread: a histogram of all, and quantiles
// of each group at some steps. The memory does not grow with the number of
// trials: quantiles of groups with more than kMostSampled trials are those of
// so many that are drawn by chance, the same ones every time.
//
// Not thread-safe.
class Density {
 public:
  static constexpr size_t kMostGroups = 24;
  static constexpr size_t kMostSampled = 512;
  static constexpr size_t kMostSteps = 128;
  static constexpr size_t kMostMarks = 1000;

  // Keeps a reference to `groups`.
  Density(DensityFrame frame, const Groups& groups);

  // Takes a curve with all of its points. One that diverged is infinite from
  // its end on.
  void Add(const TrialCurve& curve);

  // Returns the answer in columns; `header` is completed.
  std::string Answer(nlohmann::ordered_json header) const;

 private:
  // A group, and the curves that were drawn of it.
  struct Group {
    int64_t trials = 0;
    int64_t diverged = 0;
    std::vector<double> diverged_at = {};
    // A heap of (chance, place of the curve in `values`), the largest first.
    std::vector<std::pair<uint64_t, size_t>> drawn = {};
    std::vector<double> values = {};  // By place and step.
  };
  // Where a bin of the histogram lies among the points of a curve.
  struct Between {
    size_t before = 0;  // The point before it.
    double part = 0;    // How far it is from there to the next one.
  };

  void FindPlaces(const TrialCurve& curve);
  void Draw(const TrialCurve& curve);
  void Sample(const TrialCurve& curve, Group* group);
  double XOf(double step) const;
  double YOf(double value) const;
  nlohmann::ordered_json GroupsJson() const;

  const DensityFrame frame_;
  const Groups& groups_;
  std::vector<uint32_t> counts_;
  std::vector<Group> by_group_;
  int64_t trials_ = 0;
  int64_t zeros_ = 0;
  int64_t not_finite_ = 0;
  int64_t above_ = 0;
  int64_t below_ = 0;
  // The bins of curves with these steps.
  std::vector<int64_t> grid_;
  std::vector<Between> places_;
  std::vector<double> heights_;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_DENSITY_H_

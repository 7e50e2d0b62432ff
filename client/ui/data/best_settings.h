#ifndef FATHOM_CLIENT_UI_DATA_BEST_SETTINGS_H_
#define FATHOM_CLIENT_UI_DATA_BEST_SETTINGS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "client/analysis/grouping.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Mean and spread of a sample that is taken value by value (Welford 1962).
class RunningMean {
 public:
  void Add(double value);

  int64_t count() const { return count_; }
  double mean() const { return mean_; }
  // The standard error of the mean; unset below two values.
  std::optional<double> standard_error() const;

 private:
  int64_t count_ = 0;
  double mean_ = 0;
  double squares_ = 0;
};

// The best setting of each group: the one with the best mean among those of
// which all chosen trials have a value.
//
// Not thread-safe.
class BestSettings {
 public:
  struct Setting {
    RunningMean values;
    bool whole = true;  // Every trial has a value.
    int64_t example = 0;
  };

  // `smaller` says which means are better. Keeps a reference to `grouping`.
  BestSettings(const Grouping& grouping, bool smaller)
      : grouping_(grouping), smaller_(smaller) {}

  // Takes a trial, with its value where it has one.
  void Add(int64_t trial, std::optional<double> value);

  // Returns the best setting by group; groups without one are left out.
  std::map<int64_t, const Setting*> Best() const;

 private:
  const Grouping& grouping_;
  const bool smaller_;
  absl::flat_hash_map<std::pair<int64_t, int64_t>, Setting> settings_;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_BEST_SETTINGS_H_

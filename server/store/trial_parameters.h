#ifndef FATHOM_SERVER_STORE_TRIAL_PARAMETERS_H_
#define FATHOM_SERVER_STORE_TRIAL_PARAMETERS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/space.h"

namespace fathom::server {

// What the row of a trial says about its parameters.
struct TrialColumns {
  int64_t depth = 0;
  double lp = 0;
  double learning_rate = 0;
  int64_t seed = 0;  // The bits of the seed; from 2^63 on it looks negative.
  std::optional<int64_t> hidden_width;
  std::string parameters;  // JSON: the value of every axis by its short name.
};

// The parameters of the trials of one sweep, as columns.
//
// Immutable.
class TrialParameters {
 public:
  // Takes a normalized spec; errors as Space::FromStored. Renders the values of
  // axes that are not long, so that trials need only copy them.
  static absl::StatusOr<TrialParameters> Create(const v1::SweepSpec& spec);

  // Returns the columns of trial `index`. Costs about 0.3 us.
  TrialColumns At(int64_t index) const;

  // Number of trials.
  int64_t size() const { return space_.size(); }

 private:
  // A value and how it looks in JSON, with its name.
  struct Rendered {
    Space::Parameter parameter;
    std::string json;
  };
  struct RenderedAxis {
    size_t group = 0;              // The axis moves with this axis group.
    std::vector<Rendered> values;  // Empty for a long axis.
  };

  TrialParameters(Space space, TrialColumns base)
      : space_(std::move(space)), base_(std::move(base)) {}

  static Rendered Render(Space::Parameter parameter);
  void RenderGroup(const v1::SweepSpec& spec, int group);

  Space space_;
  TrialColumns base_;  // Of the base trial, before any axis.
  std::vector<RenderedAxis> axes_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_TRIAL_PARAMETERS_H_

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

// The columns of a row of `trials` that hold the parameters of the trial.
struct TrialColumns {
  int64_t depth = 0;
  double lp = 0;
  double learning_rate = 0;
  int64_t seed = 0;  // The bits of the seed; seeds from 2^63 on look negative.
  std::optional<int64_t> hidden_width;
  std::string parameters;  // JSON: the value of every axis by its short name.
};

// Computes the parameters of the trials of one sweep as columns of the ledger.
//
// Immutable, and therefore safe to use from several threads.
class TrialParameters {
 public:
  // Takes a normalized spec. The errors are those of Space::FromStored. The
  // values of axes that are not too long are rendered as JSON once, so that
  // they only need to be copied for each trial.
  static absl::StatusOr<TrialParameters> Create(const v1::SweepSpec& spec);

  // Returns the columns of trial `index`. Takes about 0.3 us.
  TrialColumns At(int64_t index) const;

  // Returns the number of trials.
  int64_t size() const { return space_.size(); }

 private:
  // The value of a parameter, and its JSON with the name of the parameter.
  struct Rendered {
    Space::Parameter parameter;
    std::string json;
  };
  // The rendered values of an axis.
  struct RenderedAxis {
    size_t group = 0;              // Index of the axis group.
    std::vector<Rendered> values;  // Empty for a long axis.
  };

  TrialParameters(Space space, TrialColumns base)
      : space_(std::move(space)), base_(std::move(base)) {}

  static Rendered Render(Space::Parameter parameter);
  void RenderGroup(const v1::SweepSpec& spec, int group);

  Space space_;
  TrialColumns base_;  // Columns of the base trial, before any axis is applied.
  std::vector<RenderedAxis> axes_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_TRIAL_PARAMETERS_H_

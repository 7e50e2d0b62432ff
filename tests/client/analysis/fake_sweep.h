#ifndef FATHOM_TESTS_CLIENT_ANALYSIS_FAKE_SWEEP_H_
#define FATHOM_TESTS_CLIENT_ANALYSIS_FAKE_SWEEP_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/analysis/analyzer.h"
#include "proto/sweep/normalize.h"
#include "tests/client/analysis/sweeps.h"

namespace fathom::test {

// A sweep whose curves are made up by the test.
class FakeSweep {
 public:
  // Takes a spec, which need not be normalized.
  explicit FakeSweep(const v1::SweepSpec& spec)
      : spec_(Normalize(spec)), space_(*Space::Create(spec_)) {
    for (int64_t step = 0; step <= spec_.trial().steps(); ++step) {
      grid_.push_back(step);
    }
  }

  // Returns the value of an axis in a trial, as a number.
  double Axis(int64_t trial, const std::string& name) const {
    for (const Space::Parameter& parameter : space_.ParametersAt(trial)) {
      if (parameter.name != name) continue;
      return parameter.value.has_integer()
                 ? static_cast<double>(parameter.value.integer())
                 : parameter.value.number();
    }
    return 0;
  }

  // Records the curve value(step) of a trial, with a point at every step up to
  // `last`.
  void Record(int64_t trial, const std::function<double(double)>& value,
              std::optional<int64_t> last = {},
              v1::TrialState state = v1::TRIAL_STATE_SUCCEEDED) {
    Stored& stored = stored_[trial];
    stored.state = state;
    const int64_t end = last.value_or(spec_.trial().steps());
    for (int64_t step = 0; step <= end; ++step) {
      stored.values.push_back(value(static_cast<double>(step)));
    }
  }
  void RecordAll(
      const std::function<double(int64_t trial, double step)>& value) {
    for (int64_t trial = 0; trial < space_.size(); ++trial) {
      Record(trial, [&](double step) { return value(trial, step); });
    }
  }
  void SetState(int64_t trial, v1::TrialState state) {
    stored_[trial].state = state;
  }
  void SetFinalLoss(int64_t trial, double loss) {
    stored_[trial].final_loss = loss;
  }
  void Forget(int64_t trial) { stored_.erase(trial); }

  client::SweepAnalysis Analyze(const client::RaceOptions& options = {},
                                std::optional<int64_t> last_step = {},
                                const client::Optima& optima = {}) const {
    const v1::SummarySpec plan = client::SummaryOf(spec_);
    std::unique_ptr<client::Analyzer> analyzer =
        *client::Analyzer::Create(spec_, plan, options, last_step);
    const bool whole = analyzer->EndsNeedCurves();
    for (const auto& [trial, stored] : stored_) {
      analyzer->AddEnds(whole ? Whole(trial, stored) : Ends(trial, stored));
    }
    analyzer->WantedOptima();
    analyzer->FinishEnds(optima);
    if (analyzer->NeedsCurves()) {
      for (const auto& [trial, stored] : stored_) {
        analyzer->AddCurve(Whole(trial, stored));
      }
    }
    analyzer->Finish();
    for (const int64_t trial : analyzer->ShownTrials()) {
      analyzer->AddShown(Whole(trial, stored_.at(trial)));
    }
    return analyzer->Result();
  }

  int64_t size() const { return space_.size(); }
  const v1::SweepSpec& spec() const { return spec_; }

 private:
  struct Stored {
    v1::TrialState state = v1::TRIAL_STATE_SUCCEEDED;
    std::vector<double> values = {};
    std::optional<double> final_loss = {};
    mutable std::vector<int64_t> end_steps = {};
    mutable std::vector<double> end_values = {};
  };

  client::TrialCurve Whole(int64_t trial, const Stored& stored) const {
    const int64_t steps =
        std::max<int64_t>(static_cast<int64_t>(stored.values.size()) - 1, 0);
    return {.trial = trial,
            .state = stored.state,
            .steps = steps,
            .final_loss = stored.final_loss,
            .at = absl::MakeConstSpan(grid_).first(stored.values.size()),
            .values = stored.values};
  }

  client::TrialCurve Ends(int64_t trial, const Stored& stored) const {
    client::TrialCurve curve = Whole(trial, stored);
    if (stored.values.size() < 2) return curve;
    stored.end_steps = {curve.at.front(), curve.at.back()};
    stored.end_values = {curve.values.front(), curve.values.back()};
    curve.at = stored.end_steps;
    curve.values = stored.end_values;
    return curve;
  }

  v1::SweepSpec spec_;
  Space space_;
  std::vector<int64_t> grid_;
  std::map<int64_t, Stored> stored_;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_CLIENT_ANALYSIS_FAKE_SWEEP_H_

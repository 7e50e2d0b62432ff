// Measures how often the intervals of speed-ups hold the truth: draws sweeps
// whose speed-up is known, analyses them as `fathom best` does, and counts.
// Prints the table of docs/statistics.md, section 11.
//
// A sweep has depths 1 and 2, 12 rates a factor 2.8 apart and n seeds. Trial
// (g, a, s) runs along a law in the time t / tau, with
//   log tau = m_g + c (log a - log a*_g)^2 + shared z_s + own z_gas,
// so that the step to a goal is tau times a constant, and the true speed-up is
// the ratio of the median tau at the best rates.
//
// Usage: coverage_bench [DRAWS [LAW]]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "client/analysis/analyzer.h"
#include "proto/sweep/normalize.h"
#include "tests/client/analysis/sweeps.h"

namespace fathom {
namespace {

constexpr int64_t kSteps = 20000;
constexpr int kRates = 12;
constexpr double kGoal = 0.03;
constexpr double kRateFactor = 2.8;

// The value at time t / tau; the second argument is the depth.
using Shape = std::function<double(double time, int depth)>;

struct Law {
  const char* name;
  Shape shape;
  double speed_up = 1.5;      // Ratio of tau at the best rates.
  double own = 0.1;           // Noise of a trial.
  double shared = 0.2;        // Noise of a seed.
  double noise = 0;           // Of the height of a curve.
  bool heavy = false;         // Student's t, 3 degrees, for noise.
  double diverges_after = 0;  // Times the arrival; 0 for never.
};

// Returns the first time at which a shape is at or below the goal, found by
// small steps.
double TimeToGoal(const Shape& shape, int depth) {
  double before = 0;
  for (double time = 0; time < 1e4; time += 1e-3) {
    if (shape(time, depth) <= kGoal) {
      double low = before;
      double high = time;
      for (int i = 0; i < 60; ++i) {
        const double middle = (low + high) / 2;
        (shape(middle, depth) <= kGoal ? high : low) = middle;
      }
      return high;
    }
    before = time;
  }
  return client::kNever;
}

class Draw {
 public:
  Draw(const Law& law, int seeds, uint64_t number)
      : law_(law), seeds_(seeds), random_(number) {
    v1::SweepSpec spec = test::BaseSpec();
    spec.mutable_trial()->set_steps(kSteps);
    test::AddAxis("model.depth", {1, 2}, &spec);
    std::vector<double> rates;
    for (int i = 0; i < kRates; ++i) {
      rates.push_back(1e-5 * std::pow(kRateFactor, i) * 1.000001);
    }
    test::AddAxis("optimizer.learning_rate", rates, &spec);
    test::AddRange("seed", 0, seeds, &spec);
    spec_ = Normalize(spec);
    for (int i = 0; i <= 300; ++i) {
      const auto step = static_cast<int64_t>(
          std::expm1(std::log1p(static_cast<double>(kSteps)) * i / 300) + 0.5);
      if (grid_.empty() || step > grid_.back()) grid_.push_back(step);
    }
    for (int s = 0; s < seeds; ++s) luck_.push_back(law.shared * Noise());
    Record();
  }

  client::SweepAnalysis Analyze() {
    std::unique_ptr<client::Analyzer> analyzer = *client::Analyzer::Create(
        spec_, client::SummaryOf(spec_), {.split = true, .goal = kGoal}, {});
    for (const client::TrialCurve& curve : curves_) analyzer->AddEnds(curve);
    analyzer->WantedOptima();
    analyzer->FinishEnds({});
    for (const client::TrialCurve& curve : curves_) analyzer->AddCurve(curve);
    analyzer->Finish();
    return analyzer->Result();
  }

 private:
  double Noise() {
    return law_.heavy ? std::student_t_distribution<double>(3)(random_) /
                            std::sqrt(3.0)
                      : std::normal_distribution<double>()(random_);
  }

  // Depth 1 has its best rate on the grid, and depth 2 has it between two
  // rates.
  static double Valley(int depth, int rate) {
    const double away = rate - (depth == 1 ? 6.0 : 6.5);
    return 0.5 * std::pow(away * std::log(kRateFactor), 2);
  }

  void Record() {
    // The best rate of depth 2 is half a step away from the grid.
    const double half = Valley(2, 6);
    values_.reserve(2 * kRates * seeds_);
    for (int64_t trial = 0; trial < 2 * kRates * seeds_; ++trial) {
      const int depth = trial < kRates * seeds_ ? 1 : 2;
      const int rate = static_cast<int>(trial / seeds_ % kRates);
      const double base = depth == 1 ? 0 : -std::log(law_.speed_up) - half;
      const double tau =
          300 * std::exp(base + Valley(depth, rate) + luck_[trial % seeds_] +
                         law_.own * Noise());
      RecordTrial(trial, depth, tau);
    }
  }

  void RecordTrial(int64_t trial, int depth, double tau) {
    std::vector<double>& values = values_.emplace_back();
    const double height = std::exp(law_.noise * Noise());
    client::TrialCurve curve{.trial = trial,
                             .state = v1::TRIAL_STATE_SUCCEEDED};
    const double end =
        law_.diverges_after > 0
            ? law_.diverges_after * tau * TimeToGoal(law_.shape, depth)
            : client::kNever;
    for (const int64_t step : grid_) {
      if (static_cast<double>(step) > end) {
        curve.state = v1::TRIAL_STATE_DIVERGED;
        break;
      }
      const double value = law_.shape(static_cast<double>(step) / tau, depth);
      // All curves start at 1; the height differs later.
      values.push_back(step == 0 ? 1.0 : std::min(height * value, 0.999));
    }
    curve.at = absl::MakeConstSpan(grid_).first(values.size());
    curve.values = values;
    curves_.push_back(curve);
  }

  const Law& law_;
  int seeds_;
  std::mt19937_64 random_;
  v1::SweepSpec spec_;
  std::vector<int64_t> grid_;
  std::vector<double> luck_;
  std::vector<std::vector<double>> values_;
  std::vector<client::TrialCurve> curves_;
};

struct Counts {
  int draws = 0;
  int arrived = 0;
  int covered = 0;
  int wrong = 0;                    // Verdicts that the truth contradicts.
  int claims = 0;                   // Faster or slower.
  std::vector<double> errors = {};  // log(speed-up / truth).
  std::vector<double> split = {};
};

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Returns a number that tells all draws of all laws apart (FNV-1a of the name).
uint64_t DrawNumber(const Law& law, int seeds, int draw) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char* c = law.name; *c != 0; ++c) {
    hash = (hash ^ static_cast<uint64_t>(*c)) * 0x100000001b3;
  }
  return hash + 1000003ull * draw + seeds;
}

Counts Run(const Law& law, int seeds, int draws) {
  const double truth =
      law.speed_up * TimeToGoal(law.shape, 1) / TimeToGoal(law.shape, 2);
  Counts counts{.draws = draws};
  for (int i = 0; i < draws; ++i) {
    const client::SweepAnalysis analysis =
        Draw(law, seeds, DrawNumber(law, seeds, i)).Analyze();
    const client::Racer& racer = analysis.races.at(0).racers.at(1);
    if (!racer.quoted.has_value()) continue;
    const client::AtGoal& at = racer.at[*racer.quoted];
    if (!at.speed_up.has_value() || !at.interval.has_value()) continue;
    ++counts.arrived;
    counts.covered += at.interval->low <= truth && truth <= at.interval->high;
    const bool claims = at.verdict == client::Verdict::kFaster ||
                        at.verdict == client::Verdict::kSlower;
    counts.claims += claims;
    counts.wrong +=
        (at.verdict == client::Verdict::kFaster && truth < 1 + 1e-9) ||
        (at.verdict == client::Verdict::kSlower && truth > 1 - 1e-9);
    counts.errors.push_back(std::log(at.speed_up->value / truth));
    if (at.split) counts.split.push_back(std::log(*at.split / truth));
  }
  return counts;
}

std::vector<Law> Laws() {
  const Shape exponential = [](double t, int) { return std::exp(-t); };
  const Shape power = [](double t, int) { return std::pow(1 + t, -2); };
  const Shape oscillating = [](double t, int) {
    return std::exp(-t) * (1 + 0.6 * std::sin(9 * t));
  };
  // Depth 2 is slow at first, and then overtakes depth 1.
  const Shape crossing = [](double t, int depth) {
    return depth == 1 ? 0.6 * std::exp(-4 * t) + 0.4 * std::exp(-t / 2)
                      : std::exp(-t);
  };
  return {
      {"exponential", exponential},
      {"exponential, noisier", exponential, 1.5, 0.3},
      {"exponential, heavy tails", exponential, 1.5, 0.1, 0.2, 0, true},
      {"exponential, no shared luck", exponential, 1.5, 0.1, 0},
      {"power", power},
      {"height of the curves varies", exponential, 1.5, 0.1, 0.2, 0.1},
      {"oscillating", oscillating},
      {"crossing", crossing},
      {"diverging soon after arrival", exponential, 1.5, 0.1, 0.2, 0, false,
       1.3},
      {"slower, 1 / 1.5", exponential, 1 / 1.5},
      {"tie", exponential, 1},
      {"tie, noisier", exponential, 1, 0.3},
  };
}

}  // namespace
}  // namespace fathom

int main(int argc, char** argv) {
  const int draws = argc > 1 ? std::atoi(argv[1]) : 1000;
  const std::vector<int> sizes = {3, 5, 10, 20};
  std::printf(
      "| law | n | cover the truth | claims | wrong claims | bias | "
      "bias on held-out half |\n|---|---|---|---|---|---|---|\n");
  for (const fathom::Law& law : fathom::Laws()) {
    if (argc > 2 && std::string(argv[2]) != law.name) continue;
    for (const int seeds : sizes) {
      const fathom::Counts counts = fathom::Run(law, seeds, draws);
      const double arrived = std::max(counts.arrived, 1);
      std::printf(
          "| %s | %d | %.1f %% | %.1f %% | %.1f %% | %+.1f %% | "
          "%+.1f %% |\n",
          law.name, seeds, 100 * counts.covered / arrived,
          100 * counts.claims / arrived, 100 * counts.wrong / arrived,
          100 * std::expm1(fathom::Median(counts.errors)),
          100 * std::expm1(fathom::Median(counts.split)));
      std::fflush(stdout);
    }
  }
  return 0;
}

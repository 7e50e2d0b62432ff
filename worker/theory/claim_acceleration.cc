#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "worker/kernel/models/end_to_end_rule.h"
#include "worker/kernel/optimizers/optimizers.h"
#include "worker/kernel/portable_math.h"
#include "worker/theory/claims.h"
#include "worker/theory/dense.h"

namespace fathom::worker::theory {
namespace {

// The loss L(w) = (1/p) (w_1 - 1)^p + (1/p) (w_2 - small)^p: that of two
// orthonormal samples whose labels differ in size.
struct TwoLabels {
  int p = 4;
  double small = 0.1;

  Dense Gradient(const Dense& w) const {
    Dense gradient(1, 2);
    gradient.data = {kernel::Power(w.data[0] - 1, p - 1),
                     kernel::Power(w.data[1] - small, p - 1)};
    return gradient;
  }
};

// A run of the rule of order n, which is plain gradient descent for n = 1, at a
// rate.
class Run {
 public:
  Run(double n, double rate, const TwoLabels& loss, double w1)
      : loss_(loss), descent_(rate, 0), w_(1, 2), rule_(n, Start(w1)) {
    rule_.WriteEndToEnd(w_);
  }

  void Step() {
    const Dense gradient = loss_.Gradient(w_);
    rule_.PullBack(gradient);
    rule_.Update(descent_);
    rule_.WriteEndToEnd(w_);
  }

  // The distances of the coordinates from their labels.
  double first() const { return std::fabs(w_.data[0] - 1); }
  double second() const { return std::fabs(w_.data[1] - loss_.small); }
  double w2() const { return w_.data[1]; }

 private:
  static Dense Start(double w1) {
    Dense start(1, 2);
    start.data = {w1, 0};
    return start;
  }

  const TwoLabels loss_;
  kernel::GradientDescent descent_;
  Dense w_;
  kernel::EndToEndRule rule_;
};

// The number of places in (0, 1) from which coordinate 1 is tried.
constexpr int kPlaces = 1000;

// Whether an update from every place brings coordinate 1 nearer to its label.
bool IsStable(double n, double rate, const TwoLabels& loss) {
  for (int i = 0; i < kPlaces; ++i) {
    Run run(n, rate, loss, (i + 0.5) / kPlaces);
    const double before = run.first();
    run.Step();
    if (!(run.first() <= before)) return false;
  }
  return true;
}

// Returns the largest stable rate, found by bisection to nine digits.
double LargestStableRate(double n, const TwoLabels& loss) {
  double low = 0;
  double high = 1;
  while (IsStable(n, high, loss)) high *= 2;
  while (high - low > 1e-9 * high) {
    const double middle = (low + high) / 2;
    (IsStable(n, middle, loss) ? low : high) = middle;
  }
  return low;
}

// Returns how far the largest u^a (1-u)^b on the places may be below its
// supremum. Where the supremum is at an end, the distance is of first order in
// that of the places; where it is inside, the distance is of second order, with
// the curvature (a+b)^3/(ab).
double PlaceError(double n, int p) {
  const double a = 2 - 2 / n;
  const double b = p - 2;
  const double bisection = 2e-9;
  if (a == 0 || b == 0) return (a + b) / kPlaces + bisection;
  const double sum = a + b;
  return sum * sum * sum / (a * b) / (4.0 * kPlaces * kPlaces) + bisection;
}

// Returns the number of updates, with a fraction, until coordinate 2 is half as
// far from its label as at (1, 0).
double StepsToHalve(double n, double rate, const TwoLabels& loss) {
  Run run(n, rate, loss, 1);
  const double goal = run.second() / 2;
  double before = run.second();
  int64_t steps = 0;
  for (; run.second() > goal && steps < 1'000'000; ++steps) {
    before = run.second();
    run.Step();
  }
  return static_cast<double>(steps) -
         (goal - run.second()) / (before - run.second());
}

// Returns how much faster coordinate 2 moves at (1, 0) under the rule than
// under plain gradient descent, each at its largest rate.
double SpeedRatio(double n, double rate, double plain_rate,
                  const TwoLabels& loss) {
  Run deep(n, rate, loss, 1);
  Run plain(1, plain_rate, loss, 1);
  deep.Step();
  plain.Step();
  return deep.w2() / plain.w2();
}

// Compares the numbers of steps under the rule and under plain gradient
// descent.
void CheckSteps(double n, double rate, double plain_rate, const TwoLabels& loss,
                double ratio, Findings* findings) {
  // On the way |W| and the stretch along W add (2N+1) w_2^2 at most, where w_2
  // is below half its label. Updates of finite size add the rest.
  const double growth = (2 * n + 1) * loss.small * loss.small / 4;
  const double speed = kernel::Power(loss.small, loss.p - 2) *
                       std::max(1.0, ratio) * plain_rate / 2;
  findings->push_back(RelativeFinding(
      "steps to halve coordinate 2, plain / deep",
      absl::StrCat("p=", loss.p, " N=", n, " y2=", loss.small,
                   " half the rates"),
      ratio,
      StepsToHalve(1, plain_rate / 2, loss) / StepsToHalve(n, rate / 2, loss),
      growth + (loss.p - 1) * speed));
}

}  // namespace

// Checks section 7, for labels 1 and y2 << 1. Gradient descent and the rule
// must keep their rates low because of coordinate 1. The largest rates are
// measured with updates from a thousand places between 0 and the label. (A
// whole run from near 0 is no measure, because it may jump over the worst
// places, or overshoot and end outside.) At these rates coordinate 2 moves 1/(N
// c) times as fast under the rule, with c = max u^(2-2/N) (1-u)^(p-2): slower
// for p = 2, faster for p > 2.
Findings CheckAcceleration(const Formulas& formulas) {
  Findings findings;
  for (const int p : {2, 4, 6, 8}) {
    const TwoLabels loss = {.p = p, .small = p == 4 ? 0.05 : 0.1};
    const double plain_rate = LargestStableRate(1, loss);
    const double plain = formulas.largest_rate(1, p);
    findings.push_back(RelativeFinding("largest stable rate, plain",
                                       absl::StrCat("p=", p), plain, plain_rate,
                                       PlaceError(1, p)));
    for (const double n : {2.0, 3.0, 4.0, 8.0}) {
      const double rate = LargestStableRate(formulas.rule_order(n), loss);
      const double deep = formulas.largest_rate(n, p);
      findings.push_back(RelativeFinding("largest stable rate, deep",
                                         absl::StrCat("p=", p, " N=", n), deep,
                                         rate, PlaceError(n, p)));
      findings.push_back(RelativeFinding(
          "speed of coordinate 2, deep / plain",
          absl::StrCat("p=", p, " N=", n), deep / plain,
          SpeedRatio(formulas.rule_order(n), rate, plain_rate, loss),
          PlaceError(n, p) + PlaceError(1, p)));
      if (p == 4 || p == 6) {
        CheckSteps(n, rate, plain_rate, loss, deep / plain, &findings);
      }
    }
  }
  return findings;
}

}  // namespace fathom::worker::theory

#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "worker/kernel/optimizers/optimizers.h"
#include "worker/theory/claims.h"
#include "worker/theory/dynamics.h"

namespace fathom::worker::theory {
namespace {

// Two modes in random directions, and their sizes at the start.
struct Modes {
  Dense u;                    // k x k
  Dense v;                    // d x d
  std::vector<double> s;      // Sizes in the target.
  std::vector<double> start;  // Sizes in W at time 0.
};

// Returns U diag(s) V^T.
Dense Compose(const Modes& modes, const std::vector<double>& s) {
  Dense w(modes.u.rows, modes.v.rows);
  for (size_t r = 0; r < s.size(); ++r) {
    for (int64_t i = 0; i < w.rows; ++i) {
      for (int64_t c = 0; c < w.columns; ++c) {
        w.at(i, c) += s[r] * modes.u.at(i, static_cast<int64_t>(r)) *
                      modes.v.at(c, static_cast<int64_t>(r));
      }
    }
  }
  return w;
}

// Returns <W, u_r v_r^T> after `steps` updates for the loss 1/2 |W - target|^2,
// to which whitened inputs lead.
double ModeAfter(const Modes& modes, size_t r, double time, int64_t steps) {
  const Dense target = Compose(modes, modes.s);
  kernel::LinearNet net = BalancedNet({target.columns, 3, target.rows},
                                      Compose(modes, modes.start));
  kernel::GradientDescent descent(time / static_cast<double>(steps), 0);
  Dense w = EndToEnd(net, target.rows, target.columns);
  for (int64_t step = 0; step < steps; ++step) {
    const Dense gradient = Sum(w, -1, target);
    net.PullBack(gradient);
    net.Update(descent);
    net.WriteEndToEnd(w);
  }
  std::vector<double> only(modes.s.size());
  only[r] = 1;
  return InnerProduct(w, Compose(modes, only));
}

}  // namespace

// Checks the modes of Saxe, McClelland, Ganguli 2014. When a net of two layers
// starts balanced and in the directions of the target, each of its modes
// follows a sigmoid in closed form. Gradient descent meets this form to order
// eta.
Findings CheckSaxe(const Formulas& formulas) {
  constexpr int64_t kSteps = 1000;
  kernel::RandomStream random(11, kernel::Purpose::kTheory, 4);
  const Modes modes = {.u = RandomOrthogonal(random, 2),
                       .v = RandomOrthogonal(random, 4),
                       .s = {1.5, 0.6},
                       .start = {0.05, 0.02}};
  Findings findings;
  for (const double time : {1.0, 2.0}) {
    for (const size_t r : {0, 1}) {
      const double predicted = formulas.mode(modes.s[r], modes.start[r], time);
      const double coarse = ModeAfter(modes, r, time, kSteps) - predicted;
      const double fine = ModeAfter(modes, r, time, 2 * kSteps) - predicted;
      findings.push_back(
          OrderFinding("mode - closed form = O(eta)",
                       absl::StrCat("2x4 N=2 s=", modes.s[r],
                                    " u0=", modes.start[r], " t=", time),
                       1, std::fabs(coarse), std::fabs(fine)));
    }
  }
  return findings;
}

}  // namespace fathom::worker::theory

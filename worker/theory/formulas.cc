#include "worker/theory/formulas.h"

#include <cmath>

namespace fathom::worker::theory {
namespace {

double Eigenvalue(double n, double s, double t) {
  double sum = 0;
  for (int j = 1; j <= static_cast<int>(n); ++j) {
    sum += std::pow(s, 2 * (j - 1) / n) * std::pow(t, 2 * (n - j) / n);
  }
  return sum;
}

double LineIntegral(double n, double c, double r, double big_r) {
  const double power = 3 - 2 / n;
  return 2 * (n - 1) * (n - 2) / (3 * n - 2) * c *
         (std::pow(big_r, power) - std::pow(r, power));
}

double LargestRate(double n, int p) {
  const double a = 2 - 2 / n;
  const double b = p - 2;
  // pow(0, 0) is 1, as the maximum needs it where an exponent is 0.
  const double most =
      a + b == 0 ? 1 : std::pow(a, a) * std::pow(b, b) / std::pow(a + b, a + b);
  return 2 / (n * most);
}

double Mode(double s, double u, double t) {
  const double grown = std::exp(2 * s * t);
  return s * grown / (grown - 1 + s / u);
}

}  // namespace

Formulas PaperFormulas() {
  return {
      .warm_up_rho = [](double eta,
                        double omega) { return eta * omega * omega; },
      .warm_up_gamma = [](double eta, double omega,
                          double along) { return eta * along / omega; },
      .rule_order = [](double n) { return n; },
      .decay_factor = [](double n) { return n; },
      .balance_left = [](double lambda,
                         double t) { return std::exp(-2 * lambda * t); },
      .eigenvalue = Eigenvalue,
      .adaptive_rate = [](double n,
                          double norm) { return std::pow(norm, 2 - 2 / n); },
      .stretch = [](double n) { return n - 1; },
      .line_integral = LineIntegral,
      .largest_rate = LargestRate,
      .gradient_rank = [](int64_t k) { return k; },
      .singular_speed =
          [](double n, double sigma) { return n * std::pow(sigma, 2 - 2 / n); },
      .mode = Mode,
  };
}

}  // namespace fathom::worker::theory

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "worker/kernel/models/preconditioner.h"
#include "worker/theory/claims.h"
#include "worker/theory/dense.h"
#include "worker/theory/lp_problem.h"
#include "worker/theory/quadrature.h"

namespace fathom::worker::theory {
namespace {

using GradientField = std::function<Dense(const Dense&)>;

// The rule's field F(W) = P_W(G(W)) along the closed curve Gamma_{r,R} of the
// paper's proof. With e along G(0) and f across it, the curve leads from -R e
// straight to -r e, by a half circle to r e, straight to R e, and by a half
// circle back.
class Curve {
 public:
  Curve(double order, GradientField gradient, int64_t d, double tolerance)
      : gradient_(std::move(gradient)),
        preconditioner_(order, 1, d),
        tolerance_(tolerance),
        e_(gradient_(Dense(1, d))),
        f_(1, d) {
    at_zero_ = e_;
    const double c = FrobeniusNorm(e_);
    for (double& entry : e_.data) entry /= c;
    // f_ is the unit vector that e has the smallest part of, made orthogonal to
    // e.
    const auto least = std::min_element(
        e_.data.begin(), e_.data.end(),
        [](double a, double b) { return std::fabs(a) < std::fabs(b); });
    f_.data[least - e_.data.begin()] = 1;
    f_ = Sum(f_, -*least, e_);
    const double norm = FrobeniusNorm(f_);
    for (double& entry : f_.data) entry /= norm;
  }

  // Returns |G(0)|.
  double c() const { return FrobeniusNorm(at_zero_); }

  // Returns the integral of F along the curve.
  double Integral(double r, double big_r) {
    const auto radial = [&](double s) { return InnerProduct(Field(s, 0), e_); };
    return Integrate(radial, -big_r, -r, tolerance_) +
           Integrate(radial, r, big_r, tolerance_) + HalfCircle(-r) +
           HalfCircle(big_r);
  }

  // Returns the largest |G(W) - G(0)| at the points of the integrals so far.
  double change() const { return change_; }

 private:
  // Returns the integral of F along the half circle from radius * e to -radius
  // * e.
  double HalfCircle(double radius) {
    const auto along = [&](double angle) {
      const double x = std::cos(angle), y = std::sin(angle);
      const Dense field = Field(radius * x, radius * y);
      return radius *
             (x * InnerProduct(field, f_) - y * InnerProduct(field, e_));
    };
    return Integrate(along, 0, std::numbers::pi, tolerance_);
  }

  // Returns F at x e + y f.
  Dense Field(double x, double y) {
    Dense w = Sum(Dense(1, e_.columns), x, e_);
    w = Sum(w, y, f_);
    const Dense gradient = gradient_(w);
    change_ = std::max(change_, Distance(gradient, at_zero_));
    Dense field(1, e_.columns);
    preconditioner_.Apply(w, gradient, field);
    return field;
  }

  const GradientField gradient_;
  kernel::Preconditioner preconditioner_;
  const double tolerance_;
  Dense e_;
  Dense f_;
  Dense at_zero_;
  double change_ = 0;
};

// Checks the integral for a constant gradient, for which the leading term is
// all that there is.
void CheckLeadingTerm(double n, const Formulas& formulas, Findings* findings) {
  constexpr double kC = 1.7, kSmall = 0.3, kLarge = 1;
  constexpr double kTolerance = 1e-11;
  Dense constant(1, 3);
  constant.data = {kC * 2 / 3, -kC / 3, kC * 2 / 3};
  Curve curve(
      formulas.rule_order(n), [&](const Dense&) { return constant; }, 3,
      kTolerance);
  const double predicted = formulas.line_integral(n, kC, kSmall, kLarge);
  const double measured = curve.Integral(kSmall, kLarge);
  findings->push_back(
      {.statement = n == 2 ? "integral around the curve is 0 for N = 2"
                           : "integral around the curve is not 0",
       .setting = absl::StrCat("N=", n, " constant gradient, c=", kC,
                               " r=", kSmall, " R=", kLarge),
       .predicted = predicted,
       .measured = measured,
       .residual = std::fabs(measured - predicted),
       // The tolerance of the quadrature on each of four pieces, and rounding.
       .tolerance = 8 * kTolerance});
}

// Checks the integral for a real loss. For this |F - F_0| <= N |W|^(2-2/N)
// |G(W) - G(0)|, and this bound times the length of the curve bounds what the
// leading term leaves out.
void CheckRealLoss(int n, int p, const Formulas& formulas, Findings* findings) {
  const LpProblem problem(1, {.d = 4, .p = p});
  constexpr double kLarge = 1e-4;
  const double power = 3 - 2.0 / n;
  double integrals[2], bounds[2], leading[2];
  for (const int half : {0, 1}) {
    const double big_r = kLarge / (1 << half);
    const double r = big_r / 4;
    Curve curve(
        formulas.rule_order(n),
        [&](const Dense& w) { return problem.Gradient(w); }, 4,
        1e-10 * std::pow(big_r, power));
    integrals[half] = curve.Integral(r, big_r);
    leading[half] = formulas.line_integral(n, curve.c(), r, big_r);
    const double length = 2 * (big_r - r) + std::numbers::pi * (big_r + r);
    bounds[half] = n * std::pow(big_r, 2 - 2.0 / n) * length * curve.change();
  }
  const std::string setting =
      absl::StrCat("N=", n, " p=", p, " R=", kLarge, " r=R/4");
  if (n == 2) {
    findings->push_back({.statement = "leading term vanishes for N = 2",
                         .setting = setting,
                         .predicted = 0,
                         .measured = integrals[0],
                         .residual = std::fabs(integrals[0]),
                         .tolerance = bounds[0]});
    return;
  }
  findings->push_back(RelativeFinding("integral for a real loss is not 0",
                                      setting, leading[0], integrals[0],
                                      bounds[0] / leading[0]));
  findings->push_back(OrderFinding(
      "integral = O(R^(3-2/N))", setting, power, integrals[0], integrals[1],
      (bounds[0] / leading[0] + bounds[1] / leading[1]) / std::numbers::ln2));
}

}  // namespace

// Checks theorem 2. A gradient field integrates to 0 along every closed curve.
// For N > 2 the field of the rule does not, unless G(0) = 0, and therefore is
// not the gradient of any regularizer.
Findings CheckRegularization(const Formulas& formulas) {
  Findings findings;
  for (const double n : {2.0, 2.5, 3.0, 4.0, 8.0}) {
    CheckLeadingTerm(n, formulas, &findings);
  }
  for (const int p : {2, 4}) {
    for (const int n : {2, 3, 4, 8}) {
      CheckRealLoss(n, p, formulas, &findings);
    }
  }
  return findings;
}

}  // namespace fathom::worker::theory

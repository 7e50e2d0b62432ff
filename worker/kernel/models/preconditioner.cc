#include "worker/kernel/models/preconditioner.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "worker/kernel/eigen.h"
#include "worker/kernel/portable_math.h"

namespace fathom::worker::kernel {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kLn2 = 0x1.62e42fefa39efp-1;
constexpr int kMaxEigenSweeps = 30;

// Returns e^x for any x but NaN, and 0 or infinity where x is out of the range
// of Exp.
double ExpOrLimit(double x) {
  if (x > 709.7) return kInfinity;
  return x < -740 ? 0 : Exp(x);
}

// Returns e(s, t) / e(s, 0), given log s^2 >= log t^2, for s > 0.
double RatioToLarger(double order, double log_s, double log_t) {
  const double gap = log_s - log_t;
  const double shrunk = ExpMinusOne(-gap / order);
  return shrunk == 0 ? order : ExpMinusOne(-gap) / shrunk;
}

// Returns the largest magnitude of an entry, or infinity when an entry is not
// finite.
double LargestOf(ConstMatrix a) {
  return View(a).allFinite() ? View(a).cwiseAbs().maxCoeff() : kInfinity;
}

double InnerProduct(ConstMatrix a, ConstMatrix b) {
  double sum = 0;
  for (int64_t i = 0; i < a.rows; ++i) {
    sum += Dot(a.row(i), b.row(i), a.columns);
  }
  return sum;
}

// Diagonalizes a symmetric positive semidefinite matrix H by Jacobi's method:
// finds a rotation R with R H R^T diagonal. An off-diagonal entry counts as
// zero when it is small beside its own two diagonal entries. Small eigenvalues
// of a graded matrix therefore stay accurate, and the directions of the last
// step make such a matrix of the next H.
//
// Eigen's solver for symmetric matrices finds eigenvalues only to 1e-16 of the
// largest one, and singular values thereby only to 1e-8. Only its rotations are
// used here.
void Diagonalize(Matrix symmetric, Matrix turn) {
  auto h = View(symmetric);
  auto r = View(turn);
  r.setIdentity();
  for (int sweep = 0; sweep < kMaxEigenSweeps; ++sweep) {
    bool done = true;
    for (int64_t p = 0; p + 1 < h.rows(); ++p) {
      for (int64_t q = p + 1; q < h.rows(); ++q) {
        if (std::fabs(h(p, q)) <= 0x1p-52 * std::sqrt(std::fabs(h(p, p))) *
                                      std::sqrt(std::fabs(h(q, q)))) {
          continue;
        }
        done = false;
        Eigen::JacobiRotation<double> rotation;
        rotation.makeJacobi(h, p, q);
        h.applyOnTheLeft(p, q, rotation.adjoint());
        h.applyOnTheRight(p, q, rotation);
        r.applyOnTheLeft(p, q, rotation.adjoint());
      }
    }
    if (done) return;
  }
}

}  // namespace

double PreconditionerEigenvalue(double order, double s, double t) {
  if (order == 1) return 1;
  if (s < t) std::swap(s, t);
  if (s == 0) return 0;
  const double log_s = 2 * Log(s);
  const double power = ExpOrLimit((1 - 1 / order) * log_s);
  if (t == 0) return power;
  return power * RatioToLarger(order, log_s, 2 * Log(t));
}

EigenvalueRange PreconditionerRange(double order, int64_t k, int64_t d,
                                    std::span<const double> singular_values) {
  const auto [min, max] =
      std::minmax_element(singular_values.begin(), singular_values.end());
  // The longer of the two sides has further directions, with s = 0.
  return {.min = PreconditionerEigenvalue(order, *min, k == d ? *min : 0),
          .max = PreconditionerEigenvalue(order, *max, *max)};
}

Preconditioner::Preconditioner(double order, int64_t k, int64_t d)
    : order_(order),
      k_(k),
      d_(d),
      r_(std::min(k, d)),
      c_(std::max(k, d)),
      scaled_(order == 1 ? 0 : r_ * c_) {
  if (r_ == 1 || order == 1) return;
  for (auto* square : {&basis_, &gram_, &rotation_, &cross_, &scratch_}) {
    square->resize(r_ * r_);
  }
  power_.resize(r_);
  log_.resize(r_);
  inner_.resize(r_ * 2 * r_);
  factors_.resize(r_ * 2 * r_);
  stacked_.resize(2 * r_ * c_);
  turned_.resize(r_ * c_);
  if (k > d) wide_.resize(r_ * c_);
}

void Preconditioner::Apply(ConstMatrix w, ConstMatrix g, Matrix out) {
  if (order_ == 1) {
    View(out) = View(g);
    return;
  }
  int exponent = 0;
  const double square = InnerProduct(w, w);
  if (!(square > 0x1p-400 && square < 0x1p400)) {
    // W is zero or not finite, or squares underflow or overflow.
    const double most = LargestOf(w);
    if (most == 0 || most == kInfinity) {
      View(out).setConstant(most == 0 ? 0 : kNaN);
      return;
    }
    std::frexp(most, &exponent);
    for (int64_t i = 0; i < k_; ++i) {
      for (int64_t j = 0; j < d_; ++j) {
        scaled_[i * d_ + j] = std::ldexp(w.row(i)[j], -exponent);
      }
    }
    w = {scaled_.data(), k_, d_, d_};
  }
  if (r_ == 1) {
    ApplyToVector(w, exponent, g, out);
  } else if (k_ <= d_) {
    ApplyToWide(w, exponent, g, out);
  } else {
    // P of the transposed matrices is the transpose of P.
    const Matrix flipped = {turned_.data(), d_, k_, k_};
    View(flipped) = View(w).transpose();
    scaled_.swap(turned_);
    const Matrix wide = {wide_.data(), d_, k_, k_};
    ApplyToWide({scaled_.data(), d_, k_, k_}, exponent, g, wide);
    View(out) = View(wide).transpose();
  }
}

void Preconditioner::AddState(StateArrays* state) {
  state->doubles.emplace_back(basis_);
}

bool Preconditioner::started() const {
  return std::any_of(basis_.begin(), basis_.begin() + r_,
                     [](double entry) { return entry != 0; });
}

// The search refines directions that are nearly orthonormal, and makes others
// grow beyond all bounds.
bool Preconditioner::StateIsSound() const {
  const auto zero = [](double entry) { return entry == 0; };
  if (std::all_of(basis_.begin(), basis_.end(), zero)) return true;
  for (int64_t i = 0; i < r_; ++i) {
    for (int64_t j = 0; j <= i; ++j) {
      const double product =
          Dot(basis_.data() + i * r_, basis_.data() + j * r_, r_);
      if (!(std::fabs(product - (i == j ? 1 : 0)) < 1e-6)) return false;
    }
  }
  return true;
}

void Preconditioner::ApplyToVector(ConstMatrix w, int exponent, ConstMatrix g,
                                   Matrix out) {
  const double square = InnerProduct(w, w);
  const double rate =
      ExpOrLimit((1 - 1 / order_) * (Log(square) + 2 * exponent * kLn2));
  const double stretch = rate * ((order_ - 1) * (InnerProduct(g, w) / square));
  View(out) = rate * View(g) + stretch * View(w);
}

// Computes U^T, into basis_, and U^T W, into the lower half of stacked_.
void Preconditioner::FindDirections(ConstMatrix w) {
  const Matrix basis = {basis_.data(), r_, r_, r_};
  const Matrix rotation = {rotation_.data(), r_, r_, r_};
  const Matrix turned = {turned_.data(), r_, c_, c_};
  const Matrix gram = {gram_.data(), r_, r_, r_};
  const Matrix scratch = {scratch_.data(), r_, r_, r_};
  Multiply(basis, w, turned);
  MultiplyTransposed(turned, turned, gram);
  Diagonalize(gram, rotation);
  Multiply(rotation, turned, {stacked_.data() + r_ * c_, r_, c_, c_});
  Multiply(rotation, basis, scratch);
  // Rounding makes the basis B a little oblique; B - (B B^T - I) B / 2 corrects
  // that.
  MultiplyTransposed(scratch, scratch, gram);
  Multiply(gram, scratch, rotation);
  View(basis) = 1.5 * View(scratch) - 0.5 * View(rotation);
}

// With H = U^T G and Y = U^T W, whose rows are s_r v_r^T,
//   P_W(G) = U (D H + M Y),  D = diag(e(s_r, 0)),
//   M_rq = (e(s_r, s_q) - e(s_r, 0)) (H Y^T)_rq / s_q^2.
// The first term takes s_q = 0 for all of R^d, and the second corrects this on
// the row space of W. The factors are U [D U^T, M].
void Preconditioner::ApplyToWide(ConstMatrix w, int exponent, ConstMatrix g,
                                 Matrix out) {
  // Small singular values come out right only near the true directions, so the
  // first search, which starts anywhere, takes several passes.
  const int passes = started() ? 1 : 3;
  if (!started()) View(Matrix{basis_.data(), r_, r_, r_}).setIdentity();
  for (int pass = 0; pass < passes; ++pass) FindDirections(w);

  const Matrix top = {stacked_.data(), r_, c_, c_};
  const Matrix bottom = {stacked_.data() + r_ * c_, r_, c_, c_};
  if (g.rows == r_) {
    View(top) = View(g);
  } else {
    View(top) = View(g).transpose();
  }
  MultiplyTransposed(top, bottom, {scratch_.data(), r_, r_, r_});
  Multiply({basis_.data(), r_, r_, r_}, {scratch_.data(), r_, r_, r_},
           {cross_.data(), r_, r_, r_});
  WriteFactors(exponent);
  Multiply({factors_.data(), r_, 2 * r_, 2 * r_},
           {stacked_.data(), 2 * r_, c_, c_}, out);
}

void Preconditioner::WriteFactors(int exponent) {
  const ConstMatrix bottom = {stacked_.data() + r_ * c_, r_, c_, c_};
  double* square = gram_.data();  // gram_ is no longer needed.
  for (int64_t i = 0; i < r_; ++i) {
    square[i] = Dot(bottom.row(i), bottom.row(i), c_);
    log_[i] = square[i] > 0 ? Log(square[i]) + 2 * exponent * kLn2 : -kInfinity;
    power_[i] = square[i] > 0 ? ExpOrLimit((1 - 1 / order_) * log_[i]) : 0;
  }
  for (int64_t i = 0; i < r_; ++i) {
    for (int64_t j = 0; j <= i; ++j) {
      const double eigenvalue =
          std::max(power_[i], power_[j]) *
          RatioToLarger(order_, std::max(log_[i], log_[j]),
                        std::min(log_[i], log_[j]));
      for (const auto& [r, q] : {std::pair(i, j), std::pair(j, i)}) {
        double& m = cross_[r * r_ + q];
        m = square[q] == 0 ? 0 : m * ((eigenvalue - power_[r]) / square[q]);
        if (i == j) break;
      }
    }
  }
  const ConstMatrix basis = {basis_.data(), r_, r_, r_};
  const Matrix inner = {inner_.data(), r_, 2 * r_, 2 * r_};
  for (int64_t l = 0; l < r_; ++l) {
    for (int64_t j = 0; j < r_; ++j) {
      inner.row(l)[j] = power_[l] * basis.row(l)[j];
      inner.row(l)[r_ + j] = cross_[l * r_ + j];
    }
  }
  TransposedProductRows(basis, inner, 0, {factors_.data(), r_, 2 * r_, 2 * r_});
}

}  // namespace fathom::worker::kernel

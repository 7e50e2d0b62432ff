#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "worker/kernel/models/preconditioner.h"
#include "worker/theory/claims.h"
#include "worker/theory/dense.h"

namespace fathom::worker::theory {
namespace {

// A matrix W = U diag(s) V^T whose factors are known.
struct Known {
  Dense u;  // k x k
  Dense v;  // d x d
  std::vector<double> s;
  Dense w;  // k x d

  // Returns the singular value r, which is 0 beyond min(k, d).
  double SingularValue(int64_t r) const {
    return r < static_cast<int64_t>(s.size()) ? s[r] : 0;
  }
};

Known MakeKnown(uint64_t seed, int64_t k, int64_t d, std::vector<double> s) {
  kernel::RandomStream random(seed, kernel::Purpose::kTheory, 2);
  Known known = {RandomOrthogonal(random, k), RandomOrthogonal(random, d),
                 std::move(s), Dense(k, d)};
  for (int64_t i = 0; i < k; ++i) {
    for (int64_t c = 0; c < d; ++c) {
      for (size_t r = 0; r < known.s.size(); ++r) {
        known.w.at(i, c) += known.u.at(i, static_cast<int64_t>(r)) *
                            known.s[r] * known.v.at(c, static_cast<int64_t>(r));
      }
    }
  }
  return known;
}

// Returns basis diag(s^(2/n)) basis^T, which is the positive semidefinite n-th
// root of W W^T or of W^T W.
Dense RootOfSquare(const Known& known, const Dense& basis, int n) {
  Dense root(basis.rows, basis.rows);
  for (int64_t r = 0; r < basis.rows; ++r) {
    const double power = std::pow(known.SingularValue(r), 2.0 / n);
    for (int64_t i = 0; i < basis.rows; ++i) {
      for (int64_t c = 0; c < basis.rows; ++c) {
        root.at(i, c) += basis.at(i, r) * power * basis.at(c, r);
      }
    }
  }
  return root;
}

// Returns root^0 ... root^(n-1), computed by multiplication; root^0 is the
// identity whatever the rank.
std::vector<Dense> PowersBelow(const Dense& root, int n) {
  std::vector<Dense> powers = {Identity(root.rows)};
  while (static_cast<int>(powers.size()) < n) {
    powers.push_back(Product(powers.back(), root));
  }
  return powers;
}

// Returns the (kd x kd) matrix of G -> sum_j [W W^T]^((j-1)/N) G [W^T
// W]^((N-j)/N) on the entries of G, column by column.
Dense ExplicitMatrix(const std::vector<Dense>& left,
                     const std::vector<Dense>& right) {
  const int64_t k = left[0].rows;
  const int64_t d = right[0].rows;
  const auto n = static_cast<int>(left.size());
  Dense p(k * d, k * d);
  for (int64_t row = 0; row < k * d; ++row) {
    for (int64_t column = 0; column < k * d; ++column) {
      for (int j = 1; j <= n; ++j) {
        p.at(row, column) += left[j - 1].at(row % k, column % k) *
                             right[n - j].at(column / k, row / k);
      }
    }
  }
  return p;
}

// Returns the entries of G, column by column.
Dense Vec(const Dense& g) {
  Dense vec(g.rows * g.columns, 1);
  for (int64_t i = 0; i < g.rows; ++i) {
    for (int64_t c = 0; c < g.columns; ++c) {
      vec.at(c * g.rows + i, 0) = g.at(i, c);
    }
  }
  return vec;
}

// Returns u_r v_q^T.
Dense Eigenvector(const Known& known, int64_t r, int64_t q) {
  Dense direction(known.u.rows, known.v.rows);
  for (int64_t i = 0; i < direction.rows; ++i) {
    for (int64_t c = 0; c < direction.columns; ++c) {
      direction.at(i, c) = known.u.at(i, r) * known.v.at(c, q);
    }
  }
  return direction;
}

struct SpectrumSetting {
  int64_t k;
  int64_t d;
  std::vector<double> s;
};

// The checks of one W and one N.
class Check {
 public:
  Check(const SpectrumSetting& s, int n, const Formulas& formulas)
      : known_(MakeKnown(s.k + 10 * s.d, s.k, s.d, s.s)),
        n_(n),
        formulas_(formulas),
        left_root_(RootOfSquare(known_, known_.u, n)),
        right_root_(RootOfSquare(known_, known_.v, n)),
        matrix_(ExplicitMatrix(PowersBelow(left_root_, n),
                               PowersBelow(right_root_, n))),
        setting_(absl::StrCat(s.k, "x", s.d, " N=", n, " sigma ",
                              absl::StrJoin(s.s, ","))) {
    for (const double sigma : s.s) {
      scale_ = std::max(scale_, n * std::pow(sigma, 2 - 2.0 / n));
    }
    // The rounding error of a sum of kd products, and of the roots in them.
    rounding_ = 16 * n * static_cast<double>(s.k * s.d) * kEpsilon;
    const auto [least, most] = std::minmax_element(s.s.begin(), s.s.end());
    if (*least == 0 && *most > 0) noise_ = std::pow(8 * kEpsilon, 2.0 / n);
  }

  // Checks that the roots are roots: their n-th powers are W W^T and W^T W.
  Finding Roots() const {
    const Dense left = Product(PowersBelow(left_root_, n_).back(), left_root_);
    const Dense right =
        Product(PowersBelow(right_root_, n_).back(), right_root_);
    const Dense w_t = Transposed(known_.w);
    const double size = std::max(FrobeniusNorm(left), 1e-300);
    return {.statement = "N-th powers of the roots are W W^T and W^T W",
            .setting = setting_,
            .predicted = FrobeniusNorm(Product(known_.w, w_t)),
            .measured = FrobeniusNorm(left),
            .residual = (Distance(left, Product(known_.w, w_t)) +
                         Distance(right, Product(w_t, known_.w))) /
                        size,
            .tolerance = rounding_};
  }

  // Checks that P vec(u_r v_q^T) = e vec(u_r v_q^T) for all r and q.
  Finding Eigenvectors() const {
    double residual = 0;
    double largest_predicted = 0;
    double largest_measured = 0;
    for (int64_t r = 0; r < known_.u.rows; ++r) {
      for (int64_t q = 0; q < known_.v.rows; ++q) {
        const double e = formulas_.eigenvalue(n_, known_.SingularValue(r),
                                              known_.SingularValue(q));
        const Dense vec = Vec(Eigenvector(known_, r, q));
        const Dense image = Product(matrix_, vec);
        residual = std::max(residual, FrobeniusNorm(Sum(image, -e, vec)));
        largest_predicted = std::max(largest_predicted, e);
        largest_measured = std::max(largest_measured, InnerProduct(vec, image));
      }
    }
    return {.statement = "eigenvectors u_r v_q^T and eigenvalues",
            .setting = setting_ + ", the largest",
            .predicted = largest_predicted,
            .measured = largest_measured,
            .residual = residual / scale_,
            .tolerance = rounding_};
  }

  // Checks what the kernel computes without ever forming P. The W that it gets
  // is rounded: a singular value that should be 0 is some epsilon sigma_1, and
  // P, which is no smoother than the 2/N-th power of it, changes by that share.
  Finding Kernel() const {
    kernel::RandomStream random(7, kernel::Purpose::kTheory, 3);
    const Dense g = RandomMatrix(random, known_.w.rows, known_.w.columns);
    Dense out(g.rows, g.columns);
    kernel::Preconditioner preconditioner(formulas_.rule_order(n_), g.rows,
                                          g.columns);
    preconditioner.Apply(known_.w, g, out);
    const Dense expected = Product(matrix_, Vec(g));
    return {
        .statement = "the kernel's P(G) is P vec(G)",
        .setting = setting_,
        .predicted = FrobeniusNorm(expected),
        .measured = FrobeniusNorm(out),
        .residual = Distance(Vec(out), expected) / (scale_ * FrobeniusNorm(g)),
        .tolerance = rounding_ + noise_};
  }

 private:
  const Known known_;
  const int n_;
  const Formulas& formulas_;
  const Dense left_root_;
  const Dense right_root_;
  const Dense matrix_;
  const std::string setting_;
  double scale_ = 0;  // The largest eigenvalue.
  double rounding_ = 0;
  double noise_ = 0;  // Explained at Kernel().
};

}  // namespace

// Checks claim 1. The matrix of the preconditioner is written out from powers
// that were multiplied and not taken as powers; what is compared with it may
// differ by rounding alone. Some of the W do not have full rank, so that 0^0 =
// 1 matters.
Findings CheckPreconditioner(const Formulas& formulas) {
  Findings findings;
  for (const SpectrumSetting& s : {SpectrumSetting{3, 4, {1.5, 0.7, 0.2}},
                                   {3, 4, {1.5, 0.7, 0}},
                                   {4, 3, {2, 0, 0}},
                                   {2, 6, {1, 1}},
                                   {5, 1, {0.8}}}) {
    for (const int n : {2, 3, 5}) {
      const Check check(s, n, formulas);
      findings.push_back(check.Roots());
      findings.push_back(check.Eigenvectors());
      findings.push_back(check.Kernel());
    }
  }
  return findings;
}

}  // namespace fathom::worker::theory

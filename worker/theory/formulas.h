#ifndef FATHOM_WORKER_THEORY_FORMULAS_H_
#define FATHOM_WORKER_THEORY_FORMULAS_H_

#include <cstdint>
#include <functional>

namespace fathom::worker::theory {

// The formulas of the claims. The checks get them as an argument, so that a
// test can replace one by a wrong one and see that the checks find it out.
//
// N is the depth or order, eta the learning rate, lambda the weight decay, and
// t = eta * steps the time of gradient flow. Sections are those of Arora,
// Cohen, Hazan, ICML 2018, unless another paper is named. Each comment ends
// with the formula of the paper.
struct Formulas {
  // Section 3: rho = eta omega^2 and gamma = eta <G, w> / omega.
  std::function<double(double eta, double omega)> warm_up_rho;
  std::function<double(double eta, double omega, double along)> warm_up_gamma;
  // Theorem 1: the N in the exponents of the rule and the N in its decay eta
  // lambda N, both as functions of the depth; N.
  std::function<double(double n)> rule_order;
  std::function<double(double n)> decay_factor;
  // Lemma of Theorem 1: the part of an imbalance that is left after time t;
  // e^(-2 lambda t).
  std::function<double(double lambda, double t)> balance_left;
  // Claim 1: the eigenvalue of u_r v_q^T with singular values s and t, where
  // 0^0 = 1;
  //   sum_j s^(2 (j-1)/N) t^(2 (N-j)/N).
  std::function<double(double n, double s, double t)> eigenvalue;
  // Claim 2: the adaptive rate, |W|^(2-2/N), and how much more the gradient
  // counts along W; N - 1.
  std::function<double(double n, double norm)> adaptive_rate;
  std::function<double(double n)> stretch;
  // Theorem 2: the leading term of the integral of the rule's field along the
  // curve Gamma_{r,R} for a gradient of norm c at 0;
  // 2 (N-1)(N-2)/(3N-2) c (R^(3-2/N) - r^(3-2/N)).
  std::function<double(double n, double c, double r, double big_r)>
      line_integral;
  // Section 7: the largest rate at which an update from everywhere in (0, 1)
  // brings coordinate 1 nearer to a label 1;
  //   2 / (N max_u u^(2-2/N) (1-u)^(p-2)).
  std::function<double(double n, int p)> largest_rate;
  // The largest rank of a factor's gradient, for k outputs; k.
  std::function<int64_t(int64_t k)> gradient_rank;
  // Arora, Cohen, Hu, Luo 2019, theorem 3: the speed of a singular value, where
  // d sigma_r / dt is minus the speed times <G, u_r v_r^T>;
  //   N sigma^(2-2/N).
  std::function<double(double n, double sigma)> singular_speed;
  // Saxe, McClelland, Ganguli 2014: the size at time t of a mode of strength s
  // that starts at u, in a net of two layers that starts balanced;
  //   s e^(2st) / (e^(2st) - 1 + s/u).
  std::function<double(double s, double u, double t)> mode;
};

// Returns the formulas of the papers. They use the powers of the C library,
// because what the kernels are compared with must not be made of the kernels.
Formulas PaperFormulas();

}  // namespace fathom::worker::theory

#endif  // FATHOM_WORKER_THEORY_FORMULAS_H_

#ifndef FATHOM_WORKER_THEORY_FORMULAS_H_
#define FATHOM_WORKER_THEORY_FORMULAS_H_

#include <cstdint>
#include <functional>

namespace fathom::worker::theory {

// What the claims say, formula by formula. The checks get them as an argument,
// so that a test can put a wrong one in and see that it is found out.
//
// N is the depth or order, eta the learning rate, lambda the weight decay,
// t = eta * steps the time of gradient flow. Sections are those of Arora,
// Cohen, Hazan, ICML 2018, unless another paper is named.
struct Formulas {
  // Section 3: rho = eta omega^2 and gamma = eta <G, w> / omega.
  std::function<double(double eta, double omega)> warm_up_rho;
  std::function<double(double eta, double omega, double along)> warm_up_gamma;
  // Theorem 1: the N of the exponents, and that of the decay eta lambda N.
  std::function<double(double n)> rule_order;
  std::function<double(double n)> decay_factor;
  // Lemma of Theorem 1: what is left of an imbalance after time t;
  // e^(-2 lambda t).
  std::function<double(double lambda, double t)> balance_left;
  // Claim 1: sum_j s^(2 (j-1)/N) t^(2 (N-j)/N), of u_r v_q^T with singular
  // values s and t; 0^0 = 1.
  std::function<double(double n, double s, double t)> eigenvalue;
  // Claim 2: |W|^(2-2/N), and by how much more the gradient counts along W;
  // N - 1.
  std::function<double(double n, double norm)> adaptive_rate;
  std::function<double(double n)> stretch;
  // Theorem 2: the leading term of the integral of the rule's field along the
  // curve Gamma_{r,R} for a gradient of norm c at 0;
  // 2 (N-1)(N-2)/(3N-2) c (R^(3-2/N) - r^(3-2/N)).
  std::function<double(double n, double c, double r, double big_r)>
      line_integral;
  // Section 7: the largest rate that shrinks the distance of coordinate 1 from
  // a label 1 everywhere in (0, 1): 2 / (N max_u u^(2-2/N) (1-u)^(p-2)).
  std::function<double(double n, int p)> largest_rate;
  // Rank that a factor's gradient has at most, for k outputs; k.
  std::function<int64_t(int64_t k)> gradient_rank;
  // Arora, Cohen, Hu, Luo 2019, theorem 3: d sigma_r / dt is minus this times
  // <G, u_r v_r^T>; N sigma^(2-2/N).
  std::function<double(double n, double sigma)> singular_speed;
  // Saxe, McClelland, Ganguli 2014: a mode of strength s, from u at time 0, in
  // a net of two layers that starts balanced;
  // s e^(2st) / (e^(2st) - 1 + s/u).
  std::function<double(double s, double u, double t)> mode;
};

// Returns the formulas of the papers. Powers are the C library's: what the
// kernels are compared with is not what they are made of.
Formulas PaperFormulas();

}  // namespace fathom::worker::theory

#endif  // FATHOM_WORKER_THEORY_FORMULAS_H_

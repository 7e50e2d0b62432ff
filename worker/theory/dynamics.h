#ifndef FATHOM_WORKER_THEORY_DYNAMICS_H_
#define FATHOM_WORKER_THEORY_DYNAMICS_H_

#include <cstdint>
#include <vector>

#include "worker/kernel/models/linear_net.h"
#include "worker/kernel/models/parameterization.h"
#include "worker/theory/formulas.h"
#include "worker/theory/lp_problem.h"

// Trains the models that the claims are about, with the kernels that the engine
// uses.
namespace fathom::worker::theory {

// Gradient descent: its rate, weight decay lambda per weight, and number of
// updates.
struct Descent {
  double rate = 0;
  double decay = 0;
  int64_t steps = 0;
};

// Takes the updates of `descent` on `model` and returns W after them.
Dense Train(kernel::Parameterization& model, const LpProblem& problem,
            const Descent& descent);

// Returns W after the updates of `descent` by the end-to-end rule of depth n,
// from `start`.
Dense TrainRule(double n, const Dense& start, const LpProblem& problem,
                const Descent& descent, const Formulas& formulas);

// Returns W after the time rate * steps of the end-to-end flow
//   dW/dt = -lambda N W - P_W(dL/dW),
// computed in `steps` steps of the classic Runge-Kutta method, of order 4.
Dense IntegrateFlow(double n, const Dense& start, const LpProblem& problem,
                    const Descent& descent, const Formulas& formulas);

// Returns the widths d, width, ..., width, k of a net of depth n.
std::vector<int64_t> Widths(int n, int64_t d, int64_t width, int64_t k);

// Returns a net that starts balanced at `start`.
kernel::LinearNet BalancedNet(std::vector<int64_t> widths, const Dense& start);

// Returns the end-to-end matrix of a net.
Dense EndToEnd(kernel::LinearNet& net, int64_t k, int64_t d);

// Returns W_{j+1}^T W_{j+1} - W_j W_j^T, for 1 <= j < depth.
Dense ImbalanceOf(const kernel::LinearNet& net, int j);

// Returns a random k x d matrix of Frobenius norm `norm`.
Dense StartMatrix(uint64_t seed, int64_t k, int64_t d, double norm);

}  // namespace fathom::worker::theory

#endif  // FATHOM_WORKER_THEORY_DYNAMICS_H_

#ifndef FATHOM_WORKER_ENGINE_OBJECTIVE_H_
#define FATHOM_WORKER_ENGINE_OBJECTIVE_H_

#include "fathom/v1/sweep.pb.h"
#include "worker/data/problem.h"

namespace fathom {

// The objective of a trial in terms of what the data pass computes, the l_p
// error (1/m) sum |r|^p and the mean of r^(p-1) x:
//   loss = factor * error,  dloss/dW = gradient_scale * mean r^(p-1) x.
struct Objective {
  int p = 2;
  double factor = 0.5;
  double gradient_scale = 1;
};

// Takes a normalized, valid loss.
Objective MakeObjective(const v1::LossSpec& loss);

// Returns the l_p error of the map W = 0.
double ZeroMapError(const Problem& problem, int p);

}  // namespace fathom

#endif  // FATHOM_WORKER_ENGINE_OBJECTIVE_H_

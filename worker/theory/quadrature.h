#ifndef FATHOM_WORKER_THEORY_QUADRATURE_H_
#define FATHOM_WORKER_THEORY_QUADRATURE_H_

#include <functional>

namespace fathom::worker::theory {

// Integrates `f` from a to b by the rule of Gauss and Kronrod with 7 and 15
// points. An interval is halved, at most 20 times, until the two results differ
// by less than its share of `tolerance`. The 15 points alone are exact for
// polynomials up to degree 22.
double Integrate(const std::function<double(double)>& f, double a, double b,
                 double tolerance);

}  // namespace fathom::worker::theory

#endif  // FATHOM_WORKER_THEORY_QUADRATURE_H_

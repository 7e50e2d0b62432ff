#ifndef FATHOM_CLIENT_ANALYSIS_DISTRIBUTIONS_H_
#define FATHOM_CLIENT_ANALYSIS_DISTRIBUTIONS_H_

// The distributions that intervals are made of. Pure functions.
namespace fathom::client {

// Returns the regularized incomplete beta function I_x(a, b) for 0 <= x <= 1
// and a, b > 0, to about 1e-14, by its continued fraction (Lentz's method).
double IncompleteBeta(double x, double a, double b);

// Returns the t for which a Student variable of `freedom` >= 1 degrees lies
// between -t and t with probability `level`, to about 1e-12 of it.
double StudentQuantile(double level, double freedom);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_DISTRIBUTIONS_H_

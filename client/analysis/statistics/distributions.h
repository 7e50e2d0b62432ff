#ifndef FATHOM_CLIENT_ANALYSIS_STATISTICS_DISTRIBUTIONS_H_
#define FATHOM_CLIENT_ANALYSIS_STATISTICS_DISTRIBUTIONS_H_

// This file has the distributions that intervals are made of. Its functions are
// pure.
namespace fathom::client {

// Returns the regularized incomplete beta function I_x(a, b) for 0 <= x <= 1
// and a, b > 0. It is computed by its continued fraction (Lentz's method), to
// an error of about 1e-14.
double IncompleteBeta(double x, double a, double b);

// Returns the t for which a Student variable with `freedom` >= 1 degrees of
// freedom lies between -t and t with probability `level`, to a relative error
// of about 1e-12.
double StudentQuantile(double level, double freedom);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_STATISTICS_DISTRIBUTIONS_H_

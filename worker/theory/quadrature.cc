#include "worker/theory/quadrature.h"

#include <cmath>

namespace fathom::worker::theory {
namespace {

constexpr int kMostHalvings = 20;

// The points of the 15-point rule in (0, 1), with their weights in both rules.
// Every second one is a point of the 7-point rule as well.
struct Node {
  double x;
  double kronrod;
  double gauss;
};
constexpr Node kNodes[] = {
    {0.991455371120812639206854697526329, 0.022935322010529224963732008058970,
     0},
    {0.949107912342758524526189684047851, 0.063092092629978553290700663189204,
     0.129484966168869693270611432679082},
    {0.864864423359769072789712788640926, 0.104790010322250183839876322541518,
     0},
    {0.741531185599394439863864773280788, 0.140653259715525918745189590510238,
     0.279705391489276667901467771423780},
    {0.586087235467691130294144691693, 0.169004726639267902826583426598550, 0},
    {0.405845151377397166906606412076961, 0.190350578064785409913256402421014,
     0.381830050505118944950369775488975},
    {0.207784955007898467600689403773245, 0.204432940075298892414161999234649,
     0},
};
constexpr double kMiddleKronrod = 0.209482141084727828012999174891714;
constexpr double kMiddleGauss = 0.417959183673469387755102040816327;

// Integrates over an interval that was made by `halvings` halvings.
double Refine(const std::function<double(double)>& f, double a, double b,
              double tolerance, int halvings) {
  const double middle = (a + b) / 2;
  const double half = (b - a) / 2;
  const double at_middle = f(middle);
  double kronrod = kMiddleKronrod * at_middle;
  double gauss = kMiddleGauss * at_middle;
  for (const Node& node : kNodes) {
    const double pair = f(middle - half * node.x) + f(middle + half * node.x);
    kronrod += node.kronrod * pair;
    gauss += node.gauss * pair;
  }
  kronrod *= half;
  gauss *= half;
  if (!(std::fabs(kronrod - gauss) > tolerance) || halvings == kMostHalvings) {
    return kronrod;
  }
  return Refine(f, a, middle, tolerance / 2, halvings + 1) +
         Refine(f, middle, b, tolerance / 2, halvings + 1);
}

}  // namespace

double Integrate(const std::function<double(double)>& f, double a, double b,
                 double tolerance) {
  return Refine(f, a, b, tolerance, 0);
}

}  // namespace fathom::worker::theory

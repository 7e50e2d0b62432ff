#include "worker/kernel/vector_ops.h"

#include <cassert>
#include <cmath>

#include "worker/kernel/isa.h"

namespace fathom::worker::kernel {

const FactorKernels& ActiveFactorKernels() {
  return ForIsa(ActiveIsa(), []<Isa kIsa>() -> const FactorKernels& {
    return FactorLoops<kIsa>();
  });
}

double Dot(const double* a, const double* b, int64_t n) {
  double dot = 0;
  ActiveFactorKernels().dots({.a = a,
                              .a_stride = n,
                              .b = b,
                              .b_stride = n,
                              .out = &dot,
                              .out_stride = 1,
                              .rows = 1,
                              .length = n,
                              .columns = 1});
  return dot;
}

double Norm(const double* a, int64_t n) { return std::sqrt(Dot(a, a, n)); }

void Multiply(ConstMatrix a, ConstMatrix b, Matrix out) {
  assert(a.columns == b.rows && out.rows == a.rows && out.columns == b.columns);
  ActiveFactorKernels().chains({.a = a.data,
                                .a_row = a.stride,
                                .a_step = 1,
                                .b = b.data,
                                .b_stride = b.stride,
                                .out = out.data,
                                .out_stride = out.stride,
                                .rows = out.rows,
                                .length = b.rows,
                                .columns = out.columns});
}

void MultiplyTransposed(ConstMatrix a, ConstMatrix b, Matrix out) {
  assert(a.columns == b.columns && out.rows == a.rows && out.columns == b.rows);
  ActiveFactorKernels().dots({.a = a.data,
                              .a_stride = a.stride,
                              .b = b.data,
                              .b_stride = b.stride,
                              .out = out.data,
                              .out_stride = out.stride,
                              .rows = out.rows,
                              .length = a.columns,
                              .columns = out.columns});
}

void TransposedProductRows(ConstMatrix a, ConstMatrix b, int64_t first,
                           Matrix out) {
  assert(a.rows == b.rows && first + out.rows <= a.columns &&
         out.columns == b.columns);
  ActiveFactorKernels().chains({.a = a.data + first,
                                .a_row = 1,
                                .a_step = a.stride,
                                .b = b.data,
                                .b_stride = b.stride,
                                .out = out.data,
                                .out_stride = out.stride,
                                .rows = out.rows,
                                .length = b.rows,
                                .columns = out.columns});
}

}  // namespace fathom::worker::kernel

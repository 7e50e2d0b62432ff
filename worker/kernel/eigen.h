#ifndef FATHOM_WORKER_KERNEL_EIGEN_H_
#define FATHOM_WORKER_KERNEL_EIGEN_H_

// Eigen, set up so that the bits of its results depend on the shape and the
// numbers of a matrix alone. This is the only file that includes Eigen, for
// tests as well: the templates of Eigen are merged across the files of a
// program, so that those of another set-up could take the place of these. Eigen
// takes the compiler some seconds, so that no other header includes this one.

#ifdef EIGEN_CORE_H
#error "Eigen was included before worker/kernel/eigen.h, with its own set-up"
#endif
#ifdef __FAST_MATH__
#error "-ffast-math lets the compiler decide the bits of results"
#endif
// g++ 12 turns pairs of a difference and a sum of products into fused
// instructions (vfmaddsub), even with -ffp-contract=off.
#if defined(__AVX__) || defined(__FMA__)
#error "Eigen is compiled for the baseline alone, without -march=native, -mfma"
#endif

// With vector instructions the order of a sum would depend on the length of a
// vector, hence on the options of the compiler, and on where a matrix starts in
// memory.
#define EIGEN_DONT_VECTORIZE
// Products cut their sums into parts that fit the caches. The cache sizes are
// fixed here instead of asked of the processor, which makes them a part of the
// numerics.
#define EIGEN_NO_CPUID
#define EIGEN_DEFAULT_L1_CACHE_SIZE (32 * 1024)
#define EIGEN_DEFAULT_L2_CACHE_SIZE (256 * 1024)
#define EIGEN_DEFAULT_L3_CACHE_SIZE (2 * 1024 * 1024)
// Eigen starts no threads, because the threads of a worker are its slots.
#define EIGEN_DONT_PARALLELIZE
// The parts of Eigen that have another licence than MPL 2 are left out.
#define EIGEN_MPL2_ONLY

#include "Eigen/Cholesky"
#include "Eigen/Core"
#include "Eigen/Eigenvalues"
#include "Eigen/Jacobi"
#include "Eigen/QR"
#include "Eigen/SVD"
#include "worker/kernel/vector_ops.h"

// Debian 12 and 13 have the same version of Eigen.
static_assert(EIGEN_WORLD_VERSION == 3 && EIGEN_MAJOR_VERSION == 4 &&
                  EIGEN_MINOR_VERSION == 0,
              "results are those of Eigen 3.4.0; with another version run the "
              "test worker/kernel/eigen, and when its digests differ raise the "
              "version in numerics() of the linear engine");

namespace fathom::worker::kernel {

using RowMajorMatrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Returns a view by which Eigen reads and writes the numbers of `a`.
inline Eigen::Map<RowMajorMatrix, 0, Eigen::OuterStride<>> View(Matrix a) {
  return {a.data, a.rows, a.columns, Eigen::OuterStride<>(a.stride)};
}
inline Eigen::Map<const RowMajorMatrix, 0, Eigen::OuterStride<>> View(
    ConstMatrix a) {
  return {a.data, a.rows, a.columns, Eigen::OuterStride<>(a.stride)};
}

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_EIGEN_H_

#include "worker/kernel/singular_values.h"

#include <algorithm>
#include <limits>

#include "worker/kernel/eigen.h"

namespace fathom::worker::kernel {
namespace {

using Svd = Eigen::JacobiSVD<Eigen::MatrixXd>;

bool IsTall(ConstMatrix a) { return a.rows > a.columns; }

// Copies A to `tall`, transposed unless A has more rows than columns.
void CopyTall(ConstMatrix a, Eigen::MatrixXd& tall) {
  if (IsTall(a)) {
    tall = View(a);
  } else {
    tall = View(a).transpose();
  }
}

}  // namespace

SingularValues Decompose(ConstMatrix a) {
  Eigen::MatrixXd tall;
  CopyTall(a, tall);
  const Svd svd(tall, Eigen::ComputeThinU | Eigen::ComputeThinV);
  const Eigen::MatrixXd& left = IsTall(a) ? svd.matrixU() : svd.matrixV();
  const Eigen::MatrixXd& right = IsTall(a) ? svd.matrixV() : svd.matrixU();
  const int64_t r = svd.singularValues().size();
  SingularValues result = {r, std::vector<double>(a.rows * r),
                           std::vector<double>(r),
                           std::vector<double>(r * a.columns)};
  View(Matrix{result.u.data(), a.rows, r, r}) = left;
  View(Matrix{result.v_t.data(), r, a.columns, a.columns}) = right.transpose();
  std::copy_n(svd.singularValues().data(), r, result.s.data());
  return result;
}

struct SingularValueFinder::Solver {
  Eigen::MatrixXd tall;
  Svd svd;
};

SingularValueFinder::SingularValueFinder() = default;
SingularValueFinder::SingularValueFinder(SingularValueFinder&&) noexcept =
    default;
SingularValueFinder& SingularValueFinder::operator=(
    SingularValueFinder&&) noexcept = default;
SingularValueFinder::~SingularValueFinder() = default;

const std::vector<double>& SingularValueFinder::Find(ConstMatrix a) {
  values_.resize(std::min(a.rows, a.columns));
  if (!View(a).allFinite()) {
    std::fill(values_.begin(), values_.end(),
              std::numeric_limits<double>::quiet_NaN());
    return values_;
  }
  if (solver_ == nullptr) solver_ = std::make_unique<Solver>();
  CopyTall(a, solver_->tall);
  solver_->svd.compute(solver_->tall, 0);
  std::copy_n(solver_->svd.singularValues().data(), values_.size(),
              values_.data());
  return values_;
}

}  // namespace fathom::worker::kernel

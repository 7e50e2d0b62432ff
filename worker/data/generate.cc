#include "worker/data/generate.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "worker/kernel/portable_math.h"
#include "worker/kernel/random.h"
#include "worker/kernel/vector_ops.h"

namespace fathom {
namespace {

using kernel::Purpose;
using kernel::RandomStream;

// Rows that are rotated together, as the lanes of vector instructions.
constexpr int64_t kLanes = 8;

// A uniform rotation as d - 1 reflections (Stewart 1980): number i acts on the
// coordinates from i on, along a random direction.
std::vector<std::vector<double>> DrawReflections(uint64_t seed, int64_t d) {
  RandomStream random(seed, Purpose::kRotation);
  std::vector<std::vector<double>> reflections;
  for (int64_t i = 0; i + 1 < d; ++i) {
    std::vector<double> direction(d - i);
    for (double& entry : direction) entry = random.Normal();
    const double norm = kernel::Norm(direction.data(), d - i);
    for (double& entry : direction) entry /= norm;
    reflections.push_back(std::move(direction));
  }
  return reflections;
}

// Reflects `kLanes` rows; coordinate j of row l is x[j * kLanes + l].
void Reflect(const std::vector<double>& direction, double* x) {
  double along[kLanes] = {};
  const auto n = static_cast<int64_t>(direction.size());
  for (int64_t j = 0; j < n; ++j) {
    for (int64_t l = 0; l < kLanes; ++l) {
      along[l] += direction[j] * x[j * kLanes + l];
    }
  }
  for (double& length : along) length *= 2;
  for (int64_t j = 0; j < n; ++j) {
    for (int64_t l = 0; l < kLanes; ++l) {
      x[j * kLanes + l] -= direction[j] * along[l];
    }
  }
}

std::vector<double> GenerateFeatures(const v1::SyntheticData& spec) {
  const int64_t m = spec.rows();
  const int64_t d = spec.columns();
  std::vector<double> scale = Spectrum(spec);
  for (double& eigenvalue : scale) eigenvalue = std::sqrt(eigenvalue);
  const auto reflections = DrawReflections(spec.seed(), d);
  RandomStream random(spec.seed(), Purpose::kFeatures);
  std::vector<double> x(m * d);
  std::vector<double> rows(d * kLanes);
  for (int64_t first = 0; first < m; first += kLanes) {
    const int64_t count = std::min(kLanes, m - first);
    for (int64_t l = 0; l < count; ++l) {
      for (int64_t j = 0; j < d; ++j) {
        rows[j * kLanes + l] = scale[j] * random.Normal();
      }
    }
    for (const std::vector<double>& direction : reflections) {
      const auto start = d - static_cast<int64_t>(direction.size());
      Reflect(direction, rows.data() + start * kLanes);
    }
    for (int64_t l = 0; l < count; ++l) {
      for (int64_t j = 0; j < d; ++j) {
        x[(first + l) * d + j] = rows[j * kLanes + l];
      }
    }
  }
  return x;
}

double Deviation(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += value;
  double squares = 0;
  for (const double value : values) {
    squares += (value - sum / n) * (value - sum / n);
  }
  return std::sqrt(squares / n);
}

std::vector<double> GenerateTargets(const v1::SyntheticData& spec,
                                    const std::vector<double>& x) {
  const int64_t m = spec.rows();
  const int64_t d = spec.columns();
  const int64_t k = spec.outputs();
  std::vector<double> y(m * k);
  std::vector<double> signal(d);
  std::vector<double> label(m);
  for (int64_t o = 0; o < k; ++o) {
    const auto stream = static_cast<uint32_t>(o);
    RandomStream random(spec.seed(), Purpose::kSignal, stream);
    for (double& entry : signal) entry = random.Normal();
    const double norm = kernel::Norm(signal.data(), d);
    for (double& entry : signal) entry /= norm;
    for (int64_t i = 0; i < m; ++i) {
      label[i] = kernel::Dot(x.data() + i * d, signal.data(), d);
    }
    const double noise = spec.noise() * Deviation(label);
    RandomStream noise_random(spec.seed(), Purpose::kNoise, stream);
    for (int64_t i = 0; i < m; ++i) {
      y[i * k + o] = label[i] + noise * noise_random.Normal();
    }
  }
  return y;
}

}  // namespace

std::vector<double> Spectrum(const v1::SyntheticData& spec) {
  const int64_t d = spec.columns();
  const double top = spec.top_eigenvalue();
  const double bottom = top / spec.condition();
  const double log_condition = kernel::Log(spec.condition());
  std::vector<double> spectrum(d, top);
  for (int64_t j = 1; j < d; ++j) {
    const double part = static_cast<double>(j) / static_cast<double>(d - 1);
    spectrum[j] = spec.spectrum() == v1::SPECTRUM_SHAPE_LINEAR
                      ? top + (bottom - top) * part
                      : top * kernel::Exp(-log_condition * part);
  }
  return spectrum;
}

absl::StatusOr<Dataset> GenerateDataset(const v1::SyntheticData& spec) {
  const int64_t longest = std::max<int64_t>(spec.rows(), spec.columns());
  if (longest * (spec.columns() + spec.outputs()) > kMaxGeneratedEntries) {
    return absl::InvalidArgumentError(absl::StrCat(
        spec.rows(), " rows, ", spec.columns(), " columns and ", spec.outputs(),
        " outputs of synthetic data need more memory than is allowed"));
  }
  Dataset dataset;
  dataset.rows = spec.rows();
  dataset.columns = spec.columns();
  dataset.targets = spec.outputs();
  dataset.x = GenerateFeatures(spec);
  dataset.y = GenerateTargets(spec, dataset.x);
  return dataset;
}

}  // namespace fathom

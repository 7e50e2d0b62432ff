#include "worker/data/generate.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "worker/kernel/portable_math.h"
#include "worker/kernel/random/random.h"
#include "worker/kernel/vector_ops.h"

namespace fathom::worker {
namespace {

using kernel::Purpose;
using kernel::RandomStream;

// Says whether to go on. Once it has returned false, the result of a
// computation will not be used.
using KeepGoing = std::function<bool()>;

// The number of rows that are rotated together, as the lanes of vector
// instructions.
constexpr int64_t kLanes = 8;

// The number of reflections between two calls of keep_going.
constexpr size_t kReflectionsPerLook = 256;

// Draws a uniform rotation as d - 1 reflections (Stewart 1980). Reflection i
// acts on the coordinates from i on, along a random direction.
std::vector<std::vector<double>> DrawReflections(uint64_t seed, int64_t d,
                                                 const KeepGoing& keep_going) {
  RandomStream random(seed, Purpose::kRotation);
  std::vector<std::vector<double>> reflections;
  for (int64_t i = 0; i + 1 < d && keep_going(); ++i) {
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

// Rotates `kLanes` rows.
void Rotate(const std::vector<std::vector<double>>& reflections, double* x,
            const KeepGoing& keep_going) {
  if (reflections.empty()) return;
  const size_t d = reflections[0].size();
  for (size_t i = 0; i < reflections.size(); ++i) {
    if (i % kReflectionsPerLook == 0 && !keep_going()) return;
    Reflect(reflections[i], x + (d - reflections[i].size()) * kLanes);
  }
}

// Draws from the gamma distribution of the given shape, above 1 (Marsaglia,
// Tsang 2000).
double DrawGamma(double shape, RandomStream& random) {
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = random.Normal();
    const double root = 1 + c * x;
    const double u = random.Uniform();
    if (root <= 0 || u == 0) continue;
    const double v = root * root * root;
    if (kernel::Log(u) < 0.5 * x * x + d - d * v + d * kernel::Log(v)) {
      return d * v;
    }
  }
}

// Returns the factors of the rows, the diagonal of T; returns none where all
// are 1.
std::vector<double> DrawTails(const v1::SyntheticData& spec) {
  if (!spec.has_tail()) return {};
  const double freedom = spec.tail();
  RandomStream random(spec.seed(), Purpose::kTail);
  std::vector<double> factors(spec.rows());
  for (double& factor : factors) {
    const double chi_square = 2 * DrawGamma(freedom / 2, random);
    factor = std::sqrt((freedom - 2) / chi_square);
  }
  return factors;
}

// Returns X, row by row.
std::vector<double> GenerateFeatures(
    const v1::SyntheticData& spec,
    const std::vector<std::vector<double>>& reflections,
    const std::vector<double>& tails, const KeepGoing& keep_going) {
  const int64_t m = spec.rows();
  const int64_t d = spec.columns();
  std::vector<double> scale = Spectrum(spec);
  for (double& eigenvalue : scale) eigenvalue = std::sqrt(eigenvalue);
  RandomStream random(spec.seed(), Purpose::kFeatures);
  std::vector<double> x(m * d);
  std::vector<double> rows(d * kLanes);
  for (int64_t first = 0; first < m && keep_going(); first += kLanes) {
    const int64_t count = std::min(kLanes, m - first);
    for (int64_t l = 0; l < count; ++l) {
      for (int64_t j = 0; j < d; ++j) {
        rows[j * kLanes + l] = scale[j] * random.Normal();
        if (!tails.empty()) rows[j * kLanes + l] *= tails[first + l];
      }
    }
    Rotate(reflections, rows.data(), keep_going);
    for (int64_t l = 0; l < count; ++l) {
      for (int64_t j = 0; j < d; ++j) {
        x[(first + l) * d + j] = rows[j * kLanes + l];
      }
    }
  }
  return x;
}

// Returns the standard deviation of `values`.
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

// Turns a standard normal `signal` into a row of W*, up to its norm.
void ShapeSignal(const v1::SyntheticData& spec,
                 const std::vector<std::vector<double>>& reflections,
                 const KeepGoing& keep_going, std::vector<double>& signal) {
  // A rotated normal vector is as normal.
  if (spec.signal_decay() == 0) return;
  const std::vector<double> spectrum = Spectrum(spec);
  std::vector<double> lanes(signal.size() * kLanes);
  for (size_t j = 0; j < signal.size(); ++j) {
    lanes[j * kLanes] =
        signal[j] *
        kernel::RealPower(spectrum.back() / spectrum[j], spec.signal_decay());
  }
  Rotate(reflections, lanes.data(), keep_going);
  for (size_t j = 0; j < signal.size(); ++j) signal[j] = lanes[j * kLanes];
}

// Returns Y, row by row.
std::vector<double> GenerateTargets(
    const v1::SyntheticData& spec,
    const std::vector<std::vector<double>>& reflections,
    const std::vector<double>& tails, const std::vector<double>& x,
    const KeepGoing& keep_going) {
  const int64_t m = spec.rows();
  const int64_t d = spec.columns();
  const int64_t k = spec.outputs();
  std::vector<double> y(m * k);
  std::vector<double> signal(d);
  std::vector<double> label(m);
  for (int64_t o = 0; o < k && keep_going(); ++o) {
    const auto stream = static_cast<uint32_t>(o);
    RandomStream random(spec.seed(), Purpose::kSignal, stream);
    for (double& entry : signal) entry = random.Normal();
    ShapeSignal(spec, reflections, keep_going, signal);
    const double norm = kernel::Norm(signal.data(), d);
    for (double& entry : signal) entry /= norm;
    for (int64_t i = 0; i < m; ++i) {
      label[i] = kernel::Dot(x.data() + i * d, signal.data(), d);
    }
    const double noise = spec.noise() * Deviation(label);
    RandomStream noise_random(spec.seed(), Purpose::kNoise, stream);
    for (int64_t i = 0; i < m; ++i) {
      const double scale = tails.empty() ? noise : noise * tails[i];
      y[i * k + o] = label[i] + scale * noise_random.Normal();
    }
  }
  return y;
}

// Returns u^s / (u^s + (1-u)^s) for 0 <= u <= 1, s > 0.
double Bend(double u, double s) {
  // The ratio is that of the smaller one to the larger one, so that neither
  // becomes 0 / 0.
  const bool low = u < 0.5;
  const double ratio = kernel::RealPower(low ? u / (1 - u) : (1 - u) / u, s);
  return (low ? ratio : 1) / (1 + ratio);
}

}  // namespace

std::vector<double> Spectrum(const v1::SyntheticData& spec) {
  const double bend = spec.has_spectrum_bend() ? spec.spectrum_bend() : 1;
  const int64_t d = spec.columns();
  const double top = spec.top_eigenvalue();
  const double bottom = top / spec.condition();
  const double log_condition = kernel::Log(spec.condition());
  std::vector<double> spectrum(d, top);
  for (int64_t j = 1; j < d; ++j) {
    double part = static_cast<double>(j) / static_cast<double>(d - 1);
    if (spec.spectrum() == v1::SPECTRUM_SHAPE_LINEAR) {
      spectrum[j] = top + (bottom - top) * part;
      continue;
    }
    if (bend != 1) part = Bend(part, bend);
    spectrum[j] = top * kernel::Exp(-log_condition * part);
  }
  return spectrum;
}

absl::StatusOr<Dataset> GenerateDataset(const v1::SyntheticData& spec,
                                        const KeepGoing& keep_going) {
  if (GeneratedEntries(spec) > kMaxGeneratedEntries) {
    return absl::InvalidArgumentError(absl::StrCat(
        spec.rows(), " rows, ", spec.columns(), " columns and ", spec.outputs(),
        " outputs of synthetic data need more memory than is allowed"));
  }
  if (spec.signal_decay() > 0 && Spectrum(spec).back() == 0) {
    return absl::InvalidArgumentError(
        "signal_decay needs eigenvalues above 0; top_eigenvalue / condition is "
        "0 in doubles");
  }
  Dataset dataset;
  dataset.rows = spec.rows();
  dataset.columns = spec.columns();
  dataset.targets = spec.outputs();
  const auto reflections =
      DrawReflections(spec.seed(), dataset.columns, keep_going);
  if (!keep_going()) return absl::CancelledError("cancelled");
  const std::vector<double> tails = DrawTails(spec);
  dataset.x = GenerateFeatures(spec, reflections, tails, keep_going);
  dataset.y = GenerateTargets(spec, reflections, tails, dataset.x, keep_going);
  if (!keep_going()) return absl::CancelledError("cancelled");
  return dataset;
}

}  // namespace fathom::worker

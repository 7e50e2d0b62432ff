#include "client/verify/compare.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/view/format.h"
#include "proto/sweep/names.h"

namespace fathom::client {
namespace {

std::optional<double> Finite(double value) {
  return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
}

bool SameBits(const std::optional<double>& a, const std::optional<double>& b) {
  if (!a.has_value() || !b.has_value()) return a.has_value() == b.has_value();
  return std::bit_cast<uint64_t>(*a) == std::bit_cast<uint64_t>(*b);
}

// Returns the loss as SQLite keeps it in a column: NaN as NULL, and zero
// without its sign.
std::optional<double> Unsigned0(std::optional<double> loss) {
  if (loss.has_value() && std::isnan(*loss)) return std::nullopt;
  if (loss.has_value() && *loss == 0) return 0.0;
  return loss;
}

class Comparison {
 public:
  Comparison(const StoredTrial& stored, std::vector<Discrepancy>& differences)
      : stored_(stored), differences_(differences) {}

  void Texts(const char* what, const std::string& stored,
             const std::string& found) {
    if (stored != found) Add(what, std::nullopt, stored, found);
  }

  void Loss(const char* what, const std::optional<double>& stored,
            bool has_found, double found_value) {
    std::optional<double> found;
    if (has_found) found = found_value;
    if (stored.has_value()) ++doubles_;
    if (!SameBits(Unsigned0(stored), Unsigned0(found))) {
      Add(what, std::nullopt, ExactText(stored), ExactText(found));
    }
  }

  // Compares the curve of the metric at position `at` of `points`.
  void Curve(const std::string& metric, const v1::TrialPoints& points, int at) {
    static const std::vector<StoredPoint> kNothing;
    const auto curve = stored_.curves.find(metric);
    const std::vector<StoredPoint>& stored =
        curve == stored_.curves.end() ? kNothing : curve->second;
    doubles_ += static_cast<int64_t>(stored.size());
    size_t i = 0;
    int j = 0;
    // The steps of both curves ascend, and either curve may lack a step of the
    // other.
    while (i < stored.size() || j < points.steps_size()) {
      const bool has_found =
          j < points.steps_size() &&
          (i == stored.size() || points.steps(j) <= stored[i].step);
      const bool has_stored = i < stored.size() &&
                              (!has_found || stored[i].step <= points.steps(j));
      const int64_t step = has_stored ? stored[i].step : points.steps(j);
      const std::optional<double> found =
          has_found ? Finite(points.values(j * points.metrics_size() + at))
                    : std::nullopt;
      if (!has_stored) {
        Add(metric, step, "no point", ExactText(found));
      } else if (!has_found) {
        Add(metric, step, ExactText(stored[i].value), "no point");
      } else if (!SameBits(stored[i].value, found)) {
        Add(metric, step, ExactText(stored[i].value), ExactText(found));
      }
      i += has_stored ? 1 : 0;
      j += has_found ? 1 : 0;
    }
  }

  int64_t doubles() const { return doubles_; }

 private:
  void Add(std::string what, std::optional<int64_t> step, std::string stored,
           std::string found) {
    differences_.push_back({stored_.index, std::move(what), step,
                            std::move(stored), std::move(found)});
  }

  const StoredTrial& stored_;
  std::vector<Discrepancy>& differences_;
  int64_t doubles_ = 0;
};

}  // namespace

std::string ExactText(const std::optional<double>& number) {
  if (!number.has_value()) return "none";
  return absl::StrFormat("%.17g (%a)", *number, *number);
}

int64_t CompareTrial(const StoredTrial& stored,
                     absl::Span<const v1::TrialPoints> points,
                     const v1::TrialResult& result,
                     std::vector<Discrepancy>& differences) {
  Comparison comparison(stored, differences);
  comparison.Texts("state", stored.state, StateName(result.outcome()));
  comparison.Texts("steps", absl::StrCat(stored.steps),
                   absl::StrCat(result.steps()));
  comparison.Texts("best_step", absl::StrCat(stored.best_step),
                   absl::StrCat(result.best_step()));
  comparison.Loss("final_loss", stored.final_loss, result.has_final_loss(),
                  result.final_loss());
  comparison.Loss("best_loss", stored.best_loss, result.has_best_loss(),
                  result.best_loss());
  std::vector<std::string> metrics;
  for (const v1::TrialPoints& chunk : points) {
    for (int at = 0; at < chunk.metrics_size(); ++at) {
      metrics.push_back(MetricName(static_cast<v1::Metric>(chunk.metrics(at))));
      comparison.Curve(metrics.back(), chunk, at);
    }
  }
  for (const auto& [metric, curve] : stored.curves) {
    if (std::find(metrics.begin(), metrics.end(), metric) != metrics.end()) {
      continue;
    }
    comparison.Texts(metric.c_str(), absl::StrCat(curve.size(), " points"),
                     "no such metric");
  }
  return comparison.doubles();
}

}  // namespace fathom::client

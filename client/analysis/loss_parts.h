#ifndef FATHOM_CLIENT_ANALYSIS_LOSS_PARTS_H_
#define FATHOM_CLIENT_ANALYSIS_LOSS_PARTS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "client/analysis/curves.h"
#include "client/analysis/summary.h"
#include "client/analysis/trial_curve.h"
#include "fathom/v1/sweep.pb.h"

// What a conv_net descends on is the loss of its batch plus a regularizer,
// which decays whatever is learned. This file says how much of a difference
// between two groups each of them is (docs/statistics.md, section 9).
namespace fathom::client {

// A mean over repetitions, and its standard error where there are several.
struct Estimate {
  double mean = 0;
  std::optional<double> error = {};
};

// One metric of the shown trials of a group.
struct LossPart {
  // Where all of them ended; unset where one of them has no value there.
  std::optional<Estimate> end = {};
  CurveSet curves = {};
  Curve curve = {};  // The mean of `curves`.
};

// How the batch loss of a group differs from that of the reference at the end:
// `data` and `regularizer` add up to `total` but for rounding. All three are
// those of the reference minus those of the group.
struct LossDifference {
  size_t reference = 0;  // Rows of the summary.
  size_t row = 0;
  Estimate total = {};
  Estimate data = {};
  Estimate regularizer = {};
};

// What the batch loss is made of. Without metrics there is nothing else.
struct LossParts {
  std::vector<v1::Metric> metrics = {};  // See LossPartMetrics.
  // By row of the summary and metric.
  std::vector<std::vector<LossPart>> rows = {};
  std::vector<LossDifference> differences = {};
};

// Returns the metrics that are looked at: batch_loss, batch_data_loss and
// regularizer, and then those errors on held-out rows that are recorded. None
// where no trial of `spec` has a regularizer, or where one of the first three
// is not recorded.
std::vector<v1::Metric> LossPartMetrics(const v1::SweepSpec& spec);

// Collects the parts from the curves of the trials that `summary` shows.
//
// Not thread-safe.
class LossPartsFinder {
 public:
  explicit LossPartsFinder(std::vector<v1::Metric> metrics)
      : metrics_(std::move(metrics)) {}

  const std::vector<v1::Metric>& metrics() const { return metrics_; }

  // Takes the curve that a trial has of metrics()[metric].
  void Add(size_t metric, const TrialCurve& curve);

  // Returns the parts. `families` are rows that are compared with the first one
  // of their family. To be called once.
  LossParts Result(const SweepSummary& summary,
                   const std::vector<std::vector<size_t>>& families);

 private:
  // The last point of a curve.
  struct End {
    bool finished = false;
    int64_t step = 0;
    double value = 0;
  };

  LossPart PartOf(const SummaryRow& row, size_t metric) const;
  std::optional<LossDifference> Compare(const LossParts& parts,
                                        size_t reference, size_t row) const;

  std::vector<v1::Metric> metrics_;
  // By metric and trial.
  std::map<std::pair<size_t, int64_t>, std::vector<Observation>> points_;
  std::map<std::pair<size_t, int64_t>, End> ends_;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_LOSS_PARTS_H_

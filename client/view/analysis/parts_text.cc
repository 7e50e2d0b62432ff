#include "client/view/analysis/parts_text.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/table.h"
#include "proto/sweep/field_values.h"
#include "proto/sweep/names.h"

namespace fathom::client {
namespace {

constexpr size_t kMostRows = 12;  // Of the summary; each is several lines.
constexpr size_t kMostDifferences = 24;
constexpr int kCurveWidth = 16;

// Whether all trials descend on cross-entropy, so that the loss without the
// regularizer may be called that.
bool IsCrossEntropy(const v1::SweepSpec& spec) {
  const FieldValues kinds = ValuesOf(spec, "loss.kind");
  return kinds.texts.size() == 1 && kinds.Has("cross_entropy");
}

// The values that a picture of a metric spans, in logarithms.
struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
};

Range RangeOf(const LossParts& parts, size_t metric) {
  Range range;
  for (const std::vector<LossPart>& row : parts.rows) {
    for (const double value : row[metric].curve.values) {
      if (!(value > 0)) continue;
      range.low = std::min(range.low, std::log(value));
      range.high = std::max(range.high, std::log(value));
    }
  }
  return range;
}

// Returns a picture of a curve in one line, both axes being logarithmic. What
// is not above 0 lies at the bottom.
std::string SmallPicture(const Curve& curve, const Range& range) {
  static constexpr const char* kLevels[] = {"▁", "▂", "▃", "▄",
                                            "▅", "▆", "▇", "█"};
  if (curve.steps.empty()) return "";
  const double last = std::log1p(static_cast<double>(curve.steps.back()));
  std::string text;
  size_t at = 0;
  for (int column = 0; column < kCurveWidth; ++column) {
    const double place = last * (column + 1) / kCurveWidth;
    while (at + 1 < curve.steps.size() &&
           std::log1p(static_cast<double>(curve.steps[at + 1])) <=
               place * (1 + 1e-12)) {
      ++at;
    }
    const double value = curve.values[at];
    double height = 0;
    if (value > 0 && range.high > range.low) {
      height = (std::log(value) - range.low) / (range.high - range.low);
    }
    text += kLevels[std::clamp(static_cast<int>(height * 8), 0, 7)];
  }
  return text;
}

std::string EstimateText(const Estimate& estimate) {
  return absl::StrCat(
      MeasureText(estimate.mean),
      estimate.error.has_value()
          ? absl::StrCat(" ", StandardErrorText(estimate.mean, *estimate.error))
          : "");
}

Table PartsTable(const SweepAnalysis& analysis) {
  const LossParts& parts = analysis.parts;
  bool curves = false;
  for (const std::vector<LossPart>& row : parts.rows) {
    for (const LossPart& part : row) curves |= part.curve.steps.size() > 2;
  }
  Table table{.header = {"at the end"}, .right = {false}, .rows = {}};
  for (const std::string& axis : analysis.summary.by) {
    table.header.push_back(axis);
    table.right.push_back(true);
  }
  table.keys = table.header.size();
  if (curves) {
    table.header.insert(table.header.end(), {"curve", "from", "to"});
    table.right.insert(table.right.end(), {false, true, true});
  } else {
    table.header.emplace_back("value");
    table.right.push_back(true);
  }
  for (size_t m = 0; m < parts.metrics.size(); ++m) {
    const Range range = RangeOf(parts, m);
    for (size_t r = 0; r < parts.rows.size(); ++r) {
      const LossPart& part = parts.rows[r][m];
      std::vector<std::string>& cells = table.rows.emplace_back();
      cells.push_back(MetricName(parts.metrics[m]));
      for (const v1::Value& value : analysis.summary.rows[r].group) {
        cells.push_back(SettingText(value));
      }
      if (curves) {
        cells.push_back(SmallPicture(part.curve, range));
        cells.push_back(part.curve.values.empty()
                            ? "-"
                            : MeasureText(part.curve.values.front()));
      }
      cells.push_back(part.end.has_value() ? EstimateText(*part.end) : "-");
    }
  }
  return table;
}

// Returns a part of a difference, with as many decimals as all of it has.
std::string ShareText(const Estimate& share, double sign, int decimals) {
  std::string text = absl::StrFormat("%.*f", decimals, sign * share.mean);
  if (share.error.has_value()) {
    absl::StrAppend(&text, " ±",
                    absl::StrFormat("%.*f", decimals, *share.error));
  }
  return text;
}

// Returns how two groups are told apart: the axes in which both agree, and the
// values of the others in each.
struct Names {
  std::string both;
  std::string reference;
  std::string row;
};

Names NamesOf(const LossDifference& difference, const SweepSummary& summary) {
  const std::vector<v1::Value>& a = summary.rows[difference.reference].group;
  const std::vector<v1::Value>& b = summary.rows[difference.row].group;
  std::vector<std::string> both, reference, row;
  for (size_t i = 0; i < summary.by.size(); ++i) {
    const std::string axis = AxisLabel(summary.by[i]);
    if (SettingText(a[i]) == SettingText(b[i])) {
      both.push_back(absl::StrCat(axis, " ", SettingText(a[i])));
    } else {
      reference.push_back(absl::StrCat(axis, " ", SettingText(a[i])));
      row.push_back(absl::StrCat(axis, " ", SettingText(b[i])));
    }
  }
  return {absl::StrJoin(both, ", "), absl::StrJoin(reference, ", "),
          absl::StrJoin(row, ", ")};
}

// Returns the sentence about one difference: "regularizer.on product: batch
// loss 1.747 at depth 1 against 0.2560 at depth 2; of the difference of 1.49,
// 1.51 is the regularizer and -0.02 is cross-entropy".
std::string DifferenceLine(const LossDifference& difference,
                           const SweepAnalysis& analysis,
                           const char* data_name) {
  const Names names = NamesOf(difference, analysis.summary);
  const double sign = difference.total.mean < 0 ? -1 : 1;
  const double size =
      std::max({std::abs(difference.total.mean), std::abs(difference.data.mean),
                std::abs(difference.regularizer.mean)});
  const int decimals =
      size > 0 ? std::clamp(2 - static_cast<int>(std::floor(std::log10(size))),
                            0, 12)
               : 2;
  const auto end = [&](size_t row) {
    return EstimateText(*analysis.parts.rows[row][0].end);
  };
  return absl::StrCat(
      names.both, names.both.empty() ? "" : ": ", "batch loss ",
      end(difference.reference), " at ", names.reference, " against ",
      end(difference.row), " at ", names.row, "; of the difference of ",
      ShareText(difference.total, sign, decimals), ", ",
      ShareText(difference.regularizer, sign, decimals),
      " is the regularizer and ", ShareText(difference.data, sign, decimals),
      " is ", data_name, "\n");
}

nlohmann::ordered_json EstimateJson(const Estimate& estimate) {
  return {{"mean", estimate.mean},
          {"standard_error", NumberOrNull(estimate.error)}};
}

}  // namespace

std::string PartsText(const v1::SweepSpec& spec, const SweepAnalysis& analysis,
                      int width) {
  const LossParts& parts = analysis.parts;
  if (parts.metrics.empty() || parts.rows.empty()) return "";
  std::string text = parts.rows.size() > kMostRows
                         ? ""
                         : RenderTable(PartsTable(analysis), width);
  const char* const data_name =
      IsCrossEntropy(spec) ? "cross-entropy" : "the loss without it";
  for (size_t i = 0; i < parts.differences.size(); ++i) {
    if (i == kMostDifferences) {
      absl::StrAppend(&text, "... and ", parts.differences.size() - i,
                      " more; --json has them all\n");
      break;
    }
    text += DifferenceLine(parts.differences[i], analysis, data_name);
  }
  if (!parts.differences.empty()) {
    absl::StrAppend(&text,
                    "The regularizer decays whatever is learned "
                    "(docs/science.md): learning is the other part.\n");
  }
  return text;
}

nlohmann::ordered_json PartsJson(const SweepAnalysis& analysis) {
  const LossParts& parts = analysis.parts;
  const SweepSummary& summary = analysis.summary;
  const auto group = [&](size_t row) {
    nlohmann::ordered_json by = nlohmann::ordered_json::object();
    for (size_t i = 0; i < summary.by.size(); ++i) {
      by[summary.by[i]] = ToJson(summary.rows[row].group[i]);
    }
    return by;
  };
  nlohmann::ordered_json metrics = nlohmann::ordered_json::array();
  for (const v1::Metric metric : parts.metrics) {
    metrics.push_back(MetricName(metric));
  }
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (size_t r = 0; r < parts.rows.size(); ++r) {
    nlohmann::ordered_json ends = nlohmann::ordered_json::object();
    for (size_t m = 0; m < parts.metrics.size(); ++m) {
      const std::optional<Estimate>& end = parts.rows[r][m].end;
      ends[MetricName(parts.metrics[m])] =
          end.has_value() ? EstimateJson(*end) : nullptr;
    }
    rows.push_back({{"by", group(r)}, {"ends", ends}});
  }
  nlohmann::ordered_json differences = nlohmann::ordered_json::array();
  for (const LossDifference& difference : parts.differences) {
    differences.push_back(
        {{"reference", group(difference.reference)},
         {"group", group(difference.row)},
         {"batch_loss", EstimateJson(difference.total)},
         {"batch_data_loss", EstimateJson(difference.data)},
         {"regularizer", EstimateJson(difference.regularizer)}});
  }
  return {{"metrics", metrics}, {"rows", rows}, {"differences", differences}};
}

}  // namespace fathom::client

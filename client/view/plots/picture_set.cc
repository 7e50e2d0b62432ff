#include "client/view/plots/picture_set.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/view/plots/easel.h"
#include "client/view/plots/heat_script.h"
#include "client/view/plots/plot_script.h"
#include "proto/shared/sha256.h"
#include "proto/sweep/names.h"

namespace fathom::client {
namespace {

// Trials that follow one another.
using Ranges = std::vector<std::pair<int64_t, int64_t>>;

// More ranges would make a query that nobody runs. A picture of more trials
// names the sweep, the metric and the conditions.
constexpr size_t kMostRanges = 2000;

Ranges RangesOf(const std::vector<int64_t>& trials) {
  Ranges ranges;
  for (const int64_t trial : trials) {
    if (ranges.empty() || trial > ranges.back().second + 1) {
      ranges.emplace_back(trial, trial);
    }
    ranges.back().second = std::max(ranges.back().second, trial);
  }
  return ranges;
}

std::string PointsQuery(const PictureSource& source, const Ranges& ranges) {
  std::vector<std::string> conditions;
  for (const auto& [first, last] : ranges) {
    conditions.push_back(
        first == last ? absl::StrCat("trial = ", first)
                      : absl::StrCat("trial BETWEEN ", first, " AND ", last));
  }
  const bool all = conditions.empty() || conditions.size() > kMostRanges;
  return absl::StrCat(
      "SELECT trial, step, value FROM metric_points WHERE sweep = ",
      source.sweep, " AND metric = '", source.metric, "'",
      all ? "" : absl::StrCat(" AND (", absl::StrJoin(conditions, " OR "), ")"),
      " ORDER BY trial, step");
}

nlohmann::ordered_json SourceJson(const PictureSource& source) {
  const Ranges ranges = RangesOf(source.trials);
  std::vector<std::string> trials;
  for (const auto& [first, last] : ranges) {
    if (trials.size() == kMostRanges) {
      trials.push_back("...");
      break;
    }
    trials.push_back(first == last ? absl::StrCat(first)
                                   : absl::StrCat(first, "-", last));
  }
  return {{"sweep", source.sweep},
          {"name", source.name},
          {"fingerprint", source.fingerprint},
          {"trials", absl::StrJoin(trials, ",")},
          {"metric", source.metric},
          {"numerics", source.numerics},
          {"query", PointsQuery(source, ranges)}};
}

}  // namespace

PictureSource SourceOf(const v1::Sweep& sweep, v1::Metric metric,
                       std::vector<int64_t> trials) {
  absl::c_sort(trials);
  return {.sweep = sweep.sweep_id(),
          .name = sweep.spec().name(),
          .fingerprint = sweep.fingerprint(),
          .numerics = {sweep.numerics().begin(), sweep.numerics().end()},
          .metric = MetricName(metric),
          .trials = std::move(trials)};
}

std::string ScriptOf(const Drawing& drawing, PictureFormat format) {
  if (const Plot* const plot = std::get_if<Plot>(&drawing.what)) {
    return PlotScript(*plot, format, Easel::kOutput);
  }
  if (const Heat* const heat = std::get_if<Heat>(&drawing.what)) {
    return HeatScript(*heat, format, Easel::kOutput);
  }
  return std::get<Drawing::Scripts>(drawing.what).at(format);
}

// The script says everything that is drawn. It is that of an svg for all
// formats, so that they have the same digest.
std::string DigestOf(const Drawing& drawing) {
  return Sha256Hex(ScriptOf(drawing, PictureFormat::kSvg));
}

std::string OriginText(const PictureSet& set, const Drawing& drawing,
                       const std::string& picture,
                       const nlohmann::ordered_json& origin) {
  nlohmann::ordered_json json = {{"picture", drawing.kind}};
  json.update(SourceJson(set.sources.front()));
  if (set.sources.size() > 1) {
    json["compared_with"] = SourceJson(set.sources[1]);
  }
  json["drawn_sha256"] = DigestOf(drawing);
  json["picture_sha256"] = Sha256Hex(picture);
  json.update(origin);
  return json.dump(-1, ' ', /*ensure_ascii=*/true,
                   nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace fathom::client

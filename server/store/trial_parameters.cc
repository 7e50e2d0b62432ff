#include "server/store/trial_parameters.h"

#include <utility>

#include "proto/shared/status.h"
#include "proto/sweep/facts/losses.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/values.h"
#include "server/store/json_text.h"

namespace fathom::server {
namespace {

// The largest number of values of an axis that is rendered in advance.
constexpr int64_t kMostRendered = 4096;

// Sets the column that the parameter has, if it has one of its own.
void SetColumn(const Space::Parameter& parameter, TrialColumns* columns) {
  const std::string& path = parameter.path;
  const v1::Value& value = parameter.value;
  if (path == "model.depth") {
    columns->depth = value.integer();
  } else if (path == "loss.lp") {
    columns->lp = value.number();
  } else if (path == "loss.kind" &&
             !LossUsesField(LossNamed(value.text()), "loss.lp")) {
    columns->lp = 0;
  } else if (path == "optimizer.learning_rate") {
    columns->learning_rate = value.number();
  } else if (path == "seed") {
    columns->seed = value.integer();
  } else if (path == "model.hidden_width") {
    columns->hidden_width = value.integer();
  }
}

}  // namespace

absl::StatusOr<TrialParameters> TrialParameters::Create(
    const v1::SweepSpec& spec) {
  ASSIGN_OR_RETURN(Space space, Space::FromStored(spec));
  const v1::TrialSpec& trial = spec.trial();
  TrialColumns base;
  base.depth = trial.model().depth();
  base.lp = trial.loss().lp();
  base.learning_rate = trial.optimizer().learning_rate();
  base.seed = static_cast<int64_t>(trial.seed());
  if (trial.model().hidden_widths().empty()) {
    base.hidden_width = trial.model().hidden_width();
  }
  TrialParameters parameters(std::move(space), std::move(base));
  for (int g = 0; g < spec.axes_size(); ++g) parameters.RenderGroup(spec, g);
  return parameters;
}

// Gets the values of the group from trials that differ only in their position
// on this group.
void TrialParameters::RenderGroup(const v1::SweepSpec& spec, int group) {
  std::vector<int64_t> positions(spec.axes_size(), 0);
  const size_t first = axes_.size();
  const size_t count = spec.axes(group).axes_size();
  axes_.resize(first + count,
               {.group = static_cast<size_t>(group), .values = {}});
  const int64_t length = AxisLength(spec.axes(group).axes(0));
  for (int64_t i = 0; length <= kMostRendered && i < length; ++i) {
    positions[group] = i;
    auto parameters = space_.ParametersAt(space_.IndexOf(positions));
    for (size_t a = first; a < first + count; ++a) {
      axes_[a].values.push_back(Render(std::move(parameters[a])));
    }
  }
}

// Numbers are rendered as people write them, so that a query can say
// `parameters->>'std' = 0.01`.
TrialParameters::Rendered TrialParameters::Render(Space::Parameter parameter) {
  Rendered rendered{.parameter = std::move(parameter), .json = {}};
  AppendJsonString(rendered.parameter.name, &rendered.json);
  rendered.json.push_back(':');
  const v1::Value& value = rendered.parameter.value;
  if (value.has_text()) {
    AppendJsonString(value.text(), &rendered.json);
  } else {
    rendered.json.append(ValueText(value));
  }
  return rendered;
}

TrialColumns TrialParameters::At(int64_t index) const {
  TrialColumns columns = base_;
  const std::vector<int64_t> positions = space_.PositionsAt(index);
  // Filled only if some axis was not rendered.
  std::vector<Space::Parameter> all;
  columns.parameters.assign(1, '{');
  for (size_t a = 0; a < axes_.size(); ++a) {
    const RenderedAxis& axis = axes_[a];
    Rendered computed;
    const Rendered* rendered = &computed;
    if (axis.values.empty()) {
      if (all.empty()) all = space_.ParametersAt(index);
      computed = Render(all[a]);
    } else {
      rendered = &axis.values[positions[axis.group]];
    }
    SetColumn(rendered->parameter, &columns);
    if (a > 0) columns.parameters.push_back(',');
    columns.parameters.append(rendered->json);
  }
  columns.parameters.push_back('}');
  return columns;
}

}  // namespace fathom::server

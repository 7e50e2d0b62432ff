#include "client/commands/question.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/view/format.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/names.h"

namespace fathom::client {

absl::StatusOr<v1::Sweep> FindSweepFor(const AnalysisQuestion& question,
                                       const QuestionOptions& options,
                                       const std::string& name,
                                       Connection& connection) {
  ASSIGN_OR_RETURN(v1::Sweep sweep, FindSweep(connection, name));
  RETURN_IF_ERROR(AskInPlaceOfPlan(question, options, sweep.mutable_spec()));
  return sweep;
}

absl::StatusOr<v1::Metric> ReadMetric(const char* option,
                                      const std::string& name) {
  std::vector<std::string> names;
  const auto& type = *v1::Metric_descriptor();
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() == v1::METRIC_UNSPECIFIED) continue;
    names.push_back(EnumText(*type.value(i)));
    if (names.back() == name) {
      return static_cast<v1::Metric>(type.value(i)->number());
    }
  }
  const std::string near = NearestName(name, names);
  return absl::InvalidArgumentError(absl::StrCat(
      option, ": there is no metric \"", Printable(name), "\"; ",
      near.empty()
          ? absl::StrCat("expected one of ", absl::StrJoin(names, ", "))
          : absl::StrCat("did you mean ", near, "?")));
}

CLI::Option* AddAxes(CLI::App* command, const char* name, const char* help,
                     std::vector<std::string>* axes) {
  return command->add_option(name, *axes, help)
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("AXIS,...");
}

}  // namespace fathom::client

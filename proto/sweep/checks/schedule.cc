#include "proto/sweep/checks/schedule.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "proto/sweep/facts/schedules.h"
#include "proto/sweep/field_values.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/limits.h"

namespace fathom {
namespace {

class ScheduleChecker {
 public:
  ScheduleChecker(const v1::SweepSpec& spec,
                  const absl::flat_hash_set<std::string>& varied,
                  std::vector<Violation>* violations)
      : trial_(spec.trial()),
        varied_(varied),
        shapes_(ValuesOf(spec, "optimizer.schedule.name")),
        violations_(*violations) {
    if (!MayHave("optimizer.schedule.name")) shapes_.texts = {"constant"};
  }

  void Check() {
    for (const std::string& path : AxisFields()) {
      if (IsShapeField(path)) CheckField(path);
    }
    constexpr absl::string_view kOrder = "optimizer.batch_order";
    if (MayHave(kOrder) && !MayHave("optimizer.batch_size")) {
      Add(kOrder, "batch_order without batch_size",
          "a batch_size, or no batch_order");
    }
  }

 private:
  void Add(absl::string_view path, std::string found, std::string expected) {
    violations_.push_back(
        {absl::StrCat("trial.", path), std::move(found), std::move(expected)});
  }

  bool MayHave(absl::string_view path) const {
    return HasField(trial_, path) || varied_.contains(std::string(path));
  }

  void CheckField(const std::string& path) {
    std::vector<std::string> others;  // Shapes of this sweep without the field.
    std::vector<std::string> users;   // All shapes with it.
    bool used = false;
    for (const ScheduleFacts& facts : Schedules()) {
      const std::string name = ScheduleText(facts.name);
      const bool here = shapes_.Has(name);
      if (absl::c_linear_search(facts.fields, path)) {
        users.push_back(name);
        used = used || here;
      } else if (here) {
        others.push_back(name);
      }
    }
    const std::string field(LastPart(path));
    if (used && path == "optimizer.schedule.decay" && !MayHave(path)) {
      Add(path, absl::StrCat("no ", field), "a number above 0 and at most 1");
    }
    // A value that only some trials use would be varied without a meaning for
    // the others; one that none uses has no meaning at all.
    const bool in_vain = used ? varied_.contains(path) : MayHave(path);
    if (others.empty() || !in_vain) return;
    Add(path,
        absl::StrCat(field, " with a schedule that is ",
                     absl::StrJoin(others, ", ")),
        absl::StrCat("no ", field, ", or schedule: {name: ",
                     absl::StrJoin(users, " or "), "}"));
  }

  const v1::TrialSpec& trial_;
  const absl::flat_hash_set<std::string>& varied_;
  FieldValues shapes_;
  std::vector<Violation>& violations_;
};

}  // namespace

void CheckSchedule(const v1::SweepSpec& spec,
                   const absl::flat_hash_set<std::string>& varied,
                   std::vector<Violation>* violations) {
  ScheduleChecker(spec, varied, violations).Check();
}

}  // namespace fathom

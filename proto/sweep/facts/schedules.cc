#include "proto/sweep/facts/schedules.h"

#include "absl/algorithm/container.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "proto/sweep/fields.h"

namespace fathom {
namespace {

constexpr const char* kDecayFields[] = {"optimizer.schedule.decay",
                                        "optimizer.schedule.every"};
constexpr const char* kCosineFields[] = {"optimizer.schedule.floor"};

// A row per value of the enum, in its order.
constexpr ScheduleFacts kSchedules[] = {
    {v1::SCHEDULE_NAME_CONSTANT, {}},
    {v1::SCHEDULE_NAME_EXPONENTIAL, kDecayFields},
    {v1::SCHEDULE_NAME_STEP, kDecayFields},
    {v1::SCHEDULE_NAME_COSINE, kCosineFields},
};

// Every value but the unspecified one has a row, and only one.
constexpr bool EveryScheduleHasARow() {
  int number = 0;
  for (const ScheduleFacts& facts : kSchedules) {
    if (static_cast<int>(facts.name) != ++number) return false;
  }
  return number == static_cast<int>(v1::ScheduleName_MAX);
}
static_assert(EveryScheduleHasARow());

}  // namespace

absl::Span<const ScheduleFacts> Schedules() { return kSchedules; }

std::string ScheduleText(v1::ScheduleName name) {
  const auto* const value =
      v1::ScheduleName_descriptor()->FindValueByNumber(name);
  return value == nullptr ? "" : EnumText(*value);
}

bool IsShapeField(absl::string_view path) {
  return absl::c_any_of(kSchedules, [path](const ScheduleFacts& facts) {
    return absl::c_linear_search(facts.fields, path);
  });
}

}  // namespace fathom

#include "proto/sweep/facts/losses.h"

#include <iterator>

#include "absl/algorithm/container.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "proto/sweep/fields.h"

namespace fathom {
namespace {

constexpr const char* kLpFields[] = {"loss.lp", "loss.factor"};

constexpr LossFacts kLosses[] = {
    {.kind = v1::LOSS_KIND_LP, .fields = kLpFields, .entries = true},
    {.kind = v1::LOSS_KIND_CROSS_ENTROPY, .labels = true},
};

// Row i belongs to the kind of number i + 1. The assertion below makes a loss
// without a row an error of compilation.
constexpr bool HasEveryLoss() {
  for (int i = 0; i < static_cast<int>(std::size(kLosses)); ++i) {
    if (kLosses[i].kind != i + 1) return false;
  }
  return std::size(kLosses) == v1::LossKind_MAX;
}
static_assert(HasEveryLoss());

bool Uses(const LossFacts& facts, absl::string_view path) {
  return absl::c_linear_search(facts.fields, path);
}

}  // namespace

absl::Span<const LossFacts> Losses() { return kLosses; }

const LossFacts* FindLoss(v1::LossKind kind) {
  if (kind == v1::LOSS_KIND_UNSPECIFIED) kind = v1::LOSS_KIND_LP;
  return kind >= 1 && kind <= v1::LossKind_MAX ? &kLosses[kind - 1] : nullptr;
}

bool LossUsesField(v1::LossKind kind, absl::string_view path) {
  const LossFacts* facts = FindLoss(kind);
  return facts != nullptr && Uses(*facts, path);
}

bool IsLossField(absl::string_view path) {
  return absl::c_any_of(
      kLosses, [&](const LossFacts& facts) { return Uses(facts, path); });
}

std::string LossName(v1::LossKind kind) {
  const LossFacts* facts = FindLoss(kind);
  if (facts == nullptr) return "";
  return EnumText(*v1::LossKind_descriptor()->FindValueByNumber(facts->kind));
}

v1::LossKind LossNamed(absl::string_view name) {
  for (const LossFacts& facts : kLosses) {
    if (name == LossName(facts.kind)) return facts.kind;
  }
  return v1::LOSS_KIND_UNSPECIFIED;
}

void ClearUnusedLossFields(v1::TrialSpec* trial) {
  const LossFacts* own = FindLoss(trial->loss().kind());
  if (own == nullptr) return;
  for (const LossFacts& facts : kLosses) {
    for (const char* path : facts.fields) {
      if (!Uses(*own, path)) ClearField(path, trial);
    }
  }
}

v1::LossSpec CanonicalLoss(const v1::LossSpec& loss) {
  const LossFacts* facts = FindLoss(loss.kind());
  if (facts == nullptr) return loss;
  v1::TrialSpec trial;
  *trial.mutable_loss() = loss;
  ClearUnusedLossFields(&trial);
  trial.mutable_loss()->set_kind(facts->kind);
  return trial.loss();
}

double ResidualPower(const v1::LossSpec& loss) {
  return LossUsesField(loss.kind(), "loss.lp") ? loss.lp() : 1.0;
}

}  // namespace fathom

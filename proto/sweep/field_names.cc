#include "proto/sweep/field_names.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/datasets.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/printable.h"

namespace fathom {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// This table is never edited. Where a name is not the shortest unique end of
// its path, that end would name the field badly: "name" says little, while an
// axis over "optimizer" is clear. People may still write the end, because specs
// of the first release do.
constexpr FrozenName kFrozenNames[] = {
    {"data.synthetic.rows", "rows"},
    {"data.synthetic.columns", "columns"},
    {"data.synthetic.outputs", "outputs"},
    {"data.synthetic.spectrum", "spectrum"},
    {"data.synthetic.condition", "condition"},
    {"data.synthetic.top_eigenvalue", "top_eigenvalue"},
    {"data.synthetic.noise", "noise"},
    {"data.synthetic.seed", "synthetic.seed"},
    {"data.synthetic.spectrum_bend", "spectrum_bend"},
    {"data.synthetic.signal_decay", "signal_decay"},
    {"data.synthetic.tail", "tail"},
    {"data.standardize", "standardize"},
    {"data.one_hot", "one_hot"},
    {"data.standardize_targets", "standardize_targets"},
    {"data.target_class", "target_class"},
    {"data.completion.matrix_rows", "matrix_rows"},
    {"data.completion.matrix_columns", "matrix_columns"},
    {"data.completion.rank", "rank"},
    {"data.completion.observed", "observed"},
    {"data.completion.frobenius_norm", "frobenius_norm"},
    {"data.completion.seed", "completion.seed"},
    {"loss.lp", "lp"},
    {"loss.factor", "factor"},
    {"loss.kind", "kind"},
    {"model.family", "family"},
    {"model.depth", "depth"},
    {"model.hidden_width", "hidden_width"},
    {"model.init.scheme", "scheme"},
    {"model.init.std", "std"},
    {"model.init.norm", "norm"},
    {"model.init.margin", "margin"},
    {"model.order", "order"},
    {"optimizer.name", "optimizer"},
    {"optimizer.learning_rate", "learning_rate"},
    {"optimizer.weight_decay", "weight_decay"},
    {"optimizer.momentum", "momentum"},
    {"optimizer.beta1", "beta1"},
    {"optimizer.beta2", "beta2"},
    {"optimizer.rho", "rho"},
    {"optimizer.epsilon", "epsilon"},
    {"optimizer.initial_accumulator", "initial_accumulator"},
    {"optimizer.batch_size", "batch_size"},
    {"optimizer.batch_seed", "batch_seed"},
    {"steps", "steps"},
    {"seed", "seed"},
    {"record.points", "points"},
    {"record.spacing", "spacing"},
    {"stop.loss_below", "loss_below"},
    {"stop.diverge_factor", "diverge_factor"},
    {"precision", "precision"},
    {"regularizer.on", "regularizer.on"},
    {"regularizer.l2", "l2"},
    {"optimizer.batch_order", "batch_order"},
    {"optimizer.schedule.decay", "schedule.decay"},
    {"optimizer.schedule.every", "schedule.every"},
    {"optimizer.schedule.floor", "schedule.floor"},
    {"optimizer.schedule.warm_up", "warm_up"},
    {"optimizer.schedule.unit", "schedule.unit"},
    {"model.conv", "conv"},
    {"model.activation", "activation"},
    {"model.image.height", "image.height"},
    {"data.feature_shift", "feature_shift"},
    {"data.feature_scale", "feature_scale"},
};

// Returns the short name of a frozen field, null for one that is newer.
const char* FrozenNameOf(absl::string_view path) {
  for (const FrozenName& frozen : kFrozenNames) {
    if (path == frozen.path) return frozen.short_name;
  }
  return nullptr;
}

// Whether `end` is a way to write the field at `path` that works but should not
// be suggested: the field has a short name that is no end of its path, and
// `end` is neither that name nor the path.
bool IsOutdated(absl::string_view end, absl::string_view path) {
  const char* const name = FrozenNameOf(path);
  if (name == nullptr || end == path || end == name) return false;
  return path != name && !absl::EndsWith(path, absl::StrCat(".", name));
}

// Whether `path` belongs to a newer field and is, as a whole, something that
// people may write for a frozen field. No name would be left for such a field,
// so it cannot be an axis.
bool IsTaken(absl::string_view path) {
  return FrozenNameOf(path) == nullptr &&
         absl::c_any_of(kFrozenNames, [&](const FrozenName& frozen) {
           return path == frozen.short_name ||
                  absl::EndsWith(frozen.path, absl::StrCat(".", path));
         });
}

// Returns the path that `name` means in `ends`, or "" when it means none or
// several.
template <typename Ends>
std::string OnlyOne(const Ends& ends, absl::string_view name) {
  const auto it = ends.find(std::string(name));
  return it == ends.end() || it->second.size() != 1 ? "" : it->second.front();
}

}  // namespace

absl::Span<const FrozenName> FrozenNames() { return kFrozenNames; }

const FieldNames& FieldNames::OfTrials() {
  static const auto* const names = new FieldNames(*v1::TrialSpec::descriptor());
  return *names;
}

FieldNames::FieldNames(const Descriptor& message) {
  Chain chain;
  Collect(message, "", &chain);
  CollectEnds();
  for (const auto& [end, paths] : ends_) {
    if (absl::c_none_of(paths, [&end = end](const std::string& path) {
          return IsOutdated(end, path);
        })) {
      words_.push_back(end);
    }
  }
  std::stable_sort(words_.begin(), words_.end(),
                   [](const std::string& a, const std::string& b) {
                     return a.size() < b.size();
                   });
}

void FieldNames::Collect(const Descriptor& message, const std::string& prefix,
                         Chain* chain) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor* field = message.field(i);
    const std::string path = prefix + field->name();
    const bool scalar = field->message_type() == nullptr;
    // Among the fields that say how a file is read, only the file itself, its
    // target column and its digest can be varied.
    const bool reading = absl::StartsWith(path, "data.import.");
    const bool several = field->is_repeated() && path != kTargetField;
    if (several || (reading && !IsDatasetField(path)) ||
        path == "data.completion.given" || (scalar && IsTaken(path))) {
      continue;
    }
    chain->push_back(field);
    if (!scalar) {
      Collect(*field->message_type(), path + ".", chain);
    } else {
      paths_.push_back(path);
      chains_[path] = *chain;
    }
    chain->pop_back();
  }
}

void FieldNames::CollectEnds() {
  for (const std::string& path : paths_) {
    const char* const frozen = FrozenNameOf(path);
    std::vector<std::string> ends = {path};
    for (size_t dot = path.find('.'); dot != std::string::npos;
         dot = path.find('.', dot + 1)) {
      ends.push_back(path.substr(dot + 1));
    }
    // The two fields are written as data.file and data.target in specs.
    if (path == kFileField) ends.emplace_back("data.file");
    if (path == kTargetField) ends.emplace_back("data.target");
    if (frozen != nullptr && IsOutdated(ends.back(), path)) {
      ends.emplace_back(frozen);
    }
    for (const std::string& end : ends) {
      ends_[end].push_back(path);
      if (frozen != nullptr) frozen_ends_[end].push_back(path);
    }
  }
}

const FieldNames::Chain* FieldNames::FindChain(absl::string_view path) const {
  const auto it = chains_.find(path);
  return it == chains_.end() ? nullptr : &it->second;
}

std::string FieldNames::Meaning(absl::string_view name) const {
  if (chains_.contains(name)) return std::string(name);
  if (frozen_ends_.contains(std::string(name))) {
    return OnlyOne(frozen_ends_, name);
  }
  return OnlyOne(ends_, name);
}

absl::StatusOr<std::string> FieldNames::Resolve(absl::string_view name) const {
  std::string path = Meaning(name);
  if (!path.empty()) return path;
  return absl::InvalidArgumentError(
      absl::StrCat("found field ", Excerpt(name), ", expected ", Hint(name)));
}

std::string FieldNames::Hint(absl::string_view name) const {
  const auto it = ends_.find(std::string(name));
  if (it != ends_.end() && it->second.size() > 1) {
    return absl::StrCat("one of ", absl::StrJoin(it->second, ", "));
  }
  const std::string near = NearestName(name, words_);
  return absl::StrCat("a scalar field of the trial",
                      near.empty() ? "" : "; did you mean ", near,
                      near.empty() ? "" : "?");
}

std::string FieldNames::ShortName(absl::string_view path) const {
  if (const char* const frozen = FrozenNameOf(path)) return frozen;
  for (size_t dot = path.rfind('.'); dot != absl::string_view::npos;
       dot = path.rfind('.', dot - 1)) {
    const absl::string_view end = path.substr(dot + 1);
    if (Meaning(end) == path) return std::string(end);
    if (dot == 0) break;
  }
  return std::string(path);
}

}  // namespace fathom

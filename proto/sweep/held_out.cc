#include "proto/sweep/held_out.h"

#include <string>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "proto/sweep/combinations.h"

namespace fathom {
namespace {

constexpr VariedField kSplitFields[] = {
    {"data.synthetic.rows", false},  {"data.test.rows", false},
    {"data.test.from", false},       {"data.validation.rows", false},
    {"data.validation.from", false}, {"model.family", false},
    {"optimizer.batch_size", true},
};

std::string RowsText(int64_t rows) {
  return absl::StrCat(rows, rows == 1 ? " row" : " rows");
}

std::string PartText(absl::string_view part, const RowRange& range) {
  return absl::StrCat(part, " rows ", range.begin, " to ", range.end - 1);
}

// Returns where `part` lies among `rows` rows; without a `from` it lies at the
// end of them or at the beginning.
std::optional<RowRange> Place(const v1::HeldOutRows& part, bool at_the_end,
                              int64_t rows, absl::string_view name,
                              std::vector<Violation>* violations) {
  if (part.rows() == 0) return RowRange{};
  const auto refuse = [&](const char* field, std::string found,
                          std::string expected) {
    violations->push_back({absl::StrCat("trial.data.", name, ".", field),
                           std::move(found), std::move(expected)});
    return std::nullopt;
  };
  if (part.rows() < 0 || part.rows() > rows) {
    return refuse(
        "rows", absl::StrCat(RowsText(part.rows()), " of data that has ", rows),
        "fewer than that, as two rows at least are trained on");
  }
  const int64_t last = rows - part.rows();
  const int64_t begin = part.has_from() ? part.from() : at_the_end ? last : 0;
  if (begin < 0 || begin > last) {
    return refuse(
        "from",
        absl::StrCat(RowsText(part.rows()), " from row ", begin,
                     " of data that has ", rows),
        absl::StrCat("a `from` of at most ", last, ", as rows count from 0"));
  }
  return RowRange{begin, begin + part.rows()};
}

// Objects to a batch of a net that is larger than what there is to train on.
// For a linear map such a batch means all data.
void CheckBatch(const v1::TrialSpec& trial, int64_t rows,
                std::vector<Violation>* violations) {
  const int64_t batch = trial.optimizer().batch_size();
  if (trial.model().family() != v1::MODEL_FAMILY_CONV_NET || batch <= rows) {
    return;
  }
  violations->push_back(
      {"trial.optimizer.batch_size",
       absl::StrCat("batch_size ", batch, " with family conv_net and ",
                    RowsText(rows), " to train on"),
       absl::StrCat("at most ", rows)});
}

// Lets `violation` name the axis over its field, if there is one, as the value
// is written there.
void PointToAxis(const v1::SweepSpec& spec, Violation* violation) {
  const std::string path(absl::StripPrefix(violation->field, "trial."));
  for (int g = 0; g < spec.axes_size(); ++g) {
    for (int a = 0; a < spec.axes(g).axes_size(); ++a) {
      if (spec.axes(g).axes(a).field() != path) continue;
      violation->field = absl::StrCat("axes[", g, "].axes[", a, "]");
      return;
    }
  }
}

}  // namespace

int64_t RowSplit::train_rows() const {
  int64_t rows = 0;
  for (const RowRange& range : train) rows += range.size();
  return rows;
}

std::optional<RowSplit> SplitRows(const v1::DataSpec& spec, int64_t rows,
                                  std::vector<Violation>* violations) {
  const std::optional<RowRange> test =
      Place(spec.test(), true, rows, "test", violations);
  const std::optional<RowRange> validation =
      Place(spec.validation(), false, rows, "validation", violations);
  if (!test.has_value() || !validation.has_value()) return std::nullopt;
  RowSplit split = {.train = {}, .test = *test, .validation = *validation};
  RowRange first = *test;
  RowRange second = *validation;
  if (first.size() == 0 || (second.size() > 0 && second.begin < first.begin)) {
    std::swap(first, second);
  }
  if (second.size() > 0 && second.begin < first.end) {
    violations->push_back(
        {spec.validation().has_from() ? "trial.data.validation.from"
                                      : "trial.data.validation.rows",
         absl::StrCat(PartText("validation", *validation), " and ",
                      PartText("test", *test), " of ", rows, ", which overlap"),
         "rows apart"});
    return std::nullopt;
  }
  int64_t next = 0;
  for (const RowRange& held_out : {first, second}) {
    if (held_out.size() == 0) continue;
    if (held_out.begin > next) split.train.push_back({next, held_out.begin});
    next = held_out.end;
  }
  if (rows > next) split.train.push_back({next, rows});
  if (split.holds_out() && split.train_rows() < 2) {
    violations->push_back({split.test.size() > 0 ? "trial.data.test.rows"
                                                 : "trial.data.validation.rows",
                           absl::StrCat(RowsText(split.train_rows()),
                                        " left of ", rows, " to train on"),
                           "at least 2"});
    return std::nullopt;
  }
  return split;
}

void CheckSplits(const v1::SweepSpec& spec, std::optional<int64_t> rows,
                 std::vector<Violation>* violations) {
  ForEachCombination(spec, kSplitFields, [&](const v1::TrialSpec& trial) {
    const int64_t all = rows.value_or(trial.data().synthetic().rows());
    std::vector<Violation> found;
    if (all < 1) return true;
    const std::optional<RowSplit> split = SplitRows(trial.data(), all, &found);
    if (split.has_value()) CheckBatch(trial, split->train_rows(), &found);
    if (found.empty()) return true;
    PointToAxis(spec, &found.front());
    violations->push_back(std::move(found.front()));
    return false;
  });
}

bool IsHeldOutField(absl::string_view path) {
  return absl::StartsWith(path, "data.test.") ||
         absl::StartsWith(path, "data.validation.");
}

bool VariesHeldOut(const v1::SweepSpec& spec) {
  return absl::c_any_of(spec.axes(), [](const v1::AxisGroup& group) {
    return absl::c_any_of(group.axes(), [](const v1::Axis& axis) {
      return IsHeldOutField(axis.field());
    });
  });
}

}  // namespace fathom

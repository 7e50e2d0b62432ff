#include "proto/sweep/limits.h"

#include <cmath>
#include <limits>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "proto/sweep/checks/net.h"
#include "proto/sweep/datasets.h"
#include "proto/sweep/facts/optimizers.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/printable.h"

namespace fathom {
namespace {

// The range of a numeric field. Both ends are exact doubles.
struct Limit {
  const char* path;
  double low;
  double high;
  const char* expected;
  bool above_low = false;  // `low` itself is out of range.
};

constexpr double kAny = std::numeric_limits<double>::max();
constexpr double kBelowOne = 0x1.fffffffffffffp-1;

constexpr char kAtLeastZero[] = "a number, at least 0";
constexpr char kChannels[] = "1 to 1024, or 0 for no such stage";
constexpr char kKernel[] = "an odd number from 1 to 11";
constexpr char kWidth[] = "1 to 65536, or 0 for no such layer";
constexpr char kDepth[] = "1 to 64, or 0 for the depth of the model";
constexpr char kInnerWidth[] = "1 to 65536, or 0 for the hidden_width";

constexpr Limit kLimits[] = {
    {"data.synthetic.rows", 1, 1e7, "1 to 10^7"},
    {"data.synthetic.columns", 1, 1e5, "1 to 10^5"},
    {"data.synthetic.outputs", 1, 1000, "1 to 1000"},
    {"data.synthetic.condition", 1, kAny, "a number, at least 1"},
    {"data.synthetic.top_eigenvalue", 0, kAny, "a number above 0", true},
    {"data.synthetic.noise", 0, kAny, "a number, at least 0"},
    {"data.synthetic.spectrum_bend", 0, kAny, "a number above 0", true},
    {"data.synthetic.signal_decay", 0, 1, "a number from 0 to 1"},
    {"data.synthetic.tail", 4, kAny, "a number above 4", true},
    {"data.completion.matrix_rows", 1, 1000, "1 to 1000"},
    {"data.completion.matrix_columns", 1, 1000, "1 to 1000"},
    {"data.completion.rank", 1, 1000, "1 to 1000"},
    {"data.completion.observed", 0, 1e6, "1 to 10^6, or 0 for all"},
    {"data.completion.frobenius_norm", 0, kAny, "a number above 0", true},
    {"data.test.rows", 0, 1e9, "1 to 10^9, or 0 for none"},
    {"data.test.from", 0, 1e9, "0 to 10^9"},
    {"data.validation.rows", 0, 1e9, "1 to 10^9, or 0 for none"},
    {"data.validation.from", 0, 1e9, "0 to 10^9"},
    {"loss.lp", 1, 64, "a number above 1 and at most 64", true},
    {"model.depth", 1, 64, "1 to 64"},
    {"model.order", 1, 1e6, "a number from 1 to 10^6"},
    {"model.hidden_width", 0, 65536, "1 to 65536, or 0 for the smallest"},
    {"model.init.std", 0, kAny, "a number, at least 0"},
    {"model.init.norm", 0, kAny, "a number, at least 0"},
    {"model.init.margin", 0, 1, "a number above 0 and at most 1", true},
    {"model.conv1.channels", 0, 1024, kChannels},
    {"model.conv2.channels", 0, 1024, kChannels},
    {"model.conv3.channels", 0, 1024, kChannels},
    {"model.conv1.kernel", 1, 11, kKernel},
    {"model.conv2.kernel", 1, 11, kKernel},
    {"model.conv3.kernel", 1, 11, kKernel},
    {"model.conv1.pool", 1, 15, "1 to 15"},
    {"model.conv2.pool", 1, 15, "1 to 15"},
    {"model.conv3.pool", 1, 15, "1 to 15"},
    {"model.conv1.std", 0, kAny, kAtLeastZero},
    {"model.conv2.std", 0, kAny, kAtLeastZero},
    {"model.conv3.std", 0, kAny, kAtLeastZero},
    {"model.dense1.width", 0, 65536, kWidth},
    {"model.dense2.width", 0, 65536, kWidth},
    {"model.dense3.width", 0, 65536, kWidth},
    {"model.output.width", 0, 0, "no width, as the targets say it"},
    {"model.dense1.depth", 0, 64, kDepth},
    {"model.dense2.depth", 0, 64, kDepth},
    {"model.dense3.depth", 0, 64, kDepth},
    {"model.output.depth", 0, 64, kDepth},
    {"model.dense1.inner_width", 0, 65536, kInnerWidth},
    {"model.dense2.inner_width", 0, 65536, kInnerWidth},
    {"model.dense3.inner_width", 0, 65536, kInnerWidth},
    {"model.output.inner_width", 0, 65536, kInnerWidth},
    {"model.dense1.dropout", 0, kBelowOne, "a number from 0 to below 1"},
    {"model.dense2.dropout", 0, kBelowOne, "a number from 0 to below 1"},
    {"model.dense3.dropout", 0, kBelowOne, "a number from 0 to below 1"},
    {"model.output.dropout", 0, 0, "no dropout, as outputs are not dropped"},
    {"model.dense1.std", 0, kAny, kAtLeastZero},
    {"model.dense2.std", 0, kAny, kAtLeastZero},
    {"model.dense3.std", 0, kAny, kAtLeastZero},
    {"model.output.std", 0, kAny, kAtLeastZero},
    {"model.image.channels", 0, 1024, "1 to 1024, or 0 for 1"},
    {"model.image.height", 0, 65536, "1 to 65536, or 0 for a square"},
    {"model.image.width", 0, 65536, "1 to 65536, or 0 for a square"},
    {"data.feature_scale", 0, kAny, "a number above 0", true},
    {"regularizer.l2", 0, kAny, kAtLeastZero},
    {"optimizer.batch_size", 0, 1e7, "1 to 10^7, or 0 for all samples"},
    {"optimizer.learning_rate", 0, kAny, "a number above 0", true},
    {"optimizer.weight_decay", 0, kAny, "a number, at least 0"},
    {"optimizer.momentum", 0, kBelowOne, "a number from 0 to below 1"},
    {"optimizer.beta1", 0, kBelowOne, "a number from 0 to below 1"},
    {"optimizer.beta2", 0, kBelowOne, "a number from 0 to below 1"},
    {"optimizer.rho", 0, kBelowOne, "a number from 0 to below 1"},
    {"optimizer.epsilon", 0, kAny, "a number above 0", true},
    {"optimizer.initial_accumulator", 0, kAny, "a number, at least 0"},
    {"optimizer.schedule.decay", 0, 1, "a number above 0 and at most 1", true},
    {"optimizer.schedule.every", 1, 1e12, "1 to 10^12"},
    {"optimizer.schedule.floor", 0, 1, "a number from 0 to 1"},
    {"optimizer.schedule.warm_up", 0, 1e12, "1 to 10^12, or 0 for none"},
    {"steps", 1, 1e12, "1 to 10^12"},
    {"record.points", 2, 100000, "2 to 100000"},
    {"record.evaluate.points", 2, 100000, "2 to 100000"},
    {"stop.diverge_factor", 1, kAny, "a number above 1", true},
};

// The least values with which anything can be computed; see CheckComputable.
constexpr struct {
  const char* path;
  double least;
} kFloors[] = {
    {"data.synthetic.rows", 1},
    {"data.synthetic.columns", 1},
    {"data.synthetic.outputs", 1},
    {"data.completion.matrix_rows", 1},
    {"data.completion.matrix_columns", 1},
    {"data.completion.rank", 1},
    {"data.completion.observed", 0},
    {"data.test.rows", 0},
    {"data.test.from", 0},
    {"data.validation.rows", 0},
    {"data.validation.from", 0},
    {"model.depth", 1},
    {"model.hidden_width", 0},
    {"optimizer.batch_size", 0},
    {"optimizer.schedule.every", 1},
    {"optimizer.schedule.warm_up", 0},
    {"steps", 1},
    {"record.points", 2},
    {"record.evaluate.points", 2},
};

// Returns what is expected of the field at `path` where `number` does not meet
// it, otherwise "".
std::string CheckLimit(absl::string_view path, double number) {
  for (const Limit& limit : kLimits) {
    if (path != limit.path) continue;
    const bool fits = number >= limit.low && number <= limit.high &&
                      !(limit.above_low && number == limit.low);
    return fits ? "" : limit.expected;
  }
  return std::isfinite(number) ? "" : "a finite number";
}

// Returns the objection to a value that is in range but contradicts a repeated
// field of `trial`, if it does.
std::optional<Objection> CheckCombination(const v1::TrialSpec& trial,
                                          absl::string_view path,
                                          const v1::Value& value) {
  const v1::ModelSpec& model = trial.model();
  const int widths = model.hidden_widths_size();
  if (path == "model.depth" && widths > 0 && value.integer() != widths + 1) {
    return Objection{absl::StrCat("depth ", value.integer(), " with ", widths,
                                  " hidden_widths"),
                     absl::StrCat("depth ", widths + 1)};
  }
  if (path == "model.hidden_width" && widths > 0 && value.integer() != 0) {
    return Objection{"hidden_width and hidden_widths", "one of the two"};
  }
  if (path == "model.init.scheme" && model.init().end_to_end_size() > 0 &&
      value.text() != "balanced") {
    return Objection{absl::StrCat("end_to_end with scheme ", value.text()),
                     "scheme balanced"};
  }
  return std::nullopt;
}

// Returns what values the field at `path` takes, with a suggestion for a
// misspelled name: "one of gaussian, balanced; did you mean balanced?".
std::string ExpectedType(absl::string_view path, const v1::Value& value) {
  std::string expected = FieldTypeText(path);
  if (absl::EndsWith(path, "seed")) {
    return "an integer from 0 to 2^63 - 1";
  }
  if (value.kind_case() != v1::Value::kText) return expected;
  const std::vector<std::string> names =
      absl::StrSplit(absl::StripPrefix(expected, "one of "), ", ");
  const std::string near = NearestName(value.text(), names);
  if (!near.empty()) absl::StrAppend(&expected, "; did you mean ", near, "?");
  return expected;
}

}  // namespace

std::optional<Objection> CheckValue(const v1::TrialSpec& trial,
                                    absl::string_view path,
                                    const v1::Value& value) {
  const std::string found =
      absl::StrCat(ShortFieldName(path), " ", Quotable(ValueText(value)));
  const absl::StatusOr<v1::Value> coerced = CoerceValue(path, value);
  if (!coerced.ok()) {
    // For an integer that does not fit into its field, the range says more than
    // the type does.
    std::string expected = ExpectedType(path, value);
    if (IsIntegerField(path) && value.kind_case() == v1::Value::kInteger) {
      const std::string range =
          CheckLimit(path, static_cast<double>(value.integer()));
      if (!range.empty()) expected = range;
    }
    return Objection{found, expected};
  }
  const bool numeric = coerced->kind_case() == v1::Value::kNumber ||
                       coerced->kind_case() == v1::Value::kInteger;
  if (numeric) {
    const double number = coerced->kind_case() == v1::Value::kNumber
                              ? coerced->number()
                              : static_cast<double>(coerced->integer());
    std::string expected = CheckLimit(path, number);
    if (!expected.empty()) return Objection{found, expected};
  }
  return CheckCombination(trial, path, *coerced);
}

std::optional<Objection> CheckComputable(absl::string_view path,
                                         const v1::Value& value) {
  // Made only for an objection: lists are long, and nearly all of them are
  // fine.
  const auto found = [&] {
    return absl::StrCat(ShortFieldName(path), " ", Quotable(ValueText(value)));
  };
  const absl::StatusOr<v1::Value> coerced = CoerceValue(path, value);
  if (!coerced.ok()) return Objection{found(), ExpectedType(path, value)};
  const bool integer = coerced->kind_case() == v1::Value::kInteger;
  if (!integer && coerced->kind_case() != v1::Value::kNumber) {
    return std::nullopt;
  }
  const double number =
      integer ? static_cast<double>(coerced->integer()) : coerced->number();
  if (!std::isfinite(number)) return Objection{found(), "a finite number"};
  for (const auto& [named, least] : kFloors) {
    if (path == named && number < least) {
      return Objection{found(), absl::StrCat("at least ", least)};
    }
  }
  return std::nullopt;
}

bool MayStayUnset(absl::string_view path) {
  return IsDatasetField(path) || path == "data.target_class" ||
         path == "stop.loss_below" || path == "loss.lp" ||
         path == "loss.factor" || path == "model.order" ||
         path == "model.init.margin" || path == "data.synthetic.tail" ||
         path == "data.completion.frobenius_norm" || path == "data.test.from" ||
         path == "data.validation.from" || path == "precision" ||
         path == "optimizer.batch_order" || IsNetField(path) ||
         path == "data.feature_shift" || path == "data.feature_scale" ||
         absl::StartsWith(path, "optimizer.schedule.") || IsRuleField(path);
}

bool MayBeZero(const google::protobuf::Message& message,
               const google::protobuf::FieldDescriptor& field) {
  using google::protobuf::FieldDescriptor;
  static const auto* const fields = [] {
    auto* result = new absl::flat_hash_set<const FieldDescriptor*>;
    for (const std::string& path : AxisFields()) {
      if (HasPresence(path)) continue;
      v1::Value zero;
      zero.set_integer(0);
      if (!CheckValue(v1::TrialSpec(), path, zero)) {
        result->insert(&FieldAt(path));
      }
    }
    for (const auto* type :
         {v1::IntegerRange::descriptor(), v1::Linspace::descriptor()}) {
      result->insert(type->FindFieldByName("from"));
      result->insert(type->FindFieldByName("to"));
    }
    return result;
  }();
  if (!fields->contains(&field)) return false;
  const auto* model = dynamic_cast<const v1::ModelSpec*>(&message);
  return model == nullptr || model->hidden_widths().empty();
}

std::string RangeText(const google::protobuf::FieldDescriptor& field) {
  for (const Limit& limit : kLimits) {
    if (&FieldAt(limit.path) == &field) return limit.expected;
  }
  return "";
}

absl::string_view LastPart(absl::string_view path) {
  const size_t dot = path.rfind('.');
  return dot == absl::string_view::npos ? path : path.substr(dot + 1);
}

std::string Quotable(absl::string_view text) {
  return text.empty() ? "\"\"" : Excerpt(text);
}

}  // namespace fathom

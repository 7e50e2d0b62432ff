#include "proto/sweep/revisions.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "proto/sweep/datasets.h"
#include "proto/sweep/fields.h"

namespace fathom {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The words that revision 1 did not have. Rows are added to this table and
// never edited.
constexpr struct {
  int revision;
  const char* word;
} kNewWords[] = {
    {2, "DataSpec.standardize_targets"},
    {2, "DataSpec.one_hot"},
    {2, "DataSpec.completion"},
    {2, "DataImport.if_present"},
    {2, "SyntheticData.spectrum_bend"},
    {2, "SyntheticData.signal_decay"},
    {2, "SyntheticData.tail"},
    {2, "CompletionData.matrix_rows"},
    {2, "CompletionData.matrix_columns"},
    {2, "CompletionData.rank"},
    {2, "CompletionData.observed"},
    {2, "CompletionData.frobenius_norm"},
    {2, "CompletionData.seed"},
    {2, "LossSpec.kind"},
    {2, "InitSpec.margin"},
    {2, "OptimizerSpec.batch_size"},
    {2, "OptimizerSpec.batch_seed"},
    {2, "SummarySpec.epsilon"},
    {2, "LOSS_KIND_UNSPECIFIED"},
    {2, "LOSS_KIND_LP"},
    {2, "LOSS_KIND_CROSS_ENTROPY"},
    {2, "METRIC_EXCESS_LOSS"},
    {2, "METRIC_RECONSTRUCTION_ERROR"},
    {2, "METRIC_WARMUP_RHO"},
    {2, "METRIC_WARMUP_GAMMA"},
    {2, "METRIC_WARMUP_GROWTH"},
    {2, "METRIC_WARMUP_RESIDUAL"},
    {2, "METRIC_ACCURACY"},
    {3, "TrialSpec.precision"},
    {3, "DataImport.table"},
    {3, "PRECISION_UNSPECIFIED"},
    {3, "PRECISION_DOUBLE"},
    {3, "PRECISION_FLOAT"},
    {4, "DataImport.decimal"},
    {4, "DataImport.header"},
    {4, "DataImport.missing"},
    {4, "DataImport.missing_value"},
    {4, "DataImport.categorical"},
    {4, "CompletionData.given"},
    {4, "DATA_FORMAT_ARFF"},
    {4, "DATA_FORMAT_NPY"},
    {4, "DATA_FORMAT_ENTRIES"},
    {4, "MISSING_CELLS_UNSPECIFIED"},
    {4, "MISSING_CELLS_ERROR"},
    {4, "MISSING_CELLS_DROP"},
    {5, "OptimizerSpec.batch_order"},
    {5, "OptimizerSpec.schedule"},
    {5, "ScheduleSpec.name"},
    {5, "ScheduleSpec.decay"},
    {5, "ScheduleSpec.every"},
    {5, "ScheduleSpec.floor"},
    {5, "ScheduleSpec.warm_up"},
    {5, "ScheduleSpec.unit"},
    {5, "BATCH_ORDER_UNSPECIFIED"},
    {5, "BATCH_ORDER_SHUFFLED"},
    {5, "BATCH_ORDER_IN_ORDER"},
    {5, "BATCH_ORDER_DRAWN"},
    {5, "SCHEDULE_NAME_UNSPECIFIED"},
    {5, "SCHEDULE_NAME_CONSTANT"},
    {5, "SCHEDULE_NAME_EXPONENTIAL"},
    {5, "SCHEDULE_NAME_STEP"},
    {5, "SCHEDULE_NAME_COSINE"},
    {5, "SCHEDULE_UNIT_UNSPECIFIED"},
    {5, "SCHEDULE_UNIT_EPOCHS"},
    {5, "SCHEDULE_UNIT_STEPS"},
    {5, "ModelSpec.conv"},
    {5, "ModelSpec.conv1"},
    {5, "ModelSpec.conv2"},
    {5, "ModelSpec.conv3"},
    {5, "ModelSpec.dense1"},
    {5, "ModelSpec.dense2"},
    {5, "ModelSpec.dense3"},
    {5, "ModelSpec.output"},
    {5, "ModelSpec.activation"},
    {5, "ModelSpec.image"},
    {5, "ConvolutionSpec.channels"},
    {5, "ConvolutionSpec.kernel"},
    {5, "ConvolutionSpec.pool"},
    {5, "ConvolutionSpec.std"},
    {5, "ConvolutionSpec.bias"},
    {5, "DenseSpec.width"},
    {5, "DenseSpec.depth"},
    {5, "DenseSpec.inner_width"},
    {5, "DenseSpec.dropout"},
    {5, "DenseSpec.std"},
    {5, "DenseSpec.bias"},
    {5, "ImageSpec.channels"},
    {5, "ImageSpec.height"},
    {5, "ImageSpec.width"},
    {5, "RegularizerSpec.l2"},
    {5, "RegularizerSpec.on"},
    {5, "TrialSpec.regularizer"},
    {5, "DataSpec.feature_shift"},
    {5, "DataSpec.feature_scale"},
    {5, "CONVOLUTION_KIND_UNSPECIFIED"},
    {5, "CONVOLUTION_KIND_NONE"},
    {5, "CONVOLUTION_KIND_SAME"},
    {5, "ACTIVATION_UNSPECIFIED"},
    {5, "ACTIVATION_RELU"},
    {5, "ACTIVATION_TANH"},
    {5, "ACTIVATION_LINEAR"},
    {5, "REGULARIZER_PLACE_UNSPECIFIED"},
    {5, "REGULARIZER_PLACE_PRODUCT"},
    {5, "REGULARIZER_PLACE_FACTORS"},
    {5, "MODEL_FAMILY_CONV_NET"},
    {5, "METRIC_BATCH_LOSS"},
    {5, "METRIC_BATCH_DATA_LOSS"},
    {5, "METRIC_REGULARIZER"},
    {5, "METRIC_BATCH_ERROR"},
    {5, "DataSpec.test"},
    {5, "DataSpec.validation"},
    {5, "HeldOutRows.rows"},
    {5, "HeldOutRows.from"},
    {5, "DataImport.test_file"},
    {5, "DataImport.test_labels"},
    {5, "DataImport.validation_file"},
    {5, "DataImport.validation_labels"},
    {5, "DataImport.builtin_test"},
    {5, "METRIC_TEST_LOSS"},
    {5, "METRIC_TEST_ERROR"},
    {5, "METRIC_VALIDATION_LOSS"},
    {5, "METRIC_VALIDATION_ERROR"},
    {5, "RecordSpec.evaluate"},
    {5, "EvaluateSpec.points"},
    {5, "EvaluateSpec.spacing"},
    {5, "EvaluateSpec.at"},
};

// What the absence of a field meant in programs older than `revision`. Fields
// whose absence still means the same need no row.
constexpr struct {
  int revision;
  const char* path;
  const char* meant;  // The value in the form of ValueText.
} kFormerMeanings[] = {
    {2, "loss.kind", "lp"},
    {2, "data.one_hot", "false"},
    {2, "data.standardize_targets", "true"},
    {2, "data.synthetic.spectrum_bend", "1"},
    {2, "data.synthetic.signal_decay", "0"},
};

// The revision since which axes can vary datasets.
constexpr int kDataAxesRevision = 4;

// Returns the value of the field at `path` that kFormerMeanings writes as
// `text`.
v1::Value ValueOf(absl::string_view path, absl::string_view text) {
  v1::Value value;
  switch (FieldAt(path).cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      value.set_flag(text == "true");
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
    case FieldDescriptor::CPPTYPE_STRING:
      value.set_text(std::string(text));
      break;
    default:
      value.set_number(std::stod(std::string(text)));
  }
  return value;
}

std::set<std::string> VariedPaths(const v1::SweepSpec& spec) {
  std::set<std::string> paths;
  for (const v1::AxisGroup& group : spec.axes()) {
    for (const v1::Axis& axis : group.axes()) {
      const absl::StatusOr<std::string> path = ResolveAxisField(axis.field());
      if (path.ok()) paths.insert(*path);
    }
  }
  return paths;
}

// Whether the message that holds the field at `path` is part of the trial. Only
// `data` and the kinds of data below it can be absent: any other message, such
// as an unset `loss`, is always part of a trial, with all its fields unset.
bool HasHolder(const v1::TrialSpec& trial, absl::string_view path) {
  if (absl::StartsWith(path, "data.synthetic.")) {
    return trial.data().has_synthetic();
  }
  if (absl::StartsWith(path, "data.completion.")) {
    return trial.data().has_completion();
  }
  return !absl::StartsWith(path, "data.") || trial.has_data();
}

// Returns the word of a field as it stands in kNewWords.
std::string WordOf(const FieldDescriptor& field) {
  return absl::StrCat(field.containing_type()->name(), ".", field.name());
}

int RevisionOf(const EnumValueDescriptor* value) {
  return value == nullptr ? 1 : RevisionOfWord(value->name());
}

// Appends the words of `message` and of the messages and enums below it; `seen`
// holds the full names of those that have been visited.
void CollectWords(const Descriptor& message, std::set<std::string>* seen,
                  std::vector<std::string>* words) {
  if (!seen->insert(message.full_name()).second) return;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    words->push_back(WordOf(field));
    if (field.enum_type() != nullptr &&
        seen->insert(field.enum_type()->full_name()).second) {
      for (int v = 0; v < field.enum_type()->value_count(); ++v) {
        words->push_back(field.enum_type()->value(v)->name());
      }
    }
    if (field.message_type() != nullptr) {
      CollectWords(*field.message_type(), seen, words);
    }
  }
}

// Returns the revision of the newest word among the fields and enum values that
// are set in `message`.
int NewestWord(const Message& message) {
  const google::protobuf::Reflection* r = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  r->ListFields(message, &fields);
  int newest = 1;
  for (const FieldDescriptor* field : fields) {
    newest = std::max(newest, RevisionOfWord(WordOf(*field)));
    const int size = field->is_repeated() ? r->FieldSize(message, field) : 0;
    if (field->enum_type() != nullptr) {
      const auto of = [&](int number) {
        return RevisionOf(field->enum_type()->FindValueByNumber(number));
      };
      if (!field->is_repeated()) {
        newest = std::max(newest, of(r->GetEnumValue(message, field)));
      }
      for (int i = 0; i < size; ++i) {
        newest =
            std::max(newest, of(r->GetRepeatedEnumValue(message, field, i)));
      }
    } else if (field->message_type() != nullptr) {
      // Axes name enum values as texts, which NewestOnAxis looks at.
      if (field->message_type() == v1::Value::descriptor()) continue;
      if (!field->is_repeated()) {
        newest = std::max(newest, NewestWord(r->GetMessage(message, field)));
      }
      for (int i = 0; i < size; ++i) {
        newest = std::max(newest,
                          NewestWord(r->GetRepeatedMessage(message, field, i)));
      }
    }
  }
  return newest;
}

// Returns the revision of the newest word that an axis names as text: its
// field, and the enum values in its list.
int NewestOnAxis(const v1::Axis& axis) {
  const absl::StatusOr<std::string> path = ResolveAxisField(axis.field());
  if (!path.ok()) return 1;
  v1::TrialSpec trial;
  int newest = RevisionOfWord(WordOf(FieldAt(*path)));
  // These fields are older than axes over them.
  if (IsDatasetField(*path)) {
    newest = std::max(newest, kDataAxesRevision);
  }
  if (FieldAt(*path).enum_type() == nullptr) return newest;
  for (const v1::Value& value : axis.list().values()) {
    if (!SetField(*path, value, &trial).ok()) continue;
    newest = std::max(newest, NewestWord(trial));
  }
  return newest;
}

}  // namespace

int RevisionOfWord(absl::string_view word) {
  for (const auto& [revision, name] : kNewWords) {
    if (word == name) return revision;
  }
  return 1;
}

std::vector<std::string> SpecWords() {
  std::set<std::string> seen;
  std::vector<std::string> words;
  CollectWords(*v1::SweepSpec::descriptor(), &seen, &words);
  return words;
}

int RequiredRevision(const v1::SweepSpec& spec) {
  int newest = NewestWord(spec);
  for (const v1::AxisGroup& group : spec.axes()) {
    for (const v1::Axis& axis : group.axes()) {
      newest = std::max(newest, NewestOnAxis(axis));
    }
  }
  return newest;
}

void CompleteStored(int revision, v1::SweepSpec* spec) {
  const std::set<std::string> varied = VariedPaths(*spec);
  v1::TrialSpec* trial = spec->mutable_trial();
  for (const auto& [since, path, meant] : kFormerMeanings) {
    if (since <= revision || varied.contains(path)) continue;
    if (!HasHolder(*trial, path) || HasField(*trial, path)) continue;
    SetField(path, ValueOf(path, meant), trial).IgnoreError();
  }
}

v1::SweepSpec AsOfRevision(int revision, v1::SweepSpec spec) {
  for (const auto& [since, path, meant] : kFormerMeanings) {
    v1::TrialSpec* trial = spec.mutable_trial();
    if (since <= revision || !HasField(*trial, path)) continue;
    if (ValueText(GetField(*trial, path)) == meant) ClearField(path, trial);
  }
  return spec;
}

}  // namespace fathom

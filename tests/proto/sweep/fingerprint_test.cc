#include "proto/sweep/fingerprint.h"

#include <cmath>
#include <functional>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "tests/proto/sweep/specs.h"

namespace fathom::test {
namespace {

constexpr char kDepthAxis[] = R"(
  axes { axes { field: "depth" range { from: 1 to: 4 } } })";
constexpr char kSeedAxis[] = R"(
  axes { axes { field: "seed" range { from: 0 to: 4 } } })";

TEST(FingerprintTest, HasSixtyFourHexDigits) {
  EXPECT_THAT(Fingerprint(Spec("")), ::testing::MatchesRegex("[0-9a-f]{64}"));
}

// A change here makes every recorded sweep a stranger to its spec.
TEST(FingerprintTest, IsTheSameInEveryBuild) {
  EXPECT_EQ(Fingerprint(Spec(kDepthAxis)),
            "602d8460dec61211397aaf67d584a156fe946c7bc3f915aac8d06c47f76fb13d");
}

// The axis of rules had another short name once.
TEST(FingerprintTest, OfASweepOverOptimizersIsTheSameByAnyName) {
  for (const std::string name : {"optimizer", "name", "optimizer.name"}) {
    EXPECT_EQ(
        Fingerprint(Spec("axes { axes { field: '" + name +
                         "' list { values { text: 'gd' } "
                         "values { text: 'adam' } } } }")),
        "44768b340737e86e8d54bde4585699db7e547575d22cb86870ebb795ae9f1064")
        << name;
  }
}

TEST(FingerprintTest, WrittenDefaultsDoNotMatter) {
  EXPECT_EQ(Fingerprint(Spec("")), Fingerprint(Spec(R"(
    trial {
      loss { lp: 2 }
      model { depth: 1 init { std: 0.01 } }
      seed: 0
      record { metrics: METRIC_LOSS }
      precision: PRECISION_DOUBLE
    })")));
  EXPECT_EQ(Fingerprint(Spec(kSeedAxis)), Fingerprint(Spec(R"(
    axes { axes { field: "seed" range { from: 0 to: 4 step: 1 } } })")));
}

TEST(FingerprintTest, SpellingOfAxesDoesNotMatter) {
  EXPECT_EQ(Fingerprint(Spec(R"(
              axes { axes { field: "depth" list { values { number: 2 } } } })")),
            Fingerprint(Spec(R"(
              axes { axes { field: "model.depth"
                            list { values { integer: 2 } } } })")));
}

TEST(FingerprintTest, SummaryImportAndVariedBaseValuesDoNotCount) {
  const std::string plain = Fingerprint(Spec(kDepthAxis));
  EXPECT_EQ(plain, Fingerprint(Spec(std::string(kDepthAxis) +
                                    "summarize { by: 'depth' at: 10 }")));
  EXPECT_EQ(plain, Fingerprint(Spec(std::string(kDepthAxis) +
                                    "trial { model { depth: 7 } }")));
  EXPECT_EQ(plain,
            Fingerprint(Spec(std::string(kDepthAxis) +
                             "trial { data { import { file: 'a' } } }")));
}

TEST(FingerprintTest, MinusZeroIsZero) {
  v1::SweepSpec spec = SmallSpec();
  spec.mutable_trial()->mutable_optimizer()->set_weight_decay(-0.0);
  spec.mutable_trial()->mutable_model()->mutable_init()->set_std(-0.0);
  EXPECT_EQ(Fingerprint(Normalize(spec)),
            Fingerprint(Spec("trial { model { init { std: 0 } } }")));
}

TEST(FingerprintTest, EverythingElseCounts) {
  const std::string specs[] = {
      "",
      "name: 'other'",
      kDepthAxis,
      kSeedAxis,
      std::string(kDepthAxis) + kSeedAxis,
      std::string(kSeedAxis) + kDepthAxis,
      R"(axes { axes { field: "depth" range { from: 1 to: 4 }}
                axes { field: "seed" range { from: 0 to: 3 }}})",
      R"(axes { axes { field: "depth" range { from: 1 to: 5 } } })",
      R"(axes { axes { field: "depth" list { values { integer: 1 } } } })",
      "trial { seed: 1 }",
      "trial { data { synthetic { seed: 1 } } }",
      "trial { data { target_class: 0 } }",
      "trial { stop { loss_below: 0 } }",
      "trial { record { at: 1 at: 23 } }",
      "trial { record { at: 12 at: 3 } }",
      "trial { record { at: 123 } }",
      "trial { steps: 101 }",
      "trial { optimizer { learning_rate: 0.10000000000000002 } }",
      "trial { loss { factor: LOSS_FACTOR_ONE } }",
      "trial { precision: PRECISION_FLOAT }",
      "trial { model { depth: 2 hidden_widths: 3 } }",
  };
  std::set<std::string> seen;
  for (const std::string& text : specs) {
    EXPECT_TRUE(seen.insert(Fingerprint(Spec(text))).second) << text;
  }
}

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Gives a field that is no message the value `n`; a repeated one gets it once.
void SetTo(int n, const FieldDescriptor* field, Message* message) {
  const auto* r = message->GetReflection();
  const bool many = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      many ? r->AddInt32(message, field, n) : r->SetInt32(message, field, n);
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      many ? r->AddInt64(message, field, n) : r->SetInt64(message, field, n);
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      many ? r->AddUInt32(message, field, n) : r->SetUInt32(message, field, n);
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      many ? r->AddUInt64(message, field, n) : r->SetUInt64(message, field, n);
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      many ? r->AddDouble(message, field, n) : r->SetDouble(message, field, n);
      break;
    case FieldDescriptor::CPPTYPE_FLOAT:
      many ? r->AddFloat(message, field, static_cast<float>(n))
           : r->SetFloat(message, field, static_cast<float>(n));
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      many ? r->AddBool(message, field, n == 1)
           : r->SetBool(message, field, n == 1);
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      many ? r->AddEnumValue(message, field, n)
           : r->SetEnumValue(message, field, n);
      break;
    case FieldDescriptor::CPPTYPE_STRING:
      many ? r->AddString(message, field, absl::StrCat(n))
           : r->SetString(message, field, absl::StrCat(n));
      break;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      FAIL() << field->full_name();
  }
}

// Visits every field below `message`, whose messages are made on the way, with
// its name and the message that it is in.
void ForEachField(Message* message, const std::string& path,
                  const std::function<void(const FieldDescriptor*, Message*,
                                           const std::string&)>& visit) {
  const auto* descriptor = message->GetDescriptor();
  const auto* reflection = message->GetReflection();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    const std::string name = absl::StrCat(path, ".", field->name());
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      visit(field, message, name);
      reflection->ClearField(message, field);
      continue;
    }
    Message* const below = field->is_repeated()
                               ? reflection->AddMessage(message, field)
                               : reflection->MutableMessage(message, field);
    ForEachField(below, name, visit);
    reflection->ClearField(message, field);
  }
}

// Two specs that differ in anything are two sweeps, or one would get the
// numbers of the other. What is left out is left out on purpose.
TEST(FingerprintTest, EveryFieldOfTheSpecChangesIt) {
  v1::SweepSpec spec;
  std::set<std::string> seen = {Fingerprint(spec)};
  int fields = 0;
  ForEachField(
      &spec, "spec",
      [&](const FieldDescriptor* field, Message* message,
          const std::string& name) {
        const bool left_out = name.rfind("spec.summarize.", 0) == 0 ||
                              name.rfind("spec.trial.data.import.", 0) == 0;
        std::string plain = Fingerprint(spec);
        for (const int n : {1, 2}) {
          message->GetReflection()->ClearField(message, field);
          SetTo(n, field, message);
          const std::string found = Fingerprint(spec);
          if (left_out) {
            EXPECT_EQ(found, plain) << name << " = " << n;
          } else if (n == 1 ||
                     field->cpp_type() != FieldDescriptor::CPPTYPE_BOOL ||
                     field->has_presence() || field->is_repeated()) {
            // False is unset where a flag knows no third state.
            EXPECT_TRUE(seen.insert(found).second) << name << " = " << n;
          }
        }
        ++fields;
      });
  EXPECT_GT(fields, 80);
}

TEST(OptimumFingerprintTest, DependsOnDataAndLossAlone) {
  v1::DataSpec data;
  data.set_digest("sha256:0");
  v1::LossSpec loss;
  loss.set_kind(v1::LOSS_KIND_LP);
  loss.set_lp(4);
  loss.set_factor(v1::LOSS_FACTOR_ONE_OVER_P);
  const std::string first = OptimumFingerprint(data, loss);
  EXPECT_THAT(first, ::testing::MatchesRegex("[0-9a-f]{64}"));

  v1::DataSpec imported = data;
  imported.mutable_import()->set_file("x.csv");
  EXPECT_EQ(OptimumFingerprint(imported, loss), first);
  v1::LossSpec unsaid = loss;
  unsaid.clear_kind();
  EXPECT_EQ(OptimumFingerprint(data, unsaid), first);

  std::set<std::string> all = {first};
  v1::DataSpec standardized = data;
  standardized.set_standardize(true);
  EXPECT_TRUE(all.insert(OptimumFingerprint(standardized, loss)).second);
  v1::LossSpec other = loss;
  other.set_lp(4.5);
  EXPECT_TRUE(all.insert(OptimumFingerprint(data, other)).second);
  other = loss;
  other.set_factor(v1::LOSS_FACTOR_ONE);
  EXPECT_TRUE(all.insert(OptimumFingerprint(data, other)).second);
  other.set_kind(v1::LOSS_KIND_CROSS_ENTROPY);
  EXPECT_TRUE(all.insert(OptimumFingerprint(data, other)).second);

  // A cross-entropy has neither exponent nor factor.
  v1::LossSpec entropy;
  entropy.set_kind(v1::LOSS_KIND_CROSS_ENTROPY);
  EXPECT_EQ(OptimumFingerprint(data, entropy), OptimumFingerprint(data, other));

  // Of a kind that only a newer program knows, everything may matter.
  other.set_kind(static_cast<v1::LossKind>(99));
  EXPECT_TRUE(all.insert(OptimumFingerprint(data, other)).second);
  other.set_lp(5.5);
  EXPECT_TRUE(all.insert(OptimumFingerprint(data, other)).second);
}

}  // namespace
}  // namespace fathom::test

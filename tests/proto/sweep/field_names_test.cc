// What fields are called stays, whatever fields come later.
#include "proto/sweep/field_names.h"

#include <memory>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"
#include "proto/sweep/fields.h"
#include "tests/testing/status_matchers.h"

namespace fathom::test {
namespace {

using ::testing::Contains;
using ::testing::Not;

// The spec of a later release: every message got a field named as one that is
// there, in the place where it does the most harm.
class LaterSpec {
 public:
  explicit LaterSpec(
      const std::vector<std::pair<std::string, std::string>>& fields) {
    google::protobuf::FileDescriptorProto file;
    v1::SweepSpec::descriptor()->file()->CopyTo(&file);
    for (auto& message : *file.mutable_message_type()) {
      int number = 900;
      for (const auto& [holder, name] : fields) {
        if (message.name() != holder) continue;
        auto& field = *message.add_field();
        field.set_name(name);
        field.set_number(++number);
        field.set_type(google::protobuf::FieldDescriptorProto::TYPE_INT32);
        field.set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
      }
    }
    const google::protobuf::FileDescriptor* built = pool_.BuildFile(file);
    names_ = std::make_unique<FieldNames>(
        *built->FindMessageTypeByName("TrialSpec"));
  }
  const FieldNames& names() const { return *names_; }

 private:
  google::protobuf::DescriptorPool pool_;
  std::unique_ptr<FieldNames> names_;
};

TEST(FieldNamesTest, TheTableHasEveryFieldThatThereIs) {
  std::set<std::string> names;
  for (const FrozenName& frozen : FrozenNames()) {
    EXPECT_THAT(AxisFields(), Contains(frozen.path));
    EXPECT_EQ(ShortFieldName(frozen.path), frozen.short_name);
    EXPECT_EQ(*ResolveAxisField(frozen.short_name), frozen.path);
    EXPECT_TRUE(names.insert(frozen.short_name).second) << frozen.short_name;
  }
  // That of the columns of `results`, and of every key of its parameters.
  EXPECT_EQ(*ResolveAxisField("depth"), "model.depth");
  EXPECT_EQ(*ResolveAxisField("lp"), "loss.lp");
  EXPECT_EQ(*ResolveAxisField("learning_rate"), "optimizer.learning_rate");
  EXPECT_EQ(*ResolveAxisField("seed"), "seed");
  EXPECT_EQ(*ResolveAxisField("hidden_width"), "model.hidden_width");
}

// Ends that say little by themselves, and ends that older fields have.
TEST(FieldNamesTest, ANameSaysWhatItIsAbout) {
  for (const char* const name :
       {"schedule.name", "schedule.decay", "schedule.every", "schedule.floor",
        "schedule.unit", "conv1.channels", "conv1.kernel", "dense1.depth",
        "dense1.width", "output.depth", "image.height", "image.width",
        "test.rows", "validation.from", "evaluate.points",
        "evaluate.spacing"}) {
    const std::string path = ResolveAxisField(name).value_or("");
    EXPECT_TRUE(absl::EndsWith(path, name)) << name;
    EXPECT_EQ(ShortFieldName(path), name);
  }
  // What people write may be shorter.
  EXPECT_EQ(*ResolveAxisField("decay"), "optimizer.schedule.decay");
  EXPECT_EQ(*ResolveAxisField("points"), "record.points");
}

// A field that would have the whole path "depth" could not be told from the
// depth of the model: it must be called otherwise.
TEST(FieldNamesTest, EveryScalarOfATrialHasAName) {
  const auto& trial = *v1::TrialSpec::descriptor();
  for (int i = 0; i < trial.field_count(); ++i) {
    const auto& field = *trial.field(i);
    if (field.message_type() != nullptr) continue;
    EXPECT_THAT(AxisFields(), Contains(field.name()));
  }
}

TEST(FieldNamesTest, ASecondFieldOfANameChangesNothing) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (const char* holder :
       {"ModelSpec", "InitSpec", "OptimizerSpec", "LossSpec", "StopSpec",
        "RecordSpec", "DataSpec", "SyntheticData", "TrialSpec"}) {
    const auto* message =
        v1::SweepSpec::descriptor()->file()->FindMessageTypeByName(holder);
    for (const FrozenName& frozen : FrozenNames()) {
      const std::string path = frozen.path;
      const std::string last = path.substr(path.rfind('.') + 1);
      if (message->FindFieldByName(last) != nullptr) continue;
      bool there = false;
      for (const auto& [other, name] : fields) {
        there |= other == holder && name == last;
      }
      if (!there) fields.emplace_back(holder, last);
    }
  }
  ASSERT_THAT(fields, Contains(std::pair<std::string, std::string>(
                          "OptimizerSpec", "depth")));
  const LaterSpec later(fields);
  const FieldNames& names = later.names();
  const FieldNames& today = FieldNames::OfTrials();

  for (const std::string& path : today.paths()) {
    EXPECT_EQ(names.ShortName(path), today.ShortName(path));
    // Whatever end of it people may write means what it means today.
    for (size_t at = 0; at != std::string::npos;) {
      const std::string end = path.substr(at);
      EXPECT_EQ(names.Resolve(end).value_or(""),
                today.Resolve(end).value_or(""))
          << end;
      at = path.find('.', at);
      if (at != std::string::npos) ++at;
    }
  }
  EXPECT_EQ(*names.Resolve("optimizer"), "optimizer.name");
  EXPECT_EQ(*names.Resolve("name"), "optimizer.name");
  // The new ones have names of their own.
  std::set<std::string> taken;
  for (const std::string& path : names.paths()) {
    const std::string name = names.ShortName(path);
    EXPECT_TRUE(taken.insert(name).second) << name;
    EXPECT_EQ(names.Resolve(name).value_or(""), path) << name;
  }
  EXPECT_EQ(names.ShortName("optimizer.depth"), "optimizer.depth");
}

}  // namespace
}  // namespace fathom::test

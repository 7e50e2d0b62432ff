// The words of specs by the revision that brought them, and what their absence
// means in specs that are older.
#include "proto/sweep/revisions.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/fingerprint.h"
#include "proto/sweep/stored_spec.h"
#include "proto/sweep/validate.h"
#include "tests/proto/sweep/specs.h"

namespace fathom::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

// What programs of revision 1 stored for SmallSpec().
v1::SweepSpec SpecOfRevision1() {
  v1::SweepSpec spec = Spec("");
  v1::TrialSpec& trial = *spec.mutable_trial();
  trial.mutable_loss()->clear_kind();
  trial.mutable_data()->clear_one_hot();
  trial.mutable_data()->clear_standardize_targets();
  trial.mutable_data()->mutable_synthetic()->clear_spectrum_bend();
  trial.mutable_data()->mutable_synthetic()->clear_signal_decay();
  return spec;
}

// A new word needs a row in kNewWords with a new kSpecRevision, and its line in
// that file; one that has been released is never taken out.
TEST(RevisionsTest, EveryWordHasTheRevisionThatItCameWith) {
  std::ifstream file(FATHOM_SOURCE_DIR "/tests/upgrade/golden/words.txt");
  std::map<std::string, int> released;
  int revision = 0;
  for (std::string word; file >> revision >> word;) released[word] = revision;
  ASSERT_GT(released.size(), 100u);
  const std::vector<std::string> words = SpecWords();
  int newest = 0;
  for (const std::string& word : words) {
    ASSERT_TRUE(released.contains(word)) << word;
    EXPECT_EQ(RevisionOfWord(word), released[word]) << word;
    newest = std::max(newest, released[word]);
  }
  for (const auto& [word, since] : released) EXPECT_THAT(words, Contains(word));
  EXPECT_EQ(newest, kSpecRevision);
}

TEST(RevisionsTest, ASpecTakesTheNewestOfItsWords) {
  EXPECT_EQ(RequiredRevision(SpecOfRevision1()), 1);
  EXPECT_EQ(RequiredRevision(Spec("")), 2);
  EXPECT_EQ(RequiredRevision(Spec("trial { precision: PRECISION_FLOAT }")), 3);
  // In a repeated field, and in what people read only.
  v1::SweepSpec spec = SpecOfRevision1();
  spec.mutable_trial()->mutable_record()->add_metrics(v1::METRIC_GRADIENT_NORM);
  EXPECT_EQ(RequiredRevision(spec), 1);
  spec.mutable_trial()->mutable_record()->add_metrics(v1::METRIC_ACCURACY);
  EXPECT_EQ(RequiredRevision(spec), 2);
  spec = SpecOfRevision1();
  spec.mutable_summarize()->set_epsilon(0.1);
  EXPECT_EQ(RequiredRevision(spec), 2);
}

TEST(RevisionsTest, AnAxisCountsWithItsFieldAndItsValues) {
  const auto over = [](const std::string& axis) {
    return With(SpecOfRevision1(), "axes { axes { " + axis + " } }");
  };
  EXPECT_EQ(RequiredRevision(over("field: 'optimizer.name' list { "
                                  "values { text: 'adam' } }")),
            1);
  EXPECT_EQ(RequiredRevision(over("field: 'optimizer.batch_size' list { "
                                  "values { integer: 5 } }")),
            2);
  EXPECT_EQ(RequiredRevision(over("field: 'precision' list { "
                                  "values { text: 'double' } }")),
            3);
  // Both fields are of the first revision, axes over them are not.
  EXPECT_EQ(RequiredRevision(over("field: 'data.import.file' list { "
                                  "values { text: 'a.csv' } }")),
            4);
  EXPECT_EQ(RequiredRevision(over("field: 'data.digest' list { "
                                  "values { text: 'x' } }")),
            4);
}

TEST(RevisionsTest, WhatAnOlderProgramDidNotKnowMeansWhatItMeantThen) {
  v1::SweepSpec spec = SpecOfRevision1();
  ASSERT_THAT(Validate(spec), Not(IsEmpty()));
  for (const int revision : {0, 1}) {
    v1::SweepSpec completed = spec;
    CompleteStored(revision, &completed);
    EXPECT_EQ(completed.SerializeAsString(), Spec("").SerializeAsString());
  }
  // One that knew the fields left them out with intent.
  v1::SweepSpec untouched = spec;
  CompleteStored(2, &untouched);
  EXPECT_EQ(untouched.SerializeAsString(), spec.SerializeAsString());
}

TEST(RevisionsTest, NothingIsCompletedThatIsSaidOrVaries) {
  v1::SweepSpec spec = SpecOfRevision1();
  spec.mutable_trial()->mutable_data()->mutable_synthetic()->set_signal_decay(
      0.5);
  spec.mutable_trial()->mutable_data()->set_one_hot(true);
  spec = With(spec, R"(axes { axes { field: "data.synthetic.spectrum_bend"
                       list { values { number: 2 } } } })");
  CompleteStored(0, &spec);
  const v1::DataSpec& data = spec.trial().data();
  EXPECT_EQ(data.synthetic().signal_decay(), 0.5);
  EXPECT_FALSE(data.synthetic().has_spectrum_bend());
  EXPECT_TRUE(data.one_hot());

  v1::SweepSpec imported;
  imported.mutable_trial()->mutable_data()->set_digest("sha256:00");
  CompleteStored(0, &imported);
  EXPECT_FALSE(imported.trial().data().has_synthetic());
}

TEST(RevisionsTest, TheSameTrialsHaveTheFingerprintsOfAllRevisions) {
  const std::string today = Fingerprint(Spec(""));
  const std::string older = Fingerprint(SpecOfRevision1());
  ASSERT_NE(today, older);
  EXPECT_THAT(Fingerprints(Spec("")), ElementsAre(today, older));
  // It could not be said then.
  const v1::SweepSpec other =
      Spec("trial { data { synthetic { signal_decay: 0.5 } } }");
  EXPECT_THAT(Fingerprints(other), Not(Contains(older)));
}

}  // namespace
}  // namespace fathom::test

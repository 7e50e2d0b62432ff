#include "proto/sweep/checks/data.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/sweep/datasets.h"
#include "tests/proto/sweep/specs.h"
#include "tests/testing/status_matchers.h"

namespace fathom::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kDigest = "sha256:" + std::string(64, 'a');

// A normalized spec with this data instead of synthetic data, and more.
v1::SweepSpec WithData(const std::string& data, const std::string& more = "") {
  v1::SweepSpec spec = SmallSpec();
  spec.mutable_trial()->clear_data();
  return Normalize(With(spec, "trial { data { " + data + " } } " + more));
}

v1::SweepSpec Completion(const std::string& fields,
                         const std::string& more = "") {
  return WithData(
      "completion { matrix_rows: 4 matrix_columns: 6 rank: 2 " + fields + " }",
      more);
}

std::string Axis(const std::string& field, const std::string& integers) {
  std::string text = "axes { field: '" + field + "' list { ";
  std::string number;
  for (const char c : integers + " ") {
    if (c != ' ') {
      number += c;
      continue;
    }
    text += "values { integer: " + number + " } ";
    number.clear();
  }
  return text + "} } ";
}

std::string Grid(const std::string& axis) { return "axes { " + axis + "} "; }

std::string FirstViolation(const v1::SweepSpec& spec) {
  const std::vector<Violation> violations = Validate(spec);
  return violations.empty() ? "" : violations[0].field;
}

// A side that is none is said once, and not again by what has to fit into it.
TEST(CheckDataTest, ASideWithoutLengthIsOneObjection) {
  for (const std::string side : {"matrix_rows", "matrix_columns"}) {
    v1::SweepSpec spec = Completion("");
    v1::CompletionData& data =
        *spec.mutable_trial()->mutable_data()->mutable_completion();
    side == "matrix_rows" ? data.set_matrix_rows(0)
                          : data.set_matrix_columns(0);
    const std::vector<Violation> violations = Validate(spec);
    ASSERT_THAT(violations, SizeIs(1));
    EXPECT_EQ(violations[0].field, "trial.data.completion." + side);
  }
}

TEST(CheckDataTest, ExactlyOneKindOfDataIsTaken) {
  const std::string synthetic = "synthetic { rows: 20 columns: 3 } ";
  const std::string completion =
      "completion { matrix_rows: 4 matrix_columns: 6 rank: 2 } ";
  const std::string digest = "digest: '" + kDigest + "' ";
  const std::string import = "import { builtin: 'ethanol' } ";
  for (const std::string& one : {synthetic, completion, digest, import}) {
    EXPECT_THAT(Validate(WithData(one)), IsEmpty()) << one;
  }
  EXPECT_THAT(Validate(WithData(digest + import)), IsEmpty());
  for (const std::string& two :
       {synthetic + completion, synthetic + digest, synthetic + import,
        completion + digest, completion + import}) {
    EXPECT_THAT(Validate(WithData(two)), SizeIs(1)) << two;
  }
}

TEST(CheckDataTest, SyntheticDataStandsInForAnImportThatMayBeMissing) {
  const std::string import = "import { builtin: 'ethanol' if_present: true } ";
  const std::string synthetic = "synthetic { rows: 20 columns: 3 } ";
  EXPECT_THAT(Validate(WithData(import + synthetic)), IsEmpty());
  EXPECT_OK(CheckReady(WithData(import + synthetic)));

  EXPECT_EQ(FirstViolation(WithData(import)), "trial.data.import.if_present");
  EXPECT_EQ(FirstViolation(
                WithData(import + synthetic + "digest: '" + kDigest + "'")),
            "trial.data.synthetic");
  EXPECT_EQ(
      FirstViolation(WithData(import + synthetic,
                              Grid(Axis("data.synthetic.rows", "10 20")))),
      "trial.data.import.if_present");
}

TEST(CheckDataTest, KnownEntriesAreGivenByADataset) {
  const std::string digest = "digest: '" + kDigest + "' ";
  const auto given = [&](const std::string& more) {
    return "completion { given: true matrix_rows: 4 matrix_columns: 6 " + more +
           " } ";
  };
  EXPECT_THAT(Validate(WithData(digest + given(""))), IsEmpty());
  EXPECT_OK(CheckReady(WithData(digest + given(""))));
  EXPECT_EQ(FirstViolation(WithData(given(""))), "trial.data.completion.given");
  for (const char* more : {"rank: 2", "observed: 5", "seed: 1"}) {
    EXPECT_EQ(FirstViolation(WithData(digest + given(more))),
              "trial.data.completion");
  }
  EXPECT_EQ(FirstViolation(
                WithData(digest + given(""),
                         Grid(Axis("data.completion.matrix_rows", "2 3")))),
            "trial.data.completion");
  // What needs the whole matrix is not to be had.
  EXPECT_EQ(FirstViolation(WithData(
                digest + given(""),
                "trial { record { metrics: METRIC_RECONSTRUCTION_ERROR } }")),
            "trial.record.metrics[0]");
  EXPECT_EQ(FirstViolation(WithData(
                digest + given(""),
                "trial { model { init { scheme: INIT_SCHEME_BALANCED margin: "
                "0.5 } } }")),
            "trial.model.init.margin");
}

TEST(CheckDataTest, FilesCanBeAnAxisBesideTheirContent) {
  const std::string files =
      "axes { field: 'file' list { values { text: 'a' } values { text: 'b' } } "
      "} ";
  const auto digests = [](const std::string& second) {
    return "axes { field: 'digest' list { values { text: '" + kDigest +
           "' } values { text: '" + second + "' } } } ";
  };
  const std::string import = "import { target: 'y' } ";
  const std::string other = kDigest.substr(0, kDigest.size() - 1) + "f";
  // As people write it, and as it is submitted.
  const v1::SweepSpec written = WithData(import, Grid(files));
  EXPECT_THAT(Validate(written), IsEmpty());
  EXPECT_FALSE(CheckReady(written).ok());
  const v1::SweepSpec ready = WithData(import, Grid(files + digests(other)));
  EXPECT_THAT(Validate(ready), IsEmpty());
  EXPECT_OK(CheckReady(ready));
  EXPECT_THAT(DigestsOf(ready), ::testing::ElementsAre(kDigest, other));

  EXPECT_EQ(FirstViolation(WithData(import, Grid(files + digests("x")))),
            "trial.data.digest");
  EXPECT_EQ(
      FirstViolation(WithData("import { builtin: 'ethanol' }", Grid(files))),
      "trial.data.import");
  EXPECT_EQ(FirstViolation(
                WithData("synthetic { rows: 20 columns: 3 }", Grid(files))),
            "trial.data.synthetic");
  EXPECT_EQ(FirstViolation(WithData(
                "import { if_present: true } synthetic { rows: 20 columns: 3 }",
                Grid(files))),
            "trial.data.import.if_present");
}

TEST(CheckDataTest, CompletionIsReady) {
  EXPECT_OK(CheckReady(Completion("")));
}

TEST(CheckDataTest, RankAndEntriesFitTheShapeInEveryTrial) {
  const std::string rank = "data.completion.rank";
  const std::string rows = "data.completion.matrix_rows";
  const std::string columns = "data.completion.matrix_columns";
  const std::string observed = "data.completion.observed";
  const std::vector<std::pair<std::string, std::string>> fine = {
      {"rank: 4 observed: 24", ""},
      {"observed: 0", ""},
      {"", Grid(Axis(rank, "1 4"))},
      {"", Grid(Axis(rank, "1 8") + Axis(rows, "2 8")) +
               Grid(Axis(columns, "8 9"))},
      {"", Grid(Axis(observed, "12 24"))},
      {"", Grid(Axis(observed, "8 32") + Axis(columns, "2 8"))},
      {"",
       Grid(Axis(observed, "8 64") + Axis(columns, "2 8") + Axis(rows, "4 8"))},
      {"observed: 16", Grid(Axis(columns, "2 8") + Axis(rows, "8 2"))},
  };
  for (const auto& [fields, axes] : fine) {
    EXPECT_EQ(ToStatus(Validate(Completion(fields, axes))), absl::OkStatus())
        << fields << axes;
  }
  const std::vector<std::pair<std::string, std::string>> wrong_rank = {
      {"rank: 5", ""},
      {"", Grid(Axis(rank, "1 5"))},
      {"", Grid(Axis(rank, "4 3")) + Grid(Axis(rows, "3 4"))},
      {"", Grid(Axis(rank, "4 3") + Axis(rows, "3 4"))},
  };
  for (const auto& [fields, axes] : wrong_rank) {
    EXPECT_EQ(FirstViolation(Completion(fields, axes)), "trial." + rank)
        << fields << axes;
  }
  const std::vector<std::pair<std::string, std::string>> too_many = {
      {"observed: 25", ""},
      {"", Grid(Axis(observed, "24 25"))},
      {"", Grid(Axis(observed, "12 13")) + Grid(Axis(columns, "3 6"))},
      {"", Grid(Axis(observed, "13 12") + Axis(columns, "3 6"))},
      {"observed: 17", Grid(Axis(columns, "2 8") + Axis(rows, "8 2"))},
      {"observed: 17", Grid(Axis(columns, "4 8")) + Grid(Axis(rows, "2 4"))},
  };
  for (const auto& [fields, axes] : too_many) {
    EXPECT_EQ(FirstViolation(Completion(fields, axes)), "trial." + observed)
        << fields << axes;
  }
}

TEST(CheckDataTest, WhatPreparesSamplesIsRefusedForCompletion) {
  const auto completion = [](const std::string& data, const std::string& more) {
    return WithData(
        "completion { matrix_rows: 4 matrix_columns: 6 rank: 2 } " + data,
        more);
  };
  EXPECT_EQ(FirstViolation(completion("standardize: true", "")),
            "trial.data.standardize");
  EXPECT_EQ(FirstViolation(completion("one_hot: true", "")),
            "trial.data.one_hot");
  EXPECT_EQ(FirstViolation(completion("target_class: 3", "")),
            "trial.data.target_class");
  EXPECT_EQ(
      FirstViolation(completion("", "trial { optimizer { batch_size: 8 } }")),
      "trial.optimizer.batch_size");
  EXPECT_EQ(FirstViolation(completion(
                "", "trial { loss { kind: LOSS_KIND_CROSS_ENTROPY } }")),
            "trial.loss.kind");
  EXPECT_EQ(
      FirstViolation(completion("", "trial { precision: PRECISION_FLOAT }")),
      "trial.precision");
  EXPECT_EQ(FirstViolation(completion(
                "",
                "axes { axes { field: 'precision' list { "
                "values { text: 'double' } values { text: 'float' } } } }")),
            "trial.precision");
  EXPECT_EQ(
      FirstViolation(completion("", "trial { precision: PRECISION_DOUBLE }")),
      "");
}

TEST(CheckDataTest, ReconstructionErrorNeedsCompletion) {
  const std::string metric =
      "trial { record { metrics: METRIC_RECONSTRUCTION_ERROR } }";
  EXPECT_THAT(Validate(Completion("", metric)), IsEmpty());
  EXPECT_EQ(FirstViolation(Spec(metric)), "trial.record.metrics[0]");
}

TEST(CheckDataTest, MarginNeedsCompletionAndABalancedStart) {
  const std::string balanced =
      "trial { model { init { scheme: INIT_SCHEME_BALANCED margin: 0.5 } } }";
  const std::string gaussian = "trial { model { init { margin: 0.5 } } }";
  EXPECT_THAT(Validate(Completion("", balanced)), IsEmpty());
  EXPECT_EQ(FirstViolation(Completion("", gaussian)),
            "trial.model.init.margin");
  EXPECT_EQ(FirstViolation(Spec(balanced)), "trial.model.init.margin");
}

TEST(CheckDataTest, EndToEndStartHasTheSizeOfTheMatrix) {
  std::string start = "trial { model { init { scheme: INIT_SCHEME_BALANCED ";
  for (int i = 0; i < 23; ++i) start += "end_to_end: 1 ";
  const std::vector<Violation> violations =
      Validate(Completion("", start + "} } }"));
  ASSERT_THAT(violations, SizeIs(1));
  EXPECT_EQ(violations[0].found, "23 entries");
  EXPECT_THAT(violations[0].expected,
              HasSubstr("matrix_rows * matrix_columns = 24"));
  EXPECT_THAT(Validate(Completion("", start + "end_to_end: 0.5 } } }")),
              IsEmpty());
}

}  // namespace
}  // namespace fathom::test

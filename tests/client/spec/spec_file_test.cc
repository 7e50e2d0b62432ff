#include "client/spec/spec_file.h"

#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/space.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

v1::SweepSpec Parse(const std::string& yaml) {
  absl::StatusOr<v1::SweepSpec> spec = ParseSweepSpec(yaml, "sweep.yaml");
  EXPECT_OK(spec) << yaml;
  return spec.ok() ? *spec : v1::SweepSpec();
}

// Returns a spec that needs only `lines` to be complete.
std::string With(const std::string& lines) {
  return "name: x\n"
         "data: {synthetic: {rows: 10, columns: 3}}\n"
         "optimizer: {learning_rate: 1}\n"
         "steps: 10\n" +
         lines;
}

void ExpectMeans(const std::string& yaml, const std::string& text_proto) {
  v1::SweepSpec expected;
  ASSERT_TRUE(
      google::protobuf::TextFormat::ParseFromString(text_proto, &expected));
  const v1::SweepSpec actual = Parse(yaml);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(
      actual, Normalize(expected)))
      << actual.DebugString();
}

TEST(SpecFileTest, ReadsWhatTheProtoSays) {
  ExpectMeans(
      R"yaml(
name: l4-depth
data: {file: ethanol.csv, target: concentration_ppm, ignore: [source_batch], standardize: true}
loss: {lp: 4}                       # mean of (prediction - y)^p / p
model: {family: linear_net, hidden_width: 1, init: {scheme: gaussian, std: 0.01}}
optimizer: {name: gd}
steps: 100000
axes:
  depth: [1, 2, 3]
  learning_rate: {log: {from: 1e-5, to: 1e-1, per_decade: 2}}
  seed: {range: [0, 5]}
record: {points: 200, spacing: log, metrics: [loss, weight_norm, balancedness]}
stop: {loss_below: 1e-6}
summarize: {best_over: [learning_rate], average_over: [seed], by: [depth], metric: loss}
)yaml",
      R"pb(
        name: "l4-depth"
        trial {
          data {
            import {
              file: "ethanol.csv"
              target: "concentration_ppm"
              ignore: "source_batch"
            }
            standardize: true
          }
          loss { lp: 4 }
          model {
            family: MODEL_FAMILY_LINEAR_NET
            hidden_width: 1
            init { scheme: INIT_SCHEME_GAUSSIAN std: 0.01 }
          }
          optimizer { name: OPTIMIZER_NAME_GD }
          steps: 100000
          record {
            points: 200
            spacing: RECORD_SPACING_LOG
            metrics: [ METRIC_LOSS, METRIC_WEIGHT_NORM, METRIC_BALANCEDNESS ]
          }
          stop { loss_below: 1e-6 }
        }
        axes {
          axes {
            field: "model.depth"
            list {
              values { integer: 1 }
              values { integer: 2 }
              values { integer: 3 }
            }
          }
        }
        axes {
          axes {
            field: "optimizer.learning_rate"
            log { from: 1e-5 to: 1e-1 per_decade: 2 }
          }
        }
        axes {
          axes {
            field: "seed"
            range { from: 0 to: 5 step: 1 }
          }
        }
        summarize {
          best_over: "optimizer.learning_rate"
          average_over: "seed"
          by: "model.depth"
          metric: METRIC_LOSS
        }
      )pb");
}

TEST(SpecFileTest, FlagsAreThoseOfYaml) {
  const auto flag = [](const std::string& word) {
    const v1::SweepSpec spec =
        Parse(With("axes: {standardize: [" + word + "]}\n"));
    return spec.axes(0).axes(0).list().values(0).flag();
  };
  for (const char* word : {"true", "True", "TRUE"}) {
    EXPECT_TRUE(flag(word)) << word;
  }
  for (const char* word : {"false", "False", "FALSE"}) {
    EXPECT_FALSE(flag(word)) << word;
  }
}

TEST(SpecFileTest, EveryFormOfAnAxisMeansItsValues) {
  const v1::SweepSpec spec = Parse(With(R"yaml(
axes:
  seed: {range: [4, 10, 3]}
  model.depth: {range: {from: 1, to: 3}}
  std: {linspace: {from: 0, to: 1, count: 3}}
  learning_rate: {log: {from: 1e-3, to: 1e-1, count: 3}}
  scheme: [gaussian, balanced]
  standardize: [false, true]
)yaml"));
  const absl::StatusOr<Space> space = Space::Create(spec);
  ASSERT_OK(space);

  EXPECT_EQ(space->size(), 2 * 2 * 3 * 3 * 2 * 2);
  const v1::TrialSpec first = space->TrialAt(0);
  EXPECT_EQ(first.seed(), 4);
  EXPECT_EQ(first.model().depth(), 1);
  EXPECT_EQ(first.optimizer().learning_rate(), 1e-3);
  EXPECT_EQ(first.model().init().scheme(), v1::INIT_SCHEME_GAUSSIAN);
  EXPECT_FALSE(first.data().standardize());
  const v1::TrialSpec last = space->TrialAt(space->size() - 1);
  EXPECT_EQ(last.seed(), 7);
  EXPECT_EQ(last.model().depth(), 2);
  EXPECT_EQ(last.model().init().std(), 1);
  EXPECT_EQ(last.optimizer().learning_rate(), 1e-1);
  EXPECT_EQ(last.model().init().scheme(), v1::INIT_SCHEME_BALANCED);
  EXPECT_TRUE(last.data().standardize());
}

TEST(SpecFileTest, ZippedAxesMoveTogether) {
  const v1::SweepSpec spec = Parse(With(R"yaml(
axes:
  seed: {range: [0, 2]}
  zip:
    depth: [1, 2, 3]
    learning_rate: [0.1, 0.2, 0.3]
)yaml"));

  ASSERT_EQ(spec.axes_size(), 2);
  ASSERT_EQ(spec.axes(1).axes_size(), 2);
  EXPECT_EQ(spec.axes(1).axes(0).field(), "model.depth");
  EXPECT_EQ(spec.axes(1).axes(1).field(), "optimizer.learning_rate");
}

TEST(SpecFileTest, AListOfAxesOrdersSeveralZips) {
  const v1::SweepSpec spec = Parse(With(R"yaml(
axes:
- zip: {depth: [1, 2], std: [0.1, 0.2]}
- seed: [1, 2, 3]
  lp: [2, 4]
- zip:
  - {learning_rate: [0.1, 0.2], weight_decay: [0, 1]}
  - {points: [10, 20], norm: [1, 2]}
)yaml"));

  ASSERT_EQ(spec.axes_size(), 5);
  EXPECT_EQ(spec.axes(0).axes_size(), 2);
  EXPECT_EQ(spec.axes(1).axes(0).field(), "seed");
  EXPECT_EQ(spec.axes(2).axes(0).field(), "loss.lp");
  EXPECT_EQ(spec.axes(3).axes(1).field(), "optimizer.weight_decay");
  EXPECT_EQ(spec.axes(4).axes(0).field(), "record.points");
}

TEST(SpecFileTest, IntegersMayHaveExponentsWhenIntegral) {
  EXPECT_EQ(Parse("name: x\ndata: {builtin: fashion-mnist}\n"
                  "optimizer: {learning_rate: 1e-3}\nsteps: 1e6\n"
                  "axes: {seed: [1.5e1, 3]}")
                .trial()
                .steps(),
            1000000);
}

TEST(SpecFileTest, ASingleValueStandsForAListOfOne) {
  const v1::SweepSpec spec =
      Parse(With("record: {at: 5, metrics: loss}\n"
                 "model: {depth: 2, hidden_widths: 7}\n"));
  EXPECT_THAT(spec.trial().record().at(), ::testing::ElementsAre(5));
  EXPECT_THAT(spec.trial().model().hidden_widths(), ::testing::ElementsAre(7));
}

TEST(SpecFileTest, AnchorsAreUnderstood) {
  const v1::SweepSpec spec =
      Parse(With("record: {at: &at [3, 5]}\nsummarize: {at: *at}\n"));
  EXPECT_THAT(spec.summarize().at(), ::testing::ElementsAre(3, 5));
}

TEST(SpecFileTest, ZeroIsAValueLikeAnyOther) {
  const v1::SweepSpec spec = Parse(
      With("seed: 0\nmodel: {depth: 2, hidden_width: 0, init: {std: 0}}\n"));
  EXPECT_EQ(spec.trial().model().init().std(), 0);
  EXPECT_EQ(spec.trial().model().hidden_width(), 0);
}

TEST(SpecFileTest, TheResultIsNormalized) {
  const v1::SweepSpec spec = Parse(With("axes: {depth: [1, 2]}\n"));
  EXPECT_EQ(spec.trial().loss().lp(), 2);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(
      spec, Normalize(spec)));
}

}  // namespace
}  // namespace fathom::client

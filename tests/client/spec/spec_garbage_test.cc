// Whatever the text, reading it must end with a spec or with errors, and not
// with a crash.
#include <cstdint>
#include <random>
#include <string>

#include "client/spec/spec_file.h"
#include "client/spec/spec_writer.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

constexpr char kSpec[] = R"yaml(# A comment
name: l4-depth
data: &d {file: "x.csv", target: [y], standardize: true}
loss: {lp: 4, factor: one}
model:
  hidden_width: 1
  init: {scheme: balanced, norm: 1e-3, end_to_end: [1, 2]}
optimizer: {name: gd}
steps: 1e5
axes:
  depth: [1, 2, 3]
  zip:
  - {learning_rate: {log: {from: 1e-5, to: 1e-1, count: 3}}, lp: [2, 4, 6]}
  - std: [0.1]
    seed: {range: {from: 0, to: 2, step: 2}}
record: {points: 200, spacing: log, at: &at [3, 4], metrics: [loss]}
stop: {loss_below: 1e-6}
summarize: {best_over: [learning_rate], average_over: seed, by: [depth], at: *at}
)yaml";

// A spec as other programs get it.
constexpr char kJson[] = R"json({"name":"l4-depth",
"trial":{"data":{"import":{"file":"x.csv","target":["y"]},"standardize":true},
"loss":{"lp":4.0,"factor":"one"},"model":{"hidden_width":1},"steps":100000,
"optimizer":{"name":"gd","weight_decay":0.0},"record":{"metrics":["loss"]}},
"axes":[{"axes":[{"field":"model.depth","list":{"values":[1,2,3]}}]},
{"axes":[{"field":"optimizer.learning_rate",
"log":{"from":1e-05,"to":0.1,"count":3}},
{"field":"loss.lp","list":{"values":[2.0,4.0,6.0]}}]},
{"axes":[{"field":"seed","range":{"from":0,"to":2,"step":2}}]}],
"summarize":{"by":["model.depth"],"metric":"loss"}})json";

// Pieces that mean something to YAML or to a spec.
constexpr const char* kPieces[] = {"[",
                                   "]",
                                   "{",
                                   "}",
                                   ": ",
                                   ",",
                                   "- ",
                                   "\n",
                                   "  ",
                                   "\t",
                                   "\"",
                                   "'",
                                   "&a ",
                                   "*a",
                                   "!!x ",
                                   "? ",
                                   "---\n",
                                   "...\n",
                                   "|\n",
                                   ">\n",
                                   "#",
                                   "%YAML ",
                                   "0",
                                   "-1",
                                   "1e400",
                                   ".nan",
                                   "null",
                                   "~",
                                   "true",
                                   "axes",
                                   "zip",
                                   "depth",
                                   "{range: [",
                                   "log",
                                   "steps",
                                   "data",
                                   "\xef\xbb\xbf",
                                   "\xff",
                                   "\\x",
                                   "<<",
                                   "99999999999999999999",
                                   "@",
                                   "`",
                                   "seed",
                                   "metrics",
                                   "summarize",
                                   "\r\n",
                                   "import",
                                   "\"trial\":{",
                                   "\"axes\":[{",
                                   "\"field\":",
                                   "\"list\":{\"values\":["};

// Reads `text`. A spec that is accepted must also come back from its YAML.
void Read(const std::string& text) {
  const absl::StatusOr<v1::SweepSpec> spec = ParseSweepSpec(text, "s.yaml");
  if (!spec.ok()) {
    ASSERT_EQ(spec.status().code(), absl::StatusCode::kInvalidArgument);
    ASSERT_EQ(spec.status().message().substr(0, 7), "s.yaml:");
    return;
  }
  const absl::StatusOr<v1::SweepSpec> again =
      ParseSweepSpec(ToYaml(*spec), "again.yaml");
  ASSERT_OK(again) << text << "\n-> " << ToYaml(*spec);
  ASSERT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*spec, *again))
      << text;
}

class SpecGarbageTest : public ::testing::Test {
 protected:
  size_t Below(size_t end) { return random_() % end; }
  const char* Piece() { return kPieces[Below(std::size(kPieces))]; }

  std::mt19937_64 random_{20180219};
};

TEST_F(SpecGarbageTest, TruncatedSpecsAreRead) {
  for (const std::string spec : {kSpec, kJson}) {
    ASSERT_OK(ParseSweepSpec(spec, "s.yaml"));
    for (size_t size = 0; size <= spec.size(); ++size) {
      ASSERT_NO_FATAL_FAILURE(Read(spec.substr(0, size)));
    }
  }
}

TEST_F(SpecGarbageTest, MutatedSpecsAreRead) {
  for (int round = 0; round < 9000; ++round) {
    std::string text = round % 3 == 0 ? kJson : kSpec;
    for (size_t edits = 1 + Below(4); edits > 0; --edits) {
      const size_t at = Below(text.size());
      switch (Below(4)) {
        case 0:
          text[at] = static_cast<char>(random_());
          break;
        case 1:
          text.insert(at, Piece());
          break;
        case 2:
          text.erase(at, 1 + Below(20));
          break;
        default:
          text.insert(at, text.substr(Below(text.size()), Below(60)));
      }
    }
    ASSERT_NO_FATAL_FAILURE(Read(text)) << "round " << round;
  }
}

TEST_F(SpecGarbageTest, RandomPiecesAreRead) {
  for (int round = 0; round < 6000; ++round) {
    std::string text;
    for (size_t pieces = Below(40); pieces > 0; --pieces) text += Piece();
    ASSERT_NO_FATAL_FAILURE(Read(text)) << "round " << round;
  }
}

TEST_F(SpecGarbageTest, RandomBytesAreRead) {
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (size_t bytes = Below(200); bytes > 0; --bytes) {
      // Half of the texts are ASCII, because other bytes end the reading at
      // once.
      text += static_cast<char>(random_() % (round % 2 == 0 ? 128 : 256));
    }
    ASSERT_NO_FATAL_FAILURE(Read(text)) << "round " << round;
  }
}

}  // namespace
}  // namespace fathom::client

// Every range of a field, at both its ends and just beyond them. The table is
// written down once more, so that an end that moves has to move here, too.
#include "proto/sweep/limits.h"

#include <cmath>
#include <limits>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "proto/sweep/fields.h"
#include "tests/proto/sweep/specs.h"

namespace fathom::test {
namespace {

constexpr double kMost = std::numeric_limits<double>::max();

struct Range {
  const char* path;
  double least;  // That is accepted.
  double most;
};

const double kTiny = std::numeric_limits<double>::denorm_min();
const double kBelow1 = std::nextafter(1.0, 0.0);

const Range kRanges[] = {
    {"data.synthetic.rows", 1, 10'000'000},
    {"data.synthetic.columns", 1, 100'000},
    {"data.synthetic.outputs", 1, 1000},
    {"data.synthetic.condition", 1, kMost},
    {"data.synthetic.top_eigenvalue", kTiny, kMost},
    {"data.synthetic.noise", 0, kMost},
    {"data.synthetic.spectrum_bend", kTiny, kMost},
    {"data.synthetic.signal_decay", 0, 1},
    {"data.synthetic.tail", std::nextafter(4.0, 5.0), kMost},
    {"data.completion.matrix_rows", 1, 1000},
    {"data.completion.matrix_columns", 1, 1000},
    {"data.completion.rank", 1, 1000},
    {"data.completion.observed", 0, 1'000'000},
    {"data.completion.frobenius_norm", kTiny, kMost},
    {"data.test.rows", 0, 1e9},
    {"data.test.from", 0, 1e9},
    {"data.validation.rows", 0, 1e9},
    {"data.validation.from", 0, 1e9},
    {"loss.lp", std::nextafter(1.0, 2.0), 64},
    {"model.depth", 1, 64},
    {"model.order", 1, 1e6},
    {"model.hidden_width", 0, 65536},
    {"model.init.std", 0, kMost},
    {"model.init.norm", 0, kMost},
    {"model.init.margin", kTiny, 1},
    {"model.conv1.channels", 0, 1024},
    {"model.conv1.kernel", 1, 11},
    {"model.conv1.pool", 1, 15},
    {"model.conv1.std", 0, kMost},
    {"model.conv2.channels", 0, 1024},
    {"model.conv2.kernel", 1, 11},
    {"model.conv2.pool", 1, 15},
    {"model.conv2.std", 0, kMost},
    {"model.conv3.channels", 0, 1024},
    {"model.conv3.kernel", 1, 11},
    {"model.conv3.pool", 1, 15},
    {"model.conv3.std", 0, kMost},
    {"model.dense1.width", 0, 65536},
    {"model.dense1.depth", 0, 64},
    {"model.dense1.inner_width", 0, 65536},
    {"model.dense1.dropout", 0, kBelow1},
    {"model.dense1.std", 0, kMost},
    {"model.dense2.width", 0, 65536},
    {"model.dense2.depth", 0, 64},
    {"model.dense2.inner_width", 0, 65536},
    {"model.dense2.dropout", 0, kBelow1},
    {"model.dense2.std", 0, kMost},
    {"model.dense3.width", 0, 65536},
    {"model.dense3.depth", 0, 64},
    {"model.dense3.inner_width", 0, 65536},
    {"model.dense3.dropout", 0, kBelow1},
    {"model.dense3.std", 0, kMost},
    {"model.output.width", 0, 0},
    {"model.output.depth", 0, 64},
    {"model.output.inner_width", 0, 65536},
    {"model.output.dropout", 0, 0},
    {"model.output.std", 0, kMost},
    {"model.image.channels", 0, 1024},
    {"model.image.height", 0, 65536},
    {"model.image.width", 0, 65536},
    {"regularizer.l2", 0, kMost},
    {"data.feature_scale", kTiny, kMost},
    {"optimizer.batch_size", 0, 10'000'000},
    {"optimizer.learning_rate", kTiny, kMost},
    {"optimizer.weight_decay", 0, kMost},
    {"optimizer.momentum", 0, kBelow1},
    {"optimizer.beta1", 0, kBelow1},
    {"optimizer.beta2", 0, kBelow1},
    {"optimizer.rho", 0, kBelow1},
    {"optimizer.epsilon", kTiny, kMost},
    {"optimizer.initial_accumulator", 0, kMost},
    {"optimizer.schedule.decay", kTiny, 1},
    {"optimizer.schedule.every", 1, 1e12},
    {"optimizer.schedule.floor", 0, 1},
    {"optimizer.schedule.warm_up", 0, 1e12},
    {"steps", 1, 1e12},
    {"record.points", 2, 100'000},
    {"record.evaluate.points", 2, 100'000},
    {"stop.diverge_factor", std::nextafter(1.0, 2.0), kMost},
};

bool Accepts(const std::string& path, double number) {
  const v1::Value value = IsIntegerField(path)
                              ? Integer(static_cast<int64_t>(number))
                              : Number(number);
  return !CheckValue(v1::TrialSpec(), path, value).has_value();
}

TEST(LimitsTest, EveryRangeHasItsEndsAndNothingBeyond) {
  for (const auto& [path, least, most] : kRanges) {
    const bool whole = IsIntegerField(path);
    EXPECT_TRUE(Accepts(path, least)) << path;
    EXPECT_TRUE(Accepts(path, most)) << path;
    EXPECT_FALSE(Accepts(path, whole ? least - 1 : std::nextafter(least, -1)))
        << path;
    if (most == kMost) continue;
    EXPECT_FALSE(Accepts(path, whole ? most + 1 : std::nextafter(most, kMost)))
        << path;
  }
}

TEST(LimitsTest, EveryNumberHasARangeOrIsASeedAClassOrABound) {
  std::set<std::string> ranged;
  for (const Range& range : kRanges) ranged.insert(range.path);
  for (const std::string& path : AxisFields()) {
    const bool free = path.ends_with("seed") || path == "data.target_class" ||
                      path == "stop.loss_below" || path.ends_with(".bias") ||
                      path == "data.feature_shift";
    const bool numeric =
        IsIntegerField(path) || Accepts(path, 0.5) || Accepts(path, 2.5);
    if (!numeric || free) continue;
    EXPECT_TRUE(ranged.contains(path)) << path << ": say here what it may be";
  }
  for (const Range& range : kRanges) {
    for (const double number : {std::numeric_limits<double>::quiet_NaN(),
                                std::numeric_limits<double>::infinity()}) {
      if (IsIntegerField(range.path)) continue;
      EXPECT_FALSE(Accepts(range.path, number)) << range.path;
    }
  }
}

}  // namespace
}  // namespace fathom::test

#include "proto/sweep/message_json.h"

#include <cmath>

#include "fathom/v1/sweep_service.pb.h"
#include "gmock/gmock.h"
#include "tests/proto/sweep/specs.h"

namespace fathom {
namespace {

TEST(MessageJsonTest, ResultsShowZerosAndHaveTheNamesOfSql) {
  v1::Sweep sweep;
  sweep.set_sweep_id(3);
  sweep.set_state(v1::SWEEP_STATE_RUNNING);
  sweep.mutable_spec()->set_name("a");
  sweep.mutable_spec()->mutable_trial()->mutable_loss()->set_lp(4);
  sweep.mutable_create_time()->set_seconds(1'700'000'000);
  sweep.mutable_progress()->set_pending(7);

  EXPECT_EQ(ToJson(sweep).dump(),
            "{\"sweep\":3,\"spec\":{\"name\":\"a\",\"trial\":{\"loss\":{"
            "\"lp\":4.0},\"seed\":0}},\"fingerprint\":\"\",\"state\":"
            "\"running\",\"trials\":0,\"create_time\":"
            "\"2023-11-14T22:13:20.000000Z\",\"progress\":{\"pending\":7,"
            "\"leased\":0,\"succeeded\":0,\"diverged\":0,\"stopped\":0,"
            "\"failed\":0,\"cancelled\":0,\"fraction\":0.0},\"paused\":false,"
            "\"priority\":0,\"weight\":0.0,\"numerics\":[],"
            "\"interrupted\":false,\"owner\":\"\",\"unreadable\":\"\","
            "\"traceparent\":\"\"}");

  v1::Trial trial;
  trial.set_sweep_id(3);
  trial.mutable_result()->set_best_step(9);
  const nlohmann::ordered_json json = ToJson(trial);
  EXPECT_EQ(json["sweep"], 3);
  EXPECT_EQ(json["trial"], 0);
  EXPECT_EQ(json["result"]["trial"], 0);
  EXPECT_FALSE(json.contains("spec"));
}

TEST(MessageJsonTest, SpecsShowZerosThatMeanSomething) {
  const nlohmann::ordered_json trial = ToJson(test::Spec("").trial());
  EXPECT_EQ(trial["seed"], 0);
  EXPECT_EQ(trial["model"]["hidden_width"], 0);
  EXPECT_EQ(trial["optimizer"]["weight_decay"], 0.0);
  EXPECT_EQ(trial["optimizer"]["batch_size"], 0);
  EXPECT_EQ(trial["optimizer"]["batch_seed"], 0);
  EXPECT_EQ(trial["data"]["synthetic"]["seed"], 0);
  EXPECT_EQ(trial["data"]["synthetic"]["noise"], 0.0);
}

TEST(MessageJsonTest, SpecsDoNotShowWhatIsNotGiven) {
  v1::TrialSpec trial;
  trial.mutable_model()->add_hidden_widths(3);
  trial.mutable_data()->mutable_import()->set_file("x.csv");
  trial.mutable_optimizer();
  // Neither steps and a rate of 0, which no trial can have, nor a width of 0
  // beside widths.
  EXPECT_EQ(ToJson(trial).dump(),
            "{\"data\":{\"import\":{\"file\":\"x.csv\"}},"
            "\"model\":{\"hidden_widths\":[3]},"
            "\"optimizer\":{\"weight_decay\":0.0,\"batch_size\":0,"
            "\"batch_seed\":0},\"seed\":0}");
}

TEST(MessageJsonTest, RangesOfAxesShowBothEnds) {
  v1::Axis axis;
  axis.mutable_range()->set_to(5);
  EXPECT_EQ(ToJson(axis)["range"].dump(), "{\"from\":0,\"to\":5}");
  axis.mutable_range()->set_from(-3);
  axis.mutable_range()->set_to(0);
  EXPECT_EQ(ToJson(axis)["range"].dump(), "{\"from\":-3,\"to\":0}");
  axis.mutable_linspace()->set_to(1);
  axis.mutable_linspace()->set_count(3);
  EXPECT_EQ(ToJson(axis)["linspace"].dump(),
            "{\"from\":0.0,\"to\":1.0,\"count\":3}");
  axis.mutable_log()->set_from(1);
  axis.mutable_log()->set_to(10);
  axis.mutable_log()->set_count(3);
  EXPECT_EQ(ToJson(axis)["log"].dump(),
            "{\"from\":1.0,\"to\":10.0,\"count\":3}");
}

TEST(MessageJsonTest, AxisValuesAreBare) {
  v1::Axis axis;
  axis.set_field("model.depth");
  axis.mutable_list()->add_values()->set_integer(1);
  axis.mutable_list()->add_values()->set_text("x");

  EXPECT_EQ(ToJson(axis).dump(),
            "{\"field\":\"model.depth\",\"list\":{\"values\":[1,\"x\"]}}");
}

TEST(MessageJsonTest, DurationsAreSeconds) {
  v1::Worker worker;
  worker.mutable_silence()->set_seconds(2);
  worker.mutable_silence()->set_nanos(500'000'000);

  EXPECT_EQ(ToJson(worker)["silence"], 2.5);
}

TEST(MessageJsonTest, TheTextIsJsonWhateverTheMessageHolds) {
  v1::SweepSpec spec;
  spec.set_name("gr\xF6\xDF");
  spec.mutable_trial()->mutable_loss()->set_lp(NAN);

  const std::string text = JsonText(ToJson(spec));

  EXPECT_TRUE(nlohmann::json::accept(text)) << text;
  EXPECT_THAT(text, ::testing::HasSubstr("\"lp\":null"));
}

// What a newer program answers to an older one.
TEST(MessageJsonTest, AValueWithoutANameIsItsNumber) {
  v1::Sweep sweep;
  sweep.set_state(static_cast<v1::SweepState>(99));
  sweep.mutable_spec()->mutable_trial()->mutable_record()->add_metrics(
      static_cast<v1::Metric>(500));
  sweep.mutable_spec()->mutable_trial()->mutable_record()->add_metrics(
      v1::METRIC_LOSS);
  const auto json = ToJson(sweep);
  EXPECT_EQ(json["state"], 99);
  EXPECT_EQ(json["spec"]["trial"]["record"]["metrics"],
            nlohmann::ordered_json({500, "loss"}));
}

}  // namespace
}  // namespace fathom

#include "client/view/message_json.h"

#include "fathom/v1/sweep_service.pb.h"
#include "gmock/gmock.h"

namespace fathom {
namespace {

TEST(MessageJsonTest, ResultsShowZerosAndSpecsOnlyWhatIsSet) {
  v1::Sweep sweep;
  sweep.set_sweep_id(3);
  sweep.set_state(v1::SWEEP_STATE_RUNNING);
  sweep.mutable_spec()->set_name("a");
  sweep.mutable_spec()->mutable_trial()->mutable_loss()->set_lp(4);
  sweep.mutable_create_time()->set_seconds(1'700'000'000);
  sweep.mutable_progress()->set_pending(7);

  EXPECT_EQ(ToJson(sweep).dump(),
            "{\"sweep_id\":3,\"spec\":{\"name\":\"a\",\"trial\":{\"loss\":{"
            "\"lp\":4.0}}},\"fingerprint\":\"\",\"state\":\"running\","
            "\"trial_count\":0,\"create_time\":\"2023-11-14T22:13:20.000000Z\","
            "\"progress\":{\"pending\":7,\"leased\":0,\"succeeded\":0,"
            "\"diverged\":0,\"stopped\":0,\"failed\":0,\"cancelled\":0,"
            "\"fraction\":0.0},\"paused\":false,\"priority\":0,\"weight\":0.0,"
            "\"numerics\":[]}");
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

}  // namespace
}  // namespace fathom

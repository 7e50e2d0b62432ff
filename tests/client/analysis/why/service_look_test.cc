#include "client/analysis/why/service_look.h"

#include <cmath>
#include <string>
#include <vector>

#include "client/analysis/why/limits.h"
#include "gtest/gtest.h"

namespace fathom::client {
namespace {

constexpr double kNow = 1000;

void AddHistogram(const std::string& name, double sum, int64_t count,
                  v1::Telemetry* telemetry) {
  v1::TelemetryFamily* const family = telemetry->add_families();
  family->set_name(name);
  v1::TelemetryHistogram* const histogram =
      family->add_samples()->mutable_histogram();
  histogram->set_sum(sum);
  histogram->add_counts(count);
}

// A coordinator that started 100 seconds ago and committed 50 times.
v1::Telemetry Coordinator(double sync_sum) {
  v1::Telemetry telemetry;
  telemetry.mutable_start_time()->set_seconds(900);
  AddHistogram("fathom_commit_write_seconds", 10, 50, &telemetry);
  AddHistogram("fathom_commit_sync_seconds", sync_sum, 50, &telemetry);
  v1::TelemetryFamily* const free = telemetry.add_families();
  free->set_name("fathom_disk_free_bytes");
  free->add_samples()->set_value(5e9);
  return telemetry;
}

// A worker of two slots that has been there for 100 seconds.
v1::Worker Worker(double busy_seconds, double ack_sum, int64_t acks) {
  v1::Worker worker;
  worker.set_connected(true);
  worker.set_slots(2);
  worker.mutable_start_time()->set_seconds(900);
  v1::WorkerTelemetry* const telemetry = worker.mutable_telemetry();
  telemetry->set_busy_seconds(busy_seconds);
  telemetry->set_unacknowledged_reports(3);
  telemetry->mutable_ack_seconds()->set_sum(ack_sum);
  telemetry->mutable_ack_seconds()->add_counts(acks);
  return worker;
}

TEST(ServiceLookTest, CommitsThatTakeMostOfTheTimeLimit) {
  const ServiceLook slow = LookAtService(Coordinator(50), {}, kNow);
  EXPECT_DOUBLE_EQ(*slow.commit_seconds, 1.2);
  EXPECT_DOUBLE_EQ(*slow.commit_share, 0.6);
  EXPECT_EQ(slow.free_bytes, 5e9);
  EXPECT_TRUE(DiskLimits(slow));
  EXPECT_FALSE(DiskLimits(LookAtService(Coordinator(30), {}, kNow)));
}

TEST(ServiceLookTest, SlowAcknowledgementsLimitWhereSlotsStandStill) {
  const ServiceLook look =
      LookAtService({}, {Worker(40, 30, 20), Worker(50, 10, 20)}, kNow);
  EXPECT_DOUBLE_EQ(*look.ack_seconds, 1);
  EXPECT_DOUBLE_EQ(*look.busy_share, 90.0 / 400);
  EXPECT_EQ(look.unacknowledged, 6);
  EXPECT_TRUE(NetworkLimits(look, 0.5));
  // Trials take longer than reports, or slots are busy, or nothing is known.
  EXPECT_FALSE(NetworkLimits(look, 2));
  EXPECT_FALSE(
      NetworkLimits(LookAtService({}, {Worker(150, 30, 20)}, kNow), {}));
  EXPECT_FALSE(NetworkLimits(LookAtService({}, {}, kNow), {}));
}

TEST(ServiceLookTest, OlderCoordinatorsAndNonsenseSayNothing) {
  v1::Telemetry odd = Coordinator(NAN);
  odd.mutable_start_time()->set_seconds(2000);
  odd.mutable_families(2)->mutable_samples(0)->set_value(-1);
  const ServiceLook look = LookAtService(odd, {v1::Worker()}, kNow);
  EXPECT_FALSE(look.commit_share.has_value());
  EXPECT_FALSE(look.free_bytes.has_value());
  EXPECT_FALSE(look.busy_share.has_value());
  EXPECT_FALSE(DiskLimits(look));
  EXPECT_FALSE(LookAtService({}, {}, kNow).commit_seconds.has_value());
}

TEST(ServiceLookTest, DiskAndNetworkAreNamedWhereTrialsWait) {
  SweepLook look;
  look.sweep.set_state(v1::SWEEP_STATE_RUNNING);
  look.sweep.set_weight(1);
  look.sweep.mutable_progress()->set_pending(4);
  look.sweep.mutable_progress()->set_leased(2);
  look.service = LookAtService(Coordinator(50), {}, kNow);
  EXPECT_EQ(FindLimit(look).limit, Limit::kDisk);
  look.service = LookAtService({}, {Worker(40, 30, 20)}, kNow);
  EXPECT_EQ(FindLimit(look).limit, Limit::kNetwork);
  look.sweep.mutable_progress()->set_pending(0);
  EXPECT_EQ(FindLimit(look).limit, Limit::kTail);
}

}  // namespace
}  // namespace fathom::client

// What a coordinator tells of its workers, and how that stays small.
#include "server/telemetry.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/limits.h"

namespace fathom::server {
namespace {

using ::testing::Contains;
using ::testing::Key;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kSteps[] = "fathom_worker_steps_total";

v1::Worker WorkerOf(const std::string& name, const std::string& session,
                    int64_t steps) {
  v1::Worker worker;
  worker.set_worker(name);
  worker.set_session_id(session);
  worker.set_slots(2);
  worker.set_connected(true);
  worker.mutable_silence()->set_seconds(steps);
  worker.mutable_telemetry()->set_steps(steps);
  worker.mutable_telemetry()->set_busy_slots(1);
  worker.mutable_telemetry()->set_peak_flops_per_second(1e9 * double(steps));
  worker.mutable_telemetry()->mutable_ack_seconds()->add_bounds(1);
  worker.mutable_telemetry()->mutable_ack_seconds()->add_counts(steps);
  worker.mutable_telemetry()->mutable_ack_seconds()->add_counts(0);
  return worker;
}

// The samples of a family by the values of their labels, "worker/session".
std::map<std::string, v1::TelemetrySample> SamplesOf(
    const v1::Telemetry& telemetry, const std::string& name) {
  std::map<std::string, v1::TelemetrySample> samples;
  for (const v1::TelemetryFamily& family : telemetry.families()) {
    if (family.name() != name) continue;
    for (const v1::TelemetrySample& sample : family.samples()) {
      std::string key;
      for (const v1::TelemetryLabel& label : sample.labels()) {
        absl::StrAppend(&key, key.empty() ? "" : "/", label.value());
      }
      samples[key] = sample;
    }
  }
  return samples;
}

v1::Telemetry Written(const std::vector<v1::Worker>& workers) {
  TelemetryWriter writer;
  WriteWorkers(workers, writer);
  return writer.Take();
}

TEST(TelemetryTest, WorkersAreShownOneByOne) {
  const v1::Telemetry telemetry =
      Written({WorkerOf("a", "s1", 3), WorkerOf("a", "s2", 4)});
  const auto steps = SamplesOf(telemetry, kSteps);
  ASSERT_THAT(steps, SizeIs(2));
  EXPECT_EQ(steps.at("a/s1").value(), 3);
  EXPECT_EQ(steps.at("a/s2").value(), 4);
  const auto silence = SamplesOf(telemetry, "fathom_worker_silence_seconds");
  EXPECT_EQ(silence.at("a/s2").value(), 4);
}

// A worker of a release that says nothing about itself is there all the same.
TEST(TelemetryTest, AWorkerThatSaysNothingHasNoZeros) {
  v1::Worker worker = WorkerOf("old", "s", 1);
  worker.clear_telemetry();
  const v1::Telemetry telemetry = Written({worker});
  EXPECT_THAT(SamplesOf(telemetry, "fathom_worker_slots"), SizeIs(1));
  EXPECT_THAT(SamplesOf(telemetry, kSteps), SizeIs(0));
}

TEST(TelemetryTest, ManyWorkersOfAFewNamesAreSums) {
  std::vector<v1::Worker> workers;
  for (int i = 0; i <= kMaxWorkersShown; ++i) {
    workers.push_back(WorkerOf(i % 2 == 0 ? "even" : "odd",
                               absl::StrCat("s", i), i % 2 == 0 ? 2 : 1));
  }
  const v1::Telemetry telemetry = Written(workers);
  const auto steps = SamplesOf(telemetry, kSteps);
  ASSERT_THAT(steps, SizeIs(2));
  EXPECT_EQ(steps.at("even/").value(), 2 * 501);
  EXPECT_EQ(steps.at("odd/").value(), 500);
  const auto acks = SamplesOf(telemetry, "fathom_worker_ack_seconds");
  EXPECT_EQ(acks.at("even/").histogram().counts(0), 2 * 501);
  // What is no amount is not added.
  EXPECT_EQ(
      SamplesOf(telemetry, "fathom_worker_silence_seconds").at("even/").value(),
      2);
  EXPECT_EQ(SamplesOf(telemetry, "fathom_worker_peak_flops_per_second")
                .at("even/")
                .value(),
            2e9);
}

TEST(TelemetryTest, NamesBeyondTheBoundAreOneSum) {
  std::vector<v1::Worker> workers;
  for (int i = 0; i < 3 * kMaxWorkersShown; ++i) {
    workers.push_back(WorkerOf(absl::StrCat("w", 10'000 + i), "s", 1));
  }
  const auto steps = SamplesOf(Written(workers), kSteps);
  ASSERT_THAT(steps, SizeIs(kMaxWorkersShown));
  EXPECT_EQ(steps.at("w10000/").value(), 1);
  EXPECT_EQ(steps.at("others/").value(), 2 * kMaxWorkersShown + 1);
}

TEST(TelemetryTest, SessionsAreCountedOnce) {
  Coordinator::Look look;
  look.workers = {WorkerOf("a", "1", 1), WorkerOf("b", "2", 1),
                  WorkerOf("c", "3", 1)};
  look.workers[1].set_draining(true);
  look.workers[2].set_connected(false);
  look.workers[2].set_draining(true);
  TelemetryWriter writer;
  WriteLook(look, writer);
  const auto sessions = SamplesOf(writer.Take(), "fathom_sessions");
  EXPECT_EQ(sessions.at("connected").value(), 1);
  EXPECT_EQ(sessions.at("draining").value(), 1);
  EXPECT_EQ(sessions.at("lost").value(), 1);
}

TEST(TelemetryTest, WhatCannotBeToldIsLeftOut) {
  TelemetryWriter writer;
  LedgerReader::Sizes sizes;
  sizes.file = 4096;
  WriteSizes(sizes, writer);
  const v1::Telemetry telemetry = writer.Take();
  ASSERT_THAT(telemetry.families(), SizeIs(1));
  EXPECT_THAT(SamplesOf(telemetry, "fathom_ledger_bytes"), Contains(Key("")));
  EXPECT_THAT(SamplesOf(telemetry, "fathom_wal_bytes"), Not(Contains(Key(""))));
}

}  // namespace
}  // namespace fathom::server

// Streams of workers that do not keep to what is agreed.
#include <atomic>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "tests/server/api/served_fixture.h"

namespace fathom::server {
namespace {

using grpc::StatusCode;
using test::PlayedWorker;
using test::SmallSpec;

using WorkStreamTest = test::ServedTest;

// A message that is answered and changes nothing.
v1::WorkerMessage Answered(int64_t sequence) {
  v1::WorkerMessage message;
  message.set_sequence(sequence);
  message.mutable_released()->add_lease_ids(12345);
  return message;
}

// Whoever does not take its answers must not fill our memory with them.
TEST_F(WorkStreamTest, AWorkerThatDoesNotReadIsNotReadFrom) {
  constexpr int kMessages = 3000;
  PlayedWorker worker(*workers_, "w");
  std::atomic<int> written = 0;
  absl::Notification done;
  std::thread writer([&] {
    for (int i = 1; i <= kMessages && worker.Write(Answered(i)); ++i) {
      written = i;
    }
    done.Notify();
  });
  // All could be written in a fraction of that.
  EXPECT_FALSE(done.WaitForNotificationWithTimeout(absl::Seconds(1)))
      << "all " << written << " were taken";
  // Others are served meanwhile.
  v1::Sweep sweep;
  ASSERT_EQ(Create(SmallSpec(1), &sweep), StatusCode::OK);
  // None of its answers is lost, and it goes on once it reads.
  int64_t acknowledged = 0;
  while (acknowledged < kMessages) {
    const v1::CoordinatorMessage message = worker.Read();
    if (!message.has_ack()) break;
    EXPECT_GT(message.ack().sequence(), acknowledged);
    acknowledged = message.ack().sequence();
  }
  EXPECT_EQ(acknowledged, kMessages);
  if (acknowledged == kMessages)
    writer.join();
  else
    writer.detach();
}

TEST_F(WorkStreamTest, ASpecIsSentAsItIsKept) {
  v1::Sweep sweep;
  ASSERT_EQ(Create(SmallSpec(2), &sweep), StatusCode::OK);
  v1::GetSpecRequest request;
  request.set_sweep_id(1);
  v1::SweepSpec spec;
  ASSERT_EQ(Call(*workers_, &v1::WorkerService::Stub::GetSpec, request, &spec),
            StatusCode::OK);
  EXPECT_EQ(spec.SerializeAsString(), SmallSpec(2).SerializeAsString());
  for (const int64_t id : {0, -1, 2}) {
    request.set_sweep_id(id);
    EXPECT_EQ(
        Call(*workers_, &v1::WorkerService::Stub::GetSpec, request, &spec),
        StatusCode::NOT_FOUND)
        << id;
  }
}

// A newer connection of the same session is the session.
TEST_F(WorkStreamTest, TheOlderStreamOfASessionEnds) {
  v1::Sweep sweep;
  ASSERT_EQ(Create(SmallSpec(2), &sweep), StatusCode::OK);
  grpc::ClientContext context;
  test::LimitTime(context);
  auto older = workers_->Work(&context);
  v1::WorkerMessage hello;
  hello.mutable_hello()->set_protocol_version(kProtocolVersion);
  hello.mutable_hello()->set_worker("w");
  hello.mutable_hello()->set_session_id("w");
  hello.mutable_hello()->set_slots(1);
  hello.mutable_hello()->set_numerics("played");
  ASSERT_TRUE(older->Write(hello));
  v1::CoordinatorMessage answer;
  ASSERT_TRUE(older->Read(&answer));
  EXPECT_TRUE(answer.has_welcome());
  PlayedWorker newer(*workers_, "w");
  EXPECT_FALSE(older->Read(&answer));
  EXPECT_EQ(older->Finish().error_code(), StatusCode::ABORTED);
  EXPECT_EQ(newer.TakeLease(1).sweep_id(), 1);
}

}  // namespace
}  // namespace fathom::server

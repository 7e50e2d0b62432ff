// What starts and stops workers asks the coordinator.
#include <string>

#include "absl/strings/str_cat.h"
#include "fathom/v1/scaling.grpc.pb.h"
#include "gmock/gmock.h"
#include "server/api/external_scaler.h"
#include "server/api/scaling_service.h"
#include "server/limits.h"
#include "tests/server/api/served_fixture.h"

namespace fathom::server {
namespace {

using grpc::StatusCode;
using test::PlayedWorker;
using test::SmallSpec;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ScalingTest : public test::ServedTest {
 protected:
  ScalingTest()
      : scaling_(v1::ScalingService::NewStub(server_->InProcessChannel())),
        keda_(externalscaler::ExternalScaler::NewStub(
            server_->InProcessChannel())) {}

  externalscaler::ScaledObjectRef Object() {
    externalscaler::ScaledObjectRef object;
    object.set_name("workers");
    return object;
  }

  double Metric(const externalscaler::ScaledObjectRef& object) {
    externalscaler::GetMetricsRequest request;
    *request.mutable_scaledobjectref() = object;
    request.set_metricname("fathom-slots");
    externalscaler::GetMetricsResponse response;
    EXPECT_EQ(Call(*keda_, &externalscaler::ExternalScaler::Stub::GetMetrics,
                   request, &response),
              StatusCode::OK)
        << error_;
    return response.metricvalues_size() == 1
               ? response.metricvalues(0).metricvaluefloat()
               : -1;
  }

  std::unique_ptr<v1::ScalingService::Stub> scaling_;
  std::unique_ptr<externalscaler::ExternalScaler::Stub> keda_;
};

TEST_F(ScalingTest, LoadHasTheWorkAndTheWorkers) {
  v1::Load load;
  ASSERT_EQ(Call(*scaling_, &v1::ScalingService::Stub::GetLoad,
                 v1::GetLoadRequest(), &load),
            StatusCode::OK);
  EXPECT_EQ(load.pending_trials(), 0);
  EXPECT_THAT(load.workers(), SizeIs(0));
  v1::Sweep sweep;
  ASSERT_EQ(Create(SmallSpec(5), &sweep), StatusCode::OK);
  PlayedWorker worker(*workers_, "w");
  worker.TakeLease(2);
  do {  // One view serves all for a moment.
    ASSERT_EQ(Call(*scaling_, &v1::ScalingService::Stub::GetLoad,
                   v1::GetLoadRequest(), &load),
              StatusCode::OK);
  } while (load.leased_trials() == 0);
  EXPECT_EQ(load.pending_trials(), 3);
  EXPECT_EQ(load.leased_trials(), 2);
  ASSERT_THAT(load.workers(), SizeIs(1));
  EXPECT_EQ(load.workers(0).slots(), 1);
  EXPECT_EQ(load.workers(0).leased_trials(), 2);
  EXPECT_TRUE(load.workers(0).connected());
}

TEST_F(ScalingTest, KedaLearnsHowManySlotsAreWanted) {
  externalscaler::IsActiveResponse active;
  ASSERT_EQ(Call(*keda_, &externalscaler::ExternalScaler::Stub::IsActive,
                 Object(), &active),
            StatusCode::OK);
  EXPECT_FALSE(active.result());
  EXPECT_EQ(Metric(Object()), 0);

  // A stream tells at once, and again when that changes.
  grpc::ClientContext context;
  test::LimitTime(context);
  auto stream = keda_->StreamIsActive(&context, Object());
  externalscaler::IsActiveResponse next;
  ASSERT_TRUE(stream->Read(&next));
  EXPECT_FALSE(next.result());
  v1::Sweep sweep;
  ASSERT_EQ(Create(SmallSpec(2), &sweep), StatusCode::OK);
  ASSERT_TRUE(stream->Read(&next));
  EXPECT_TRUE(next.result());
  EXPECT_EQ(Metric(Object()), 2);  // Not more than there are trials.
  ASSERT_EQ(Cancel("1", &sweep), StatusCode::OK);
  ASSERT_TRUE(stream->Read(&next));
  EXPECT_FALSE(next.result());

  auto object = Object();
  (*object.mutable_scalermetadata())["slotsPerPod"] = "8";
  externalscaler::GetMetricSpecResponse specs;
  ASSERT_EQ(Call(*keda_, &externalscaler::ExternalScaler::Stub::GetMetricSpec,
                 object, &specs),
            StatusCode::OK);
  ASSERT_THAT(specs.metricspecs(), SizeIs(1));
  EXPECT_EQ(specs.metricspecs(0).metricname(), "fathom-slots");
  EXPECT_EQ(specs.metricspecs(0).targetsize(), 8);
  EXPECT_EQ(specs.metricspecs(0).targetsizefloat(), 8);
}

TEST_F(ScalingTest, StreamsAreBoundedAndEndWithTheServer) {
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<
      std::unique_ptr<grpc::ClientReader<externalscaler::IsActiveResponse>>>
      streams;
  externalscaler::IsActiveResponse response;
  for (int i = 0; i < kMaxActiveStreams; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    test::LimitTime(*contexts.back());
    streams.push_back(keda_->StreamIsActive(contexts.back().get(), Object()));
    ASSERT_TRUE(streams.back()->Read(&response)) << i;
  }
  grpc::ClientContext one_more;
  test::LimitTime(one_more);
  auto refused = keda_->StreamIsActive(&one_more, Object());
  EXPECT_FALSE(refused->Read(&response));
  EXPECT_EQ(refused->Finish().error_code(), StatusCode::RESOURCE_EXHAUSTED);
  // Who leaves makes room.
  contexts[0]->TryCancel();
  EXPECT_EQ(streams[0]->Finish().error_code(), StatusCode::CANCELLED);
  for (;;) {
    grpc::ClientContext context;
    test::LimitTime(context);
    auto stream = keda_->StreamIsActive(&context, Object());
    if (stream->Read(&response)) {
      context.TryCancel();
      stream->Finish();
      break;
    }
    ASSERT_EQ(stream->Finish().error_code(), StatusCode::RESOURCE_EXHAUSTED);
  }
  server_.reset();
  for (int i = 1; i < kMaxActiveStreams; ++i) {
    EXPECT_FALSE(streams[i]->Read(&response));
    EXPECT_EQ(streams[i]->Finish().error_code(), StatusCode::UNAVAILABLE);
  }
}

TEST(ScalerOptionsTest, SaysWhatItExpects) {
  externalscaler::ScaledObjectRef object;
  auto& metadata = *object.mutable_scalermetadata();
  metadata["scalerAddress"] = "fathom-server:7373";  // KEDA's own.
  ASSERT_OK(ReadScalerOptions(object));
  EXPECT_EQ(ReadScalerOptions(object)->target, absl::Minutes(10));
  metadata["slotsPerPod"] = "4";
  metadata["targetSeconds"] = "90";
  metadata["tokenFromEnv"] = "secret\n";  // Files of secrets end so.
  EXPECT_EQ(ReadScalerOptions(object)->slots_per_pod, 4);
  EXPECT_EQ(ReadScalerOptions(object)->target, absl::Seconds(90));
  EXPECT_EQ(ReadScalerOptions(object)->token, "secret");
  for (const char* bad : {"", "0", "-1", "x", "nan", "inf", "1e99"}) {
    metadata["slotsPerPod"] = bad;
    const auto status = ReadScalerOptions(object).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_THAT(std::string(status.message()), HasSubstr("slotsPerPod: found"));
    // Never says what the token was.
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret")));
  }
}

// A token of its own role lets an autoscaler in, and no other.
TEST(ExternalScalerAccessTest, TheTokenInTheMessageDecides) {
  const std::string scale = NewToken(), reader = NewToken(),
                    worker = NewToken();
  auto gatekeeper = std::make_shared<Gatekeeper>(
      Gatekeeper::Options(),
      std::vector<TokenEntry>{{Role::kScale, "keda", HashToken(scale)},
                              {Role::kRead, "eve", HashToken(reader)},
                              {Role::kWorker, "w", HashToken(worker)}},
      absl::Now);
  Callers callers(gatekeeper);
  const char* method = "/externalscaler.ExternalScaler/GetMetrics";
  EXPECT_OK(callers.AdmitToken(scale, method));
  EXPECT_EQ(callers.AdmitToken(reader, method).code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(callers.AdmitToken(worker, method).code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(callers.AdmitToken("", method).code(),
            absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(callers.AdmitToken("no such", method).code(),
            absl::StatusCode::kUnauthenticated);
  EXPECT_FALSE(Gatekeeper::HasTokenInMessage("/fathom.v1.SweepService/Backup"));
  EXPECT_TRUE(Gatekeeper::HasTokenInMessage(method));
}

}  // namespace
}  // namespace fathom::server

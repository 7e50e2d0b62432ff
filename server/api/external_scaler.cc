#include "server/api/external_scaler.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proto/scaling/wanted_slots.h"
#include "proto/shared/grpc_status.h"
#include "proto/shared/status.h"
#include "proto/sweep/printable.h"
#include "server/api/respond.h"
#include "server/limits.h"

namespace fathom::server {
namespace {

constexpr char kMetric[] = "fathom-slots";
constexpr char kService[] = "/externalscaler.ExternalScaler/";

// Reads the number `key` of the metadata into `*number`, if it is there.
absl::Status ReadNumber(const externalscaler::ScaledObjectRef& object,
                        const char* key, double low, double high,
                        double* number) {
  const auto found = object.scalermetadata().find(key);
  if (found == object.scalermetadata().end()) return absl::OkStatus();
  if (absl::SimpleAtod(found->second, number) && *number >= low &&
      *number <= high) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(key, ": found ", Excerpt(found->second),
                   ", expected a number from ", low, " to ", high));
}

}  // namespace

absl::StatusOr<ScalerOptions> ReadScalerOptions(
    const externalscaler::ScaledObjectRef& object) {
  ScalerOptions options;
  RETURN_IF_ERROR(
      ReadNumber(object, "slotsPerPod", 1, kMaxSlots, &options.slots_per_pod));
  double target = absl::ToDoubleSeconds(options.target);
  RETURN_IF_ERROR(ReadNumber(object, "targetSeconds", 1, 1e7, &target));
  options.target = absl::Seconds(target);
  for (const char* key : {"token", "tokenFromEnv"}) {
    const auto found = object.scalermetadata().find(key);
    if (found == object.scalermetadata().end()) continue;
    options.token = std::string(absl::StripAsciiWhitespace(found->second));
  }
  return options;
}

// Tells one caller whether there is anything to do.
class ExternalScaler::Stream final
    : public grpc::ServerWriteReactor<externalscaler::IsActiveResponse> {
 public:
  Stream(ExternalScaler* scaler, std::string token)
      : scaler_(scaler), token_(std::move(token)) {}

  const std::string& token() const { return token_; }

  // To be called when the object is in the set of streams.
  void Set(bool active) {
    absl::MutexLock lock(&mutex_);
    wanted_ = active;
    WriteIfNeeded();
  }

  void End(const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    if (std::exchange(finished_, true)) return;
    Finish(ToGrpcStatus(status));
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (ok) WriteIfNeeded();
  }

  void OnCancel() override { End(absl::CancelledError("the caller is gone")); }

  void OnDone() override {
    std::shared_ptr<Stream> self;  // Ends after the lock.
    absl::MutexLock lock(&scaler_->mutex_);
    for (auto it = scaler_->streams_.begin(); it != scaler_->streams_.end();
         ++it) {
      if (it->get() != this) continue;
      self = *it;
      scaler_->streams_.erase(it);
      break;
    }
  }

 private:
  void WriteIfNeeded() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (finished_ || writing_ || !wanted_.has_value() || wanted_ == sent_) {
      return;
    }
    writing_ = true;
    sent_ = wanted_;
    response_.set_result(*wanted_);
    StartWrite(&response_);
  }

  ExternalScaler* const scaler_;
  const std::string token_;
  absl::Mutex mutex_;
  std::optional<bool> wanted_ ABSL_GUARDED_BY(mutex_);
  std::optional<bool> sent_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  externalscaler::IsActiveResponse response_;
};

absl::StatusOr<ScalerOptions> ExternalScaler::Admit(
    const externalscaler::ScaledObjectRef& object,
    absl::string_view method) const {
  ASSIGN_OR_RETURN(ScalerOptions options, ReadScalerOptions(object));
  RETURN_IF_ERROR(
      callers_->AdmitToken(options.token, absl::StrCat(kService, method)));
  return options;
}

absl::StatusOr<bool> ExternalScaler::IsActiveNow() {
  ASSIGN_OR_RETURN(const auto look, live_->Get());
  return look->load.pending_trials() + look->load.leased_trials() > 0;
}

grpc::ServerUnaryReactor* ExternalScaler::IsActive(
    grpc::CallbackServerContext* context,
    const externalscaler::ScaledObjectRef* request,
    externalscaler::IsActiveResponse* response) {
  return RespondOn(*pool_, kMetric, context,
                   [this, request, response]() -> absl::Status {
                     RETURN_IF_ERROR(Admit(*request, "IsActive").status());
                     ASSIGN_OR_RETURN(const bool active, IsActiveNow());
                     response->set_result(active);
                     return absl::OkStatus();
                   });
}

grpc::ServerWriteReactor<externalscaler::IsActiveResponse>*
ExternalScaler::StreamIsActive(grpc::CallbackServerContext* context,
                               const externalscaler::ScaledObjectRef* request) {
  const auto options = Admit(*request, "StreamIsActive");
  auto stream = std::make_shared<Stream>(
      this, options.ok() ? options->token : std::string());
  absl::Status status = options.status();
  {
    absl::MutexLock lock(&mutex_);
    if (status.ok()) status = ended_;
    if (status.ok() && static_cast<int>(streams_.size()) >= kMaxActiveStreams) {
      status = absl::ResourceExhaustedError(
          absl::StrCat("found ", kMaxActiveStreams,
                       " open streams, expected no more of them"));
    }
    streams_.insert(stream);  // Refused ones too, until gRPC is done with them.
  }
  if (!status.ok()) {
    stream->End(status);
    return stream.get();
  }
  // The first answer comes with the next look, within a second; this one comes
  // at once where the coordinator is not too busy.
  const absl::Status posted = pool_->Post(
      [this, stream] {
        const auto active = IsActiveNow();
        if (active.ok()) stream->Set(*active);
      },
      kMetric);
  if (!posted.ok()) stream->End(posted);
  return stream.get();
}

grpc::ServerUnaryReactor* ExternalScaler::GetMetricSpec(
    grpc::CallbackServerContext* context,
    const externalscaler::ScaledObjectRef* request,
    externalscaler::GetMetricSpecResponse* response) {
  return RespondOn(
      *pool_, kMetric, context, [this, request, response]() -> absl::Status {
        ASSIGN_OR_RETURN(const ScalerOptions options,
                         Admit(*request, "GetMetricSpec"));
        externalscaler::MetricSpec& spec = *response->add_metricspecs();
        spec.set_metricname(kMetric);
        spec.set_targetsize(static_cast<int64_t>(options.slots_per_pod));
        spec.set_targetsizefloat(options.slots_per_pod);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* ExternalScaler::GetMetrics(
    grpc::CallbackServerContext* context,
    const externalscaler::GetMetricsRequest* request,
    externalscaler::GetMetricsResponse* response) {
  return RespondOn(
      *pool_, kMetric, context, [this, request, response]() -> absl::Status {
        ASSIGN_OR_RETURN(const ScalerOptions options,
                         Admit(request->scaledobjectref(), "GetMetrics"));
        if (request->metricname() != kMetric) {
          return absl::InvalidArgumentError(
              absl::StrCat("found metric ", Excerpt(request->metricname()),
                           ", expected ", kMetric));
        }
        ASSIGN_OR_RETURN(const auto look, live_->Get());
        const WantedSlots wanted = SlotsWanted(look->load, options.target);
        externalscaler::MetricValue& value = *response->add_metricvalues();
        value.set_metricname(kMetric);
        value.set_metricvalue(wanted.slots);
        value.set_metricvaluefloat(static_cast<double>(wanted.slots));
        return absl::OkStatus();
      });
}

void ExternalScaler::UpdateStreams() {
  std::vector<std::shared_ptr<Stream>> streams;
  {
    absl::MutexLock lock(&mutex_);
    streams.assign(streams_.begin(), streams_.end());
  }
  if (streams.empty()) return;
  const auto active = IsActiveNow();
  for (const auto& stream : streams) {
    const absl::Status admitted = callers_->AdmitToken(
        stream->token(), absl::StrCat(kService, "StreamIsActive"));
    if (!admitted.ok()) {
      stream->End(admitted);
    } else if (active.ok()) {
      stream->Set(*active);
    }
  }
}

void ExternalScaler::EndStreams(const absl::Status& status) {
  std::vector<std::shared_ptr<Stream>> streams;
  {
    absl::MutexLock lock(&mutex_);
    ended_ = status;
    streams.assign(streams_.begin(), streams_.end());
  }
  for (const auto& stream : streams) stream->End(status);
}

}  // namespace fathom::server

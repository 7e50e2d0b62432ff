#include "server/api/sweep_service.h"

#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/synchronization/notification.h"
#include "google/protobuf/util/time_util.h"
#include "proto/shared/status.h"
#include "proto/shared/trace_context.h"
#include "server/api/blocking_writer.h"
#include "server/api/respond.h"
#include "server/api/upload.h"
#include "server/telemetry.h"

namespace fathom::server {
namespace {

// Returns the trace that a call belongs to, or "" where it names none, more
// than one, or something that is none.
std::string TraceOf(const grpc::CallbackServerContext& context) {
  const auto [first, last] =
      context.client_metadata().equal_range(kTraceparentKey);
  if (first == last || std::next(first) != last) return "";
  const auto trace = ReadTraceparent(
      absl::string_view(first->second.data(), first->second.size()));
  return trace.has_value() ? trace->ToHeader() : "";
}

}  // namespace

SweepService::SweepService(CoreLoop* loop, const LedgerReader* reader,
                           const Pools& pools, Transfers* uploads,
                           Callers* callers, WriteTelemetry write_telemetry)
    : loop_(loop),
      reader_(reader),
      pools_(pools),
      uploads_(uploads),
      callers_(callers),
      write_telemetry_(std::move(write_telemetry)),
      live_(loop, absl::Now),
      calls_(reader, MakeDecide(), MakeLook()) {}

SweepCalls::Decide SweepService::MakeDecide() {
  if (loop_ == nullptr) return nullptr;
  return [this](Core::Decide decide) { return Decide(std::move(decide)); };
}

SweepCalls::Look SweepService::MakeLook() {
  if (loop_ == nullptr) return nullptr;
  return [this] { return live_.Get(); };
}

absl::Status SweepService::Decide(Core::Decide decide) {
  absl::Status result;
  absl::Notification done;
  loop_->Post(std::move(decide), [&](const absl::Status& status) {
    result = status;
    done.Notify();
  });
  done.WaitForNotification();
  live_.Invalidate();
  return result;
}

grpc::ServerUnaryReactor* SweepService::Respond(
    ReadPool* pool, grpc::CallbackServerContext* context,
    absl::AnyInvocable<absl::Status()> answer) {
  return RespondOn(*pool, callers_->NameOf(*context), context,
                   std::move(answer));
}

grpc::ServerUnaryReactor* SweepService::CreateSweep(
    grpc::CallbackServerContext* context, const v1::CreateSweepRequest* request,
    v1::Sweep* response) {
  const Caller caller = callers_->Who(*context);
  const std::string trace = TraceOf(*context);
  return Respond(pools_.changes, context, [=, this] {
    return calls_.CreateSweep(*request, caller, response, trace);
  });
}

grpc::ServerUnaryReactor* SweepService::GetSweep(
    grpc::CallbackServerContext* context, const v1::GetSweepRequest* request,
    v1::Sweep* response) {
  return Respond(pools_.reads, context,
                 [=, this] { return calls_.GetSweep(*request, response); });
}

grpc::ServerUnaryReactor* SweepService::ListSweeps(
    grpc::CallbackServerContext* context, const v1::ListSweepsRequest* request,
    v1::ListSweepsResponse* response) {
  return Respond(pools_.reads, context,
                 [=, this] { return calls_.ListSweeps(*request, response); });
}

grpc::ServerUnaryReactor* SweepService::CancelSweep(
    grpc::CallbackServerContext* context, const v1::CancelSweepRequest* request,
    v1::Sweep* response) {
  const Caller caller = callers_->Who(*context);
  return Respond(pools_.changes, context, [=, this] {
    return calls_.CancelSweep(*request, caller, response);
  });
}

grpc::ServerUnaryReactor* SweepService::UpdateSweep(
    grpc::CallbackServerContext* context, const v1::UpdateSweepRequest* request,
    v1::Sweep* response) {
  const Caller caller = callers_->Who(*context);
  return Respond(pools_.changes, context, [=, this] {
    return calls_.UpdateSweep(*request, caller, response);
  });
}

grpc::ServerUnaryReactor* SweepService::RetrySweep(
    grpc::CallbackServerContext* context, const v1::RetrySweepRequest* request,
    v1::Sweep* response) {
  const Caller caller = callers_->Who(*context);
  return Respond(pools_.changes, context, [=, this] {
    return calls_.RetrySweep(*request, caller, response);
  });
}

grpc::ServerUnaryReactor* SweepService::DeleteSweep(
    grpc::CallbackServerContext* context, const v1::DeleteSweepRequest* request,
    v1::DeleteSweepResponse* response) {
  const Caller caller = callers_->Who(*context);
  return Respond(pools_.changes, context, [=, this] {
    return calls_.DeleteSweep(*request, caller, response);
  });
}

grpc::ServerUnaryReactor* SweepService::GetTrial(
    grpc::CallbackServerContext* context, const v1::GetTrialRequest* request,
    v1::Trial* response) {
  return Respond(pools_.reads, context,
                 [=, this] { return calls_.GetTrial(*request, response); });
}

grpc::ServerUnaryReactor* SweepService::DrainWorkers(
    grpc::CallbackServerContext* context,
    const v1::DrainWorkersRequest* request, v1::ListWorkersResponse* response) {
  return Respond(pools_.changes, context,
                 [=, this] { return calls_.DrainWorkers(*request, response); });
}

grpc::ServerUnaryReactor* SweepService::ListWorkers(
    grpc::CallbackServerContext* context, const v1::ListWorkersRequest* request,
    v1::ListWorkersResponse* response) {
  return Respond(pools_.reads, context,
                 [=, this] { return calls_.ListWorkers(*request, response); });
}

grpc::ServerReadReactor<v1::UploadDatasetRequest>* SweepService::UploadDataset(
    grpc::CallbackServerContext* context, v1::Dataset* response) {
  return StartUpload(loop_, uploads_, callers_, context, response);
}

grpc::ServerUnaryReactor* SweepService::GetDatasetInfo(
    grpc::CallbackServerContext* context,
    const v1::GetDatasetInfoRequest* request, v1::Dataset* response) {
  return Respond(pools_.reads, context, [=, this] {
    return calls_.GetDatasetInfo(*request, response);
  });
}

grpc::ServerWriteReactor<v1::QueryResponse>* SweepService::Query(
    grpc::CallbackServerContext* context, const v1::QueryRequest* request) {
  return BlockingWriter<v1::QueryResponse>::Start(
      *pools_.queries, *callers_, context,
      [this, copy = *request](
          BlockingWriter<v1::QueryResponse>& writer) -> absl::Status {
        return reader_->Query(
            copy,
            [&](v1::QueryResponse rows) {
              return writer.Write(std::move(rows));
            },
            [&] { return writer.cancelled(); });
      });
}

grpc::ServerWriteReactor<v1::CurveBatch>* SweepService::ReadCurves(
    grpc::CallbackServerContext* context,
    const v1::ReadCurvesRequest* request) {
  return BlockingWriter<v1::CurveBatch>::Start(
      *pools_.queries, *callers_, context,
      [this, copy = *request, name = callers_->NameOf(*context)](
          BlockingWriter<v1::CurveBatch>& writer) -> absl::Status {
        return reader_->ReadCurves(
            copy,
            [&](v1::CurveBatch batch) {
              return writer.Write(std::move(batch));
            },
            [&] { return writer.cancelled(); },
            [&](ReadPool::Task task) {
              // Helpers count in the caller's share, as a caller who does not
              // read the answer holds their threads, too.
              return pools_.queries
                  ->Post(writer.cost().Counted(std::move(task)), name)
                  .ok();
            });
      });
}

grpc::ServerUnaryReactor* SweepService::Audit(
    grpc::CallbackServerContext* context, const v1::AuditRequest*,
    v1::AuditResponse* response) {
  return Respond(pools_.audits, context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(*response, reader_->Audit({.is_cancelled = [context] {
      return context->IsCancelled();
    }}));
    return absl::OkStatus();
  });
}

grpc::ServerWriteReactor<v1::BackupChunk>* SweepService::Backup(
    grpc::CallbackServerContext* context, const v1::BackupRequest*) {
  return BlockingWriter<v1::BackupChunk>::Start(
      *pools_.audits, *callers_, context,
      [this](BlockingWriter<v1::BackupChunk>& writer) -> absl::Status {
        v1::BackupChunk last;
        ASSIGN_OR_RETURN(
            *last.mutable_digest(),
            reader_->Backup(
                [&](absl::string_view piece) {
                  v1::BackupChunk chunk;
                  chunk.set_data(piece.data(), piece.size());
                  return writer.Write(std::move(chunk));
                },
                {.is_cancelled = [&] { return writer.cancelled(); }}));
        return writer.Write(std::move(last));
      });
}

grpc::ServerUnaryReactor* SweepService::GetTelemetry(
    grpc::CallbackServerContext* context, const v1::GetTelemetryRequest*,
    v1::Telemetry* response) {
  return Respond(pools_.reads, context,
                 [=, this] { return AddTelemetry(response); });
}

absl::Status SweepService::AddTelemetry(v1::Telemetry* telemetry) {
  if (loop_ == nullptr) {
    return absl::FailedPreconditionError(
        "the ledger is open for reading only, and nothing works on it that "
        "could be measured; telemetry needs a coordinator");
  }
  TelemetryWriter writer;
  writer.Add(TelemetryName::kBuildInfo, 1, {FATHOM_VERSION});
  writer.Add(TelemetryName::kStartTime,
             absl::ToDoubleSeconds(start_ - absl::UnixEpoch()));
  writer.Add(TelemetryName::kLoopWaiting,
             static_cast<double>(loop_->waiting_tasks()));
  WriteCoreStats(loop_->stats(), writer);
  WriteSizes(reader_->GetSizes(), writer);
  if (write_telemetry_ != nullptr) write_telemetry_(writer);
  // Without a view, as when the ledger cannot be written any more, the rest is
  // worth even more.
  if (const auto look = live_.Get(); look.ok()) WriteLook(**look, writer);
  *telemetry = writer.Take();
  *telemetry->mutable_start_time() =
      google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(
          absl::ToUnixMicros(start_));
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* SweepService::GetCaller(
    grpc::CallbackServerContext* context, const v1::GetCallerRequest*,
    v1::GetCallerResponse* response) {
  if (const auto token = callers_->TokenOf(*context); token.has_value()) {
    response->set_name(token->name);
    response->set_role(std::string(RoleName(token->role)));
  }
  response->set_read_only(loop_ == nullptr);
  response->set_program_version(FATHOM_VERSION);
  *response->mutable_answer_time() =
      google::protobuf::util::TimeUtil::NanosecondsToTimestamp(
          absl::ToUnixNanos(absl::Now()));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace fathom::server

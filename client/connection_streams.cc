// The calls of a connection that move more than one message.
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "absl/cleanup/cleanup.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "client/connection.h"
#include "client/one_call.h"
#include "grpcpp/grpcpp.h"
#include "proto/shared/protocol.h"
#include "proto/shared/sha256.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

constexpr absl::Duration kInterruptPeriod = absl::Milliseconds(100);
// The default time limit of the server.
constexpr absl::Duration kQueryTimeLimit = absl::Seconds(30);
constexpr double kSlowestUploadBytesPerSecond = 1 << 20;

// Returns how long the coordinator may work on a request that has a time limit.
template <typename Request>
absl::Duration TimeLimit(const Request& request) {
  if (!request.has_time_limit()) return kQueryTimeLimit;
  return absl::Seconds(request.time_limit().seconds()) +
         absl::Nanoseconds(request.time_limit().nanos());
}

// Hands the messages of a call over until the last one. When `consume` fails,
// the call is ended and the error returned.
template <typename Message>
absl::Status Consume(grpc::ClientContext& context,
                     grpc::ClientReader<Message>& reader,
                     absl::FunctionRef<absl::Status(const Message&)> consume) {
  Message message;
  while (reader.Read(&message)) {
    absl::Status consumed = consume(message);
    if (!consumed.ok()) {
      context.TryCancel();
      reader.Finish();
      return consumed;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Connection::Backup(
    absl::FunctionRef<absl::Status(absl::string_view piece)> consume,
    absl::FunctionRef<bool()> is_interrupted) {
  grpc::ClientContext context;
  // The first piece comes only when the copy is made, which may take minutes.
  // Until then a thread has to look for an interrupt.
  absl::Notification ended;
  std::thread watch([&] {
    while (!ended.WaitForNotificationWithTimeout(kInterruptPeriod)) {
      if (is_interrupted()) context.TryCancel();
    }
  });
  const absl::Cleanup join = [&] {
    ended.Notify();
    watch.join();
  };
  const std::unique_ptr<grpc::ClientReader<v1::BackupChunk>> reader =
      stub_->Backup(&context, v1::BackupRequest());
  Sha256 hash;
  std::string expected;
  v1::BackupChunk chunk;
  while (reader->Read(&chunk)) {
    hash.Update(chunk.data());
    if (!chunk.digest().empty()) expected = chunk.digest();
    absl::Status consumed = consume(chunk.data());
    if (!consumed.ok()) {
      context.TryCancel();
      reader->Finish();
      return consumed;
    }
  }
  RETURN_IF_ERROR(StatusOfCall(reader->Finish()));
  if (hash.HexDigest() == expected) return absl::OkStatus();
  return absl::DataLossError("the copy was damaged on its way");
}

absl::StatusOr<v1::Dataset> Connection::UploadDataset(
    const std::string& digest, const std::string& title,
    const std::string& bytes) {
  absl::StatusOr<v1::Dataset> stored = GetDataset(digest);
  if (!absl::IsNotFound(stored.status())) return stored;

  grpc::ClientContext context;
  const absl::Duration timeout =
      options_.create_timeout +
      absl::Seconds(static_cast<double>(bytes.size()) /
                    kSlowestUploadBytesPerSecond);
  SetTimeout(timeout, &context);
  v1::Dataset dataset;
  const std::unique_ptr<grpc::ClientWriter<v1::UploadDatasetRequest>> writer =
      stub_->UploadDataset(&context, &dataset);
  v1::UploadDatasetRequest request;
  request.set_digest(digest);
  request.set_title(title);
  // A write fails when the coordinator has answered already; Finish returns its
  // answer.
  bool open = writer->Write(request);
  request.Clear();
  for (size_t at = 0; open && at < bytes.size(); at += kDatasetChunkBytes) {
    request.set_data(bytes.substr(at, kDatasetChunkBytes));
    open = writer->Write(request);
  }
  if (open) writer->WritesDone();
  const grpc::Status status = writer->Finish();
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return NoAnswer(timeout);
  }
  if (!status.ok()) return StatusOfCall(status);
  return dataset;
}

absl::Status Connection::Query(
    const v1::QueryRequest& request,
    absl::FunctionRef<absl::Status(const v1::QueryResponse&)> consume) {
  grpc::ClientContext context;
  const absl::Duration timeout = TimeLimit(request) + options_.query_margin;
  const absl::Time start = absl::Now();
  SetTimeout(timeout, &context);
  CountCost cost(context);
  const std::unique_ptr<grpc::ClientReader<v1::QueryResponse>> reader =
      stub_->Query(&context, request);
  RETURN_IF_ERROR(Consume(context, *reader, consume));
  const grpc::Status status = reader->Finish();
  cost.End(status);
  // A coordinator that is well reports itself that the time of the query is
  // over. An answer that is later means that the coordinator does not answer.
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED &&
      absl::Now() - start > timeout - options_.query_margin / 2) {
    return NoAnswer(timeout);
  }
  return StatusOfCall(status);
}

absl::Status Connection::ReadCurves(
    const v1::ReadCurvesRequest& request,
    absl::FunctionRef<absl::Status(const v1::CurveBatch&)> consume) {
  grpc::ClientContext context;
  SetTimeout(TimeLimit(request) + options_.query_margin, &context);
  CountCost cost(context);
  const std::unique_ptr<grpc::ClientReader<v1::CurveBatch>> reader =
      stub_->ReadCurves(&context, request);
  RETURN_IF_ERROR(Consume(context, *reader, consume));
  const grpc::Status status = reader->Finish();
  cost.End(status);
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    return absl::UnimplementedError(
        "the coordinator is of an older fathom, which cannot hand curves over; "
        "update fathom-server and start it again, or read its ledger file with "
        "--db");
  }
  return StatusOfCall(status);
}

}  // namespace fathom::client

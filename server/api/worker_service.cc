#include "server/api/worker_service.h"

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "proto/shared/grpc_status.h"
#include "server/api/download.h"
#include "server/api/respond.h"

namespace fathom::server {
namespace {

// The number of messages of one stream that may be read while their effects are
// not on disk yet. It is more than one, so that a report and the demand after
// it share a transaction.
constexpr int kReadAhead = 8;
// When such messages of all streams have more bytes than this, each stream may
// have only one of them.
constexpr int64_t kReadAheadBytes = int64_t{64} << 20;
// The number of unsent messages at which nothing more is read from a worker, as
// it does not read what it is sent.
constexpr size_t kMostUnsent = 1024;

// The stream of one worker. It hands each message to the loop, in order, and
// reads only a few messages beyond the last one whose effects are on disk.
class WorkStream final
    : public grpc::ServerBidiReactor<v1::WorkerMessage, v1::CoordinatorMessage>,
      public WorkerStream {
 public:
  // The stream keeps itself alive until gRPC is done with it. `read_ahead`
  // counts the bytes of the messages that all streams have read and whose
  // effects are not on disk yet.
  static WorkStream* Start(CoreLoop* loop, std::string caller,
                           std::atomic<int64_t>* read_ahead) {
    auto stream = std::shared_ptr<WorkStream>(
        new WorkStream(loop, std::move(caller), read_ahead));
    stream->self_ = stream;
    stream->id_ = loop->Register(stream);
    absl::MutexLock lock(&stream->mutex_);
    stream->ReadNext();
    return stream.get();
  }

  void Send(absl::Span<v1::CoordinatorMessage> messages) override {
    absl::MutexLock lock(&mutex_);
    if (closing_) return;
    for (v1::CoordinatorMessage& message : messages) {
      outgoing_.push_back(std::move(message));
    }
    WriteNext();
  }

  void Close(const absl::Status& status) override {
    absl::MutexLock lock(&mutex_);
    if (closing_) return;
    closing_ = true;
    final_status_ = ToGrpcStatus(status);
    WriteNext();
  }

 private:
  WorkStream(CoreLoop* loop, std::string caller,
             std::atomic<int64_t>* read_ahead)
      : loop_(loop), caller_(std::move(caller)), read_ahead_(read_ahead) {}

  void OnReadDone(bool ok) override {
    if (!ok) {
      EndReading();
      return;
    }
    const auto bytes = static_cast<int64_t>(incoming_.ByteSizeLong());
    read_ahead_->fetch_add(bytes);
    {
      absl::MutexLock lock(&mutex_);
      ++unwritten_;
    }
    loop_->Post(
        [stream = self(), message = std::move(incoming_)](
            Coordinator& coordinator, absl::Time now) mutable {
          coordinator.OnMessage(stream->id_, std::move(message), now,
                                stream->caller_);
        },
        [stream = self(), bytes](const absl::Status& status) {
          stream->OnWritten(bytes, status);
        });
    absl::MutexLock lock(&mutex_);
    reading_ = false;
    ReadNext();
  }

  // The worker sends nothing more, or is gone. It still gets the answers to its
  // last messages.
  void EndReading() {
    {
      absl::MutexLock lock(&mutex_);
      heard_all_ = true;
      if (unwritten_ > 0) return;
    }
    Close(absl::OkStatus());
  }

  // The effects of a message are on disk or, when `status` is an error, never
  // will be.
  void OnWritten(int64_t bytes, const absl::Status& status) {
    read_ahead_->fetch_sub(bytes);
    if (absl::IsInvalidArgument(status)) {
      Close(status);
    } else if (!status.ok()) {
      Close(absl::UnavailableError(status.message()));
    }
    bool ended;
    {
      absl::MutexLock lock(&mutex_);
      --unwritten_;
      ended = heard_all_ && unwritten_ == 0;
      ReadNext();
    }
    if (ended) Close(absl::OkStatus());
  }

  // Reads the next message, unless too much is waiting already.
  void ReadNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (reading_ || heard_all_ || closing_) return;
    if (outgoing_.size() >= kMostUnsent) return;
    if (unwritten_ > 0 &&
        (unwritten_ >= kReadAhead || read_ahead_->load() >= kReadAheadBytes)) {
      return;
    }
    reading_ = true;
    incoming_.Clear();
    StartRead(&incoming_);
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    has_written_ = true;
    if (!outgoing_.empty()) outgoing_.pop_front();
    if (!ok) {
      outgoing_.clear();
      closing_ = true;
    }
    WriteNext();
    ReadNext();
  }

  // Starts the next write, or ends the stream, unless a write is under way.
  // Messages that follow each other at once share a packet. The first message
  // must not wait for others, as it would never be sent: the headers of the
  // answer wait with it.
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_) return;
    if (!outgoing_.empty()) {
      writing_ = true;
      grpc::WriteOptions options;
      if (has_written_ && outgoing_.size() > 1) options.set_buffer_hint();
      StartWrite(&outgoing_.front(), options);
    } else if (closing_) {
      finished_ = true;
      Finish(final_status_);
    }
  }

  void OnDone() override {
    loop_->Unregister(id_);
    self_.reset();  // May delete this object.
  }

  std::shared_ptr<WorkStream> self() const { return self_; }

  CoreLoop* const loop_;
  const std::string caller_;
  std::atomic<int64_t>* const read_ahead_;
  ConnectionId id_ = 0;
  std::shared_ptr<WorkStream> self_;  // Keeps this object alive until OnDone.
  v1::WorkerMessage incoming_;        // Used by gRPC while `reading_`.

  absl::Mutex mutex_;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool heard_all_ ABSL_GUARDED_BY(mutex_) = false;
  int unwritten_ ABSL_GUARDED_BY(mutex_) = 0;  // Read, but not on disk.
  std::deque<v1::CoordinatorMessage> outgoing_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool has_written_ ABSL_GUARDED_BY(mutex_) = false;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::Status final_status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

grpc::ServerBidiReactor<v1::WorkerMessage, v1::CoordinatorMessage>*
WorkerService::Work(grpc::CallbackServerContext* context) {
  return WorkStream::Start(loop_, callers_->NameOf(*context), &read_ahead_);
}

grpc::ServerUnaryReactor* WorkerService::GetSpec(
    grpc::CallbackServerContext* context, const v1::GetSpecRequest* request,
    v1::SweepSpec* response) {
  return RespondOn(*pool_, callers_->NameOf(*context), context,
                   [=, this]() -> absl::Status {
                     ASSIGN_OR_RETURN(v1::Sweep sweep,
                                      reader_->GetSweep(request->sweep_id()));
                     response->Swap(sweep.mutable_spec());
                     return absl::OkStatus();
                   });
}

grpc::ServerWriteReactor<v1::DatasetChunk>* WorkerService::GetDataset(
    grpc::CallbackServerContext* context,
    const v1::GetDatasetRequest* request) {
  return StartDownload(reader_, download_pool_, downloads_, callers_, context,
                       request);
}

grpc::ServerUnaryReactor* WorkerService::GetOptimum(
    grpc::CallbackServerContext* context, const v1::GetOptimumRequest* request,
    v1::Optimum* response) {
  return RespondOn(*pool_, callers_->NameOf(*context), context,
                   [=, this]() -> absl::Status {
                     ASSIGN_OR_RETURN(*response, reader_->GetOptimum(*request));
                     return absl::OkStatus();
                   });
}

grpc::ServerReadReactor<v1::CheckpointPiece>* WorkerService::PutCheckpoint(
    grpc::CallbackServerContext* context, v1::PutCheckpointResponse*) {
  return StartPutCheckpoint(checkpoints_, context);
}

grpc::ServerWriteReactor<v1::CheckpointPiece>* WorkerService::GetCheckpoint(
    grpc::CallbackServerContext* context,
    const v1::GetCheckpointRequest* request) {
  return StartGetCheckpoint(checkpoints_, context, request);
}

}  // namespace fathom::server

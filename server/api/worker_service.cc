#include "server/api/worker_service.h"

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/shared/grpc_status.h"
#include "server/api/blocking_writer.h"
#include "server/api/respond.h"

namespace fathom {
namespace {

// How long a worker may take to read one piece of a dataset.
constexpr absl::Duration kPieceTimeout = absl::Seconds(60);

// One worker's stream. Hands each message to the loop and reads the next one
// only after the effects of the last are on disk.
class WorkStream final
    : public grpc::ServerBidiReactor<v1::WorkerMessage, v1::CoordinatorMessage>,
      public WorkerStream {
 public:
  // The stream keeps itself alive until gRPC is done with it.
  static WorkStream* Start(CoreLoop* loop) {
    auto stream = std::shared_ptr<WorkStream>(new WorkStream(loop));
    stream->self_ = stream;
    stream->id_ = loop->Register(stream);
    stream->StartRead(&stream->incoming_);
    return stream.get();
  }

  void Send(v1::CoordinatorMessage message) override {
    absl::MutexLock lock(&mutex_);
    if (closing_) return;
    outgoing_.push_back(std::move(message));
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
  explicit WorkStream(CoreLoop* loop) : loop_(loop) {}

  void OnReadDone(bool ok) override {
    if (!ok) {  // The worker has said its last word, or is gone.
      Close(absl::OkStatus());
      return;
    }
    loop_->Post(
        [id = id_, message = std::move(incoming_)](Coordinator& coordinator,
                                                   absl::Time now) mutable {
          coordinator.OnMessage(id, std::move(message), now);
        },
        [stream = self()](const absl::Status& status) {
          if (status.ok()) {
            stream->ReadNext();
          } else {
            stream->Close(absl::UnavailableError(status.message()));
          }
        });
  }

  void ReadNext() {
    absl::MutexLock lock(&mutex_);
    if (finished_) return;
    incoming_.Clear();
    StartRead(&incoming_);
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!outgoing_.empty()) outgoing_.pop_front();
    if (!ok) {
      outgoing_.clear();
      closing_ = true;
    }
    WriteNext();
  }

  // Starts what is next to do on the writing side, unless something is going
  // on.
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_) return;
    if (!outgoing_.empty()) {
      writing_ = true;
      StartWrite(&outgoing_.front());
    } else if (closing_) {
      finished_ = true;
      Finish(final_status_);
    }
  }

  void OnDone() override {
    loop_->Unregister(id_);
    self_.reset();  // May delete this.
  }

  std::shared_ptr<WorkStream> self() const { return self_; }

  CoreLoop* const loop_;
  ConnectionId id_ = 0;
  std::shared_ptr<WorkStream> self_;  // Until OnDone.
  v1::WorkerMessage incoming_;

  absl::Mutex mutex_;
  std::deque<v1::CoordinatorMessage> outgoing_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::Status final_status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

grpc::ServerBidiReactor<v1::WorkerMessage, v1::CoordinatorMessage>*
WorkerService::Work(grpc::CallbackServerContext* context) {
  return WorkStream::Start(loop_);
}

grpc::ServerUnaryReactor* WorkerService::GetSpec(
    grpc::CallbackServerContext* context, const v1::GetSpecRequest* request,
    v1::SweepSpec* response) {
  return RespondOn(*pool_, context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(v1::Sweep sweep,
                     reader_->GetSweep(absl::StrCat(request->sweep_id())));
    response->Swap(sweep.mutable_spec());
    return absl::OkStatus();
  });
}

grpc::ServerWriteReactor<v1::DatasetChunk>* WorkerService::GetDataset(
    grpc::CallbackServerContext* context,
    const v1::GetDatasetRequest* request) {
  return BlockingWriter<v1::DatasetChunk>::Start(
      *stream_pool_, context,
      [this, digest = request->digest()](
          BlockingWriter<v1::DatasetChunk>& writer) -> absl::Status {
        return reader_->ReadDataset(digest, [&](absl::string_view piece) {
          v1::DatasetChunk chunk;
          chunk.set_data(piece.data(), piece.size());
          return writer.Write(std::move(chunk), kPieceTimeout);
        });
      });
}

grpc::ServerUnaryReactor* WorkerService::GetOptimum(
    grpc::CallbackServerContext* context, const v1::GetOptimumRequest* request,
    v1::Optimum* response) {
  return RespondOn(*pool_, context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(*response, reader_->GetOptimum(*request));
    return absl::OkStatus();
  });
}

}  // namespace fathom

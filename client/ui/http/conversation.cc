#include "client/ui/http/conversation.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/ui/http/reply.h"

namespace fathom::client {
namespace {

// Events that wait for a slow reader. Each is some hundred bytes.
constexpr size_t kMostWaitingEvents = 64 << 10;
// A request that is being answered may have others behind it, up to here.
constexpr size_t kMostPipelined = 16 << 10;
constexpr char kHeartbeat[] = ": \n\n";

// Counts up with each use, to tell who has been idle longest.
uint64_t NextTick() {
  static std::atomic<uint64_t> tick = 0;
  return ++tick;
}

UiResponse RefusalOf(int status) {
  absl::Status error = absl::InvalidArgumentError("this is no request of HTTP");
  if (status == 408) {
    error = absl::DeadlineExceededError("the request did not come in time");
  } else if (status == 413) {
    error = absl::ResourceExhaustedError("the body of the request is too long");
  } else if (status == 431) {
    error = absl::ResourceExhaustedError("the head of the request is too long");
  } else if (status == 503) {
    error = absl::UnavailableError("too many requests wait; try again");
  } else if (status == 505) {
    error = absl::InvalidArgumentError("expected HTTP/1.1 or HTTP/1.0");
  }
  UiResponse response = ErrorResponse(error);
  response.status = status;
  return response;
}

// Whoever answers, one request must not end the program.
UiResponse AnswerSafely(const Site::Plan& plan,
                        const std::shared_ptr<std::atomic<bool>>& cancelled) {
  try {
    return plan.work([cancelled] { return cancelled->load(); });
  } catch (const std::exception& error) {
    return ErrorResponse(absl::InternalError(error.what()));
  }
}

}  // namespace

Conversation::Conversation(const ConversationContext& context,
                           std::shared_ptr<Stream> stream,
                           std::function<void()> on_end)
    : context_(context),
      stream_(std::move(stream)),
      on_end_(std::move(on_end)),
      deadline_(context.network.MakeTimer()),
      beat_(context.network.MakeTimer()),
      is_cancelled_(std::make_shared<std::atomic<bool>>(false)) {}

Conversation::~Conversation() = default;

void Conversation::Start() {
  Deadline(context_.limits.handshake, [this] { End(/*in_order=*/false); });
  stream_->Handshake(
      [self = shared_from_this()](const absl::Status& status, size_t) {
        if (self->phase_ == Phase::kOver) return;
        if (!status.ok()) return self->End(/*in_order=*/false);
        self->BeginRequest();
      });
}

void Conversation::Finish() {
  finishing_ = true;
  if (phase_ == Phase::kHandshake) return End(/*in_order=*/false);
  if (phase_ == Phase::kIdle || phase_ == Phase::kReading) {
    End(/*in_order=*/true);
  }
}

void Conversation::Abort() { End(/*in_order=*/false); }

void Conversation::Read() {
  if (is_read_open_ || has_peer_ended_ || phase_ == Phase::kOver) return;
  is_read_open_ = true;
  stream_->Read(
      buffer_.data(), buffer_.size(),
      [self = shared_from_this()](const absl::Status& status, size_t bytes) {
        self->is_read_open_ = false;
        self->OnRead(status, bytes);
      });
}

void Conversation::OnRead(const absl::Status& status, size_t bytes) {
  if (phase_ == Phase::kOver) return;
  if (!status.ok()) return End(/*in_order=*/false);
  if (bytes == 0) {
    has_peer_ended_ = true;
    // Who has only said that no further request comes still gets the response,
    // but nobody computes for long for somebody who has most likely gone.
    is_cancelled_->store(true);
    const bool is_answered = phase_ == Phase::kAnswering ||
                             phase_ == Phase::kSending ||
                             phase_ == Phase::kStreaming;
    if (!is_answered) End(/*in_order=*/true);
    return;
  }
  // Nobody has anything to say on an event stream.
  if (phase_ == Phase::kEvents) return End(/*in_order=*/false);
  received_.append(buffer_.data(), bytes);
  if (phase_ == Phase::kIdle || phase_ == Phase::kReading) return Advance();
  if (received_.size() < kMostPipelined) Read();
}

void Conversation::BeginRequest() {
  phase_ = Phase::kIdle;
  idle_since_ = NextTick();
  parser_ = std::make_unique<RequestParser>(context_.limits.header_bytes,
                                            context_.limits.body_bytes);
  Deadline(context_.limits.idle, [this] { End(/*in_order=*/true); });
  Advance();
}

void Conversation::Advance() {
  if (phase_ == Phase::kIdle && !received_.empty()) {
    phase_ = Phase::kReading;
    Deadline(context_.limits.request, [this] { Refuse(408); });
  }
  received_.erase(0, parser_->Read(received_));
  if (parser_->refusal() != 0) return Refuse(parser_->refusal());
  if (parser_->is_complete()) return Answer(parser_->Take());
  if (has_peer_ended_) return End(/*in_order=*/true);
  Read();
}

void Conversation::Refuse(int status) {
  route_ = "refused";
  is_head_ = false;
  keep_alive_ = false;
  Respond(RefusalOf(status));
}

void Conversation::Answer(HttpRequest request) {
  phase_ = Phase::kAnswering;
  deadline_->Stop();
  is_head_ = request.method == "HEAD";
  keep_alive_ = request.keep_alive;
  takes_chunks_ = request.takes_chunks;
  is_cancelled_ = std::make_shared<std::atomic<bool>>(has_peer_ended_);
  Site::Plan plan = context_.site.Receive(
      std::move(request), {.address = stream_->peer_address(),
                           .local_address = stream_->local_address()});
  route_ = plan.route;
  // Reading goes on, to hear when the other side has gone.
  if (received_.size() < kMostPipelined) Read();
  if (phase_ != Phase::kAnswering) return;
  if (plan.subscribe) return OpenEvents(std::move(plan));
  if (plan.work) return Work(std::move(plan));
  Respond(std::move(plan.response));
}

void Conversation::Work(Site::Plan plan) {
  Network* const network = &context_.network;
  auto pipe = std::make_shared<Pipe>([network, weak = weak_from_this()] {
    network->Post([weak] {
      if (const auto self = weak.lock()) self->OnPipe();
    });
  });
  const std::string key = plan.work_key;
  const bool streams = !is_head_;
  // The last reference must not go in a thread of the pool: it goes along.
  auto task = [network, pipe, plan = std::move(plan), streams,
               cancelled = is_cancelled_, self = shared_from_this()]() mutable {
    auto response = std::make_shared<UiResponse>(AnswerSafely(plan, cancelled));
    const auto respond = [&] {
      network->Post([self = std::move(self), response]() mutable {
        self->Respond(std::move(*response));
      });
    };
    if (!response->stream) return respond();
    // A body that fails before it has begun can still be told as an error.
    bool has_begun = false;
    const auto begin = [&] {
      if (std::exchange(has_begun, true)) return;
      network->Post([self = std::move(self), response, pipe]() mutable {
        self->RespondStreaming(*response, std::move(pipe));
      });
    };
    absl::Status status;
    if (streams) {
      status = response->stream([&](absl::string_view bytes) {
        begin();
        return pipe->Write(bytes);
      });
    }
    if (!has_begun && !status.ok()) {
      *response = ErrorResponse(status);
      return respond();
    }
    begin();
    pipe->Finish(status);
  };
  if (!context_.pool.TryRun(key, std::move(task))) Respond(RefusalOf(503));
}

void Conversation::Respond(UiResponse response) {
  if (phase_ == Phase::kOver) return;
  phase_ = Phase::kSending;
  keep_alive_ = keep_alive_ && !finishing_ && !has_peer_ended_;
  context_.site.Count(route_, response.status);
  std::string bytes =
      HeadOf(response, BodyEnd::kSize, response.body.size(), keep_alive_);
  const bool has_body =
      !is_head_ && response.status != 204 && response.status != 304;
  if (has_body) bytes += response.body;
  Send(std::move(bytes), [this] { OnSent(); });
}

void Conversation::RespondStreaming(const UiResponse& response,
                                    std::shared_ptr<Pipe> pipe) {
  if (phase_ == Phase::kOver) return pipe->Cut();
  phase_ = Phase::kStreaming;
  pipe_ = std::move(pipe);
  keep_alive_ = keep_alive_ && takes_chunks_ && !finishing_ && !has_peer_ended_;
  context_.site.Count(route_, response.status);
  Send(HeadOf(response, takes_chunks_ ? BodyEnd::kChunks : BodyEnd::kClose, 0,
              keep_alive_),
       [this] { OnPipe(); });
}

void Conversation::OnPipe() {
  if (phase_ != Phase::kStreaming || is_write_open_) return;
  std::string piece = pipe_->Take();
  if (!piece.empty()) {
    Send(takes_chunks_ ? ChunkOf(piece) : std::move(piece),
         [this] { OnPipe(); });
    return;
  }
  const std::optional<absl::Status> end = pipe_->end();
  if (!end.has_value()) return;
  pipe_ = nullptr;
  phase_ = Phase::kSending;
  // A body that is cut off must not look like a whole one.
  if (!end->ok()) return End(/*in_order=*/false);
  if (!takes_chunks_ || is_head_) return OnSent();
  Send(kLastChunk, [this] { OnSent(); });
}

void Conversation::OpenEvents(Site::Plan plan) {
  Network* const network = &context_.network;
  const absl::StatusOr<int64_t> id =
      plan.subscribe([network, weak = weak_from_this()](
                         const std::string& event, bool is_last) {
        network->Post([weak, event, is_last] {
          if (const auto self = weak.lock()) self->OnEvent(event, is_last);
        });
      });
  if (!id.ok()) return Respond(ErrorResponse(id.status()));
  phase_ = Phase::kEvents;
  stream_id_ = *id;
  context_.site.Count(route_, plan.response.status);
  Send(absl::StrCat(HeadOf(plan.response, BodyEnd::kClose, 0, false),
                    plan.response.body),
       [] {});
  Beat();
}

void Conversation::OnEvent(const std::string& event, bool is_last) {
  if (phase_ != Phase::kEvents) return;
  waiting_events_ += event;
  ends_after_events_ |= is_last;
  if (waiting_events_.size() > kMostWaitingEvents) {
    return End(/*in_order=*/false);
  }
  if (is_write_open_) return;
  Send(std::exchange(waiting_events_, ""), [this] {
    if (!waiting_events_.empty()) return OnEvent("", false);
    if (ends_after_events_) End(/*in_order=*/true);
  });
}

void Conversation::Beat() {
  beat_->Start(context_.limits.heartbeat, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr || self->phase_ != Phase::kEvents) return;
    if (!self->is_write_open_) self->OnEvent(kHeartbeat, false);
    self->Beat();
  });
}

void Conversation::Send(std::string bytes, std::function<void()> then) {
  sending_ = std::move(bytes);
  sent_ = 0;
  after_send_ = std::move(then);
  SendPiece();
}

void Conversation::SendPiece() {
  is_write_open_ = true;
  Deadline(context_.limits.write, [this] { End(/*in_order=*/false); });
  const absl::string_view piece =
      absl::string_view(sending_).substr(sent_, kPieceBytes);
  stream_->Write(piece, [self = shared_from_this()](const absl::Status& status,
                                                    size_t bytes) {
    self->is_write_open_ = false;
    if (self->phase_ == Phase::kOver) return;
    if (!status.ok()) return self->End(/*in_order=*/false);
    self->sent_ += bytes;
    if (self->sent_ < self->sending_.size()) return self->SendPiece();
    self->sending_.clear();
    self->deadline_->Stop();
    std::exchange(self->after_send_, nullptr)();
  });
}

void Conversation::OnSent() {
  if (!keep_alive_ || finishing_ || has_peer_ended_) {
    return End(/*in_order=*/true);
  }
  BeginRequest();
}

void Conversation::Deadline(absl::Duration after, std::function<void()> then) {
  deadline_->Start(after, [weak = weak_from_this(), then = std::move(then)] {
    const auto self = weak.lock();
    if (self != nullptr && self->phase_ != Phase::kOver) then();
  });
}

void Conversation::End(bool in_order) {
  if (phase_ == Phase::kOver) return;
  phase_ = Phase::kOver;
  is_cancelled_->store(true);
  if (pipe_ != nullptr) pipe_->Cut();
  if (stream_id_ != 0) context_.hub.Unsubscribe(stream_id_);
  deadline_->Stop();
  beat_->Stop();
  after_send_ = nullptr;
  stream_->Close(in_order && !is_write_open_);
  std::exchange(on_end_, nullptr)();
}

}  // namespace fathom::client

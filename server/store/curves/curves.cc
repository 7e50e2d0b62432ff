#include "server/store/curves/curves.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "proto/shared/status.h"
#include "proto/sweep/names.h"

namespace fathom::server {
namespace {

using SteadyClock = std::chrono::steady_clock;
using OpenDatabase =
    std::function<absl::StatusOr<std::unique_ptr<sqlite::Database>>()>;

constexpr int kMostTrials = 10'000;
constexpr size_t kPiecesAhead = 4;
// Number of trials in a piece. It doubles when a piece has fewer than
// kFewValues values, and halves when a piece does not fit into a batch.
constexpr int64_t kFirstPiece = 128;
constexpr int64_t kMostPiece = 4096;
constexpr int kFewValues = 1 << 15;

// Cuts the trials of a question into pieces, which two threads read. One of the
// threads hands them out in order.
class CurveStream : public std::enable_shared_from_this<CurveStream> {
 public:
  CurveStream(OpenDatabase open, CurveQuestion question,
              absl::Duration time_limit)
      : open_(std::move(open)),
        question_(std::move(question)),
        deadline_(SteadyClock::now() + absl::ToChronoNanoseconds(time_limit)),
        next_(question_.first) {}

  // Reads and hands out everything. To be called once.
  absl::Status Run(absl::FunctionRef<absl::Status(v1::CurveBatch)> consume,
                   absl::FunctionRef<bool()> is_cancelled, Help help);

 private:
  struct Piece {
    int64_t first = 0;
    int64_t end = 0;
    bool taken = false;  // A thread reads it.
    std::optional<absl::StatusOr<CurvePiece>> read = {};
  };

  // Returns the first piece that no thread has taken, and takes it; null when
  // it is too far ahead or there is none.
  Piece* Take() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Read(CurveReader& reader, absl::FunctionRef<bool()> is_over,
            Piece* piece);
  // Returns the first piece when it has been read, nullopt after the last
  // piece. Reads pieces itself in the meantime.
  std::optional<absl::StatusOr<CurvePiece>> Next(
      CurveReader& reader, absl::FunctionRef<bool()> is_over);
  // Asks for the other thread unless it is there, has been refused, or would
  // have nothing to do.
  void CallForHelp(Help help);
  // Reads pieces on the other thread until there is nothing to read ahead.
  void GiveHelp();

  const OpenDatabase open_;
  const CurveQuestion question_;
  const SteadyClock::time_point deadline_;
  std::unique_ptr<CurveReader> helper_;  // Used by the helping thread only.

  absl::Mutex mutex_;
  // In order; pieces that were handed out are removed. A list, as addresses
  // must not change.
  std::list<Piece> pieces_ ABSL_GUARDED_BY(mutex_);
  int64_t next_ ABSL_GUARDED_BY(mutex_);  // First trial that is in no piece.
  int64_t piece_size_ ABSL_GUARDED_BY(mutex_) = kFirstPiece;
  bool helped_ ABSL_GUARDED_BY(mutex_) = false;  // Help was asked for.
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;  // No more pieces are taken.
};

CurveStream::Piece* CurveStream::Take() {
  if (closed_) return nullptr;
  for (Piece& piece : pieces_) {
    if (std::exchange(piece.taken, true)) continue;
    return &piece;
  }
  if (pieces_.size() >= kPiecesAhead || next_ >= question_.end) return nullptr;
  const int64_t end = next_ + std::min(piece_size_, question_.end - next_);
  pieces_.push_back({.first = std::exchange(next_, end), .end = end});
  pieces_.back().taken = true;
  return &pieces_.back();
}

void CurveStream::Read(CurveReader& reader, absl::FunctionRef<bool()> is_over,
                       Piece* piece) {
  absl::StatusOr<CurvePiece> read =
      reader.Read(piece->first, piece->end, is_over);
  absl::MutexLock lock(&mutex_);
  if (read.ok() && read->next < piece->end) {
    piece_size_ = std::max<int64_t>(1, piece_size_ / 2);
  } else if (read.ok() && read->batch.values_size() < kFewValues) {
    piece_size_ = std::min(piece_size_ * 2, kMostPiece);
  }
  piece->read = std::move(read);
}

std::optional<absl::StatusOr<CurvePiece>> CurveStream::Next(
    CurveReader& reader, absl::FunctionRef<bool()> is_over) {
  while (true) {
    Piece* piece = nullptr;
    {
      absl::MutexLock lock(&mutex_);
      if (pieces_.empty() && next_ >= question_.end) return std::nullopt;
      const bool ready = !pieces_.empty() && pieces_.front().read.has_value();
      if (!ready) piece = Take();
      if (piece == nullptr) {
        const Piece& front = pieces_.front();
        const auto is_read = [&front] { return front.read.has_value(); };
        mutex_.Await(absl::Condition(&is_read));
        absl::StatusOr<CurvePiece> read = *std::move(pieces_.front().read);
        const int64_t end = pieces_.front().end;
        pieces_.pop_front();
        if (read.ok() && read->next < end) {
          pieces_.push_front({.first = read->next, .end = end});
        }
        return read;
      }
    }
    Read(reader, is_over, piece);
  }
}

void CurveStream::CallForHelp(Help help) {
  {
    absl::MutexLock lock(&mutex_);
    const bool enough =
        pieces_.size() >= kPiecesAhead || question_.end - next_ <= piece_size_;
    if (enough || std::exchange(helped_, true)) return;
  }
  // If help is refused, it is not asked for again.
  static_cast<void>(help([self = shared_from_this()] { self->GiveHelp(); }));
}

void CurveStream::GiveHelp() {
  if (helper_ == nullptr) {
    auto db = open_();
    if (!db.ok()) return;  // The other thread gets the same error, or succeeds.
    helper_ = std::make_unique<CurveReader>(*std::move(db), question_);
  }
  const auto is_over = [this] {
    absl::MutexLock lock(&mutex_);
    return closed_ || SteadyClock::now() > deadline_;
  };
  while (true) {
    Piece* piece = nullptr;
    {
      absl::MutexLock lock(&mutex_);
      piece = Take();
      if (piece == nullptr) {
        // The thread goes back to its pool instead of waiting for a slow
        // client.
        helped_ = false;
        return;
      }
    }
    Read(*helper_, is_over, piece);
  }
}

absl::Status CurveStream::Run(
    absl::FunctionRef<absl::Status(v1::CurveBatch)> consume,
    absl::FunctionRef<bool()> is_cancelled, Help help) {
  const absl::Cleanup close = [this] {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  };
  ASSIGN_OR_RETURN(auto db, open_());
  CurveReader reader(std::move(db), question_);
  const auto is_over = [&] {
    return SteadyClock::now() > deadline_ || is_cancelled();
  };
  while (true) {
    CallForHelp(help);
    std::optional<absl::StatusOr<CurvePiece>> piece = Next(reader, is_over);
    if (!piece.has_value()) return absl::OkStatus();
    RETURN_IF_ERROR(piece->status());
    if ((*piece)->batch.trials().empty()) continue;
    RETURN_IF_ERROR(consume(std::move((*piece)->batch)));
  }
}

absl::Status CheckRange(const v1::ReadCurvesRequest& request) {
  const int64_t first = request.first_trial();
  const int64_t end = request.end_trial();
  if (first < 0 || end < 0 || (end != 0 && end < first)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "found first_trial ", first, " and end_trial ", end,
        ", expected 0 <= first_trial <= end_trial, or 0 for all after the "
        "first"));
  }
  if (request.trials().empty()) return absl::OkStatus();
  if (first != 0 || end != 0) {
    return absl::InvalidArgumentError(
        "found a range and a list of trials, expected one of them");
  }
  if (request.trials_size() > kMostTrials) {
    return absl::InvalidArgumentError(
        absl::StrCat("found a list of ", request.trials_size(),
                     " trials, expected at most ", kMostTrials));
  }
  int64_t before = -1;
  for (const int64_t trial : request.trials()) {
    if (trial <= before) {
      return absl::InvalidArgumentError(
          absl::StrCat("found trial ", trial, " after ", before,
                       " in the list, expected trials ascending from 0"));
    }
    before = trial;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CurveQuestion> CurvesAskedFor(
    const v1::ReadCurvesRequest& request, int64_t sweep_id,
    int64_t trial_count) {
  if (!v1::Metric_IsValid(request.metric()) ||
      request.metric() == v1::METRIC_UNSPECIFIED) {
    return absl::InvalidArgumentError(absl::StrCat(
        "found metric number ", int{request.metric()}, ", expected a metric"));
  }
  if (!v1::CurveDetail_IsValid(request.detail())) {
    return absl::InvalidArgumentError(absl::StrCat("found detail number ",
                                                   int{request.detail()},
                                                   ", expected full or ends"));
  }
  RETURN_IF_ERROR(CheckRange(request));
  CurveQuestion question;
  question.sweep_id = sweep_id;
  question.metric = MetricName(request.metric());
  question.ends = request.detail() == v1::CURVE_DETAIL_ENDS;
  question.trials.assign(request.trials().begin(), request.trials().end());
  question.first = request.first_trial();
  question.end = request.end_trial() == 0
                     ? trial_count
                     : std::min(request.end_trial(), trial_count);
  if (!question.trials.empty()) {
    question.end = static_cast<int64_t>(question.trials.size());
  }
  return question;
}

absl::Status ReadLedgerCurves(
    OpenDatabase open, CurveQuestion question, absl::Duration time_limit,
    absl::FunctionRef<absl::Status(v1::CurveBatch)> consume,
    absl::FunctionRef<bool()> is_cancelled, Help help) {
  // Only trials that were given out have rows; a sweep may have very many
  // others.
  static constexpr char kGivenOutSql[] =
      "SELECT MAX(trial_index)+1 FROM trials WHERE sweep_id=?";
  if (question.trials.empty()) {
    ASSIGN_OR_RETURN(const auto db, open());
    ASSIGN_OR_RETURN(const auto given_out,
                     db->Find(kGivenOutSql, question.sweep_id));
    question.end = std::min(question.end, given_out.value_or(0));
  }
  const auto stream = std::make_shared<CurveStream>(
      std::move(open), std::move(question), time_limit);
  return stream->Run(consume, is_cancelled, help);
}

}  // namespace fathom::server

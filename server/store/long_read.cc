#include "server/store/long_read.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/store/files/disk_space.h"
#include "sqlite3.h"

namespace fathom::server {
namespace {

constexpr absl::Duration kLookPeriod = absl::Milliseconds(100);

}  // namespace

LongRead::LongRead(const Limits& limits, std::string path, std::string what)
    : limits_(limits),
      path_(std::move(path)),
      what_(std::move(what)),
      start_(absl::Now()) {}

absl::Status LongRead::Check() const {
  absl::MutexLock lock(&mutex_);
  if (reason_.ok()) reason_ = Look();
  return reason_;
}

absl::Status LongRead::Look() const {
  if (limits_.is_cancelled()) {
    return absl::CancelledError(
        absl::StrCat(what_, " was ended: nobody waits for it any more"));
  }
  if (absl::Now() - start_ > limits_.time) {
    return absl::DeadlineExceededError(absl::StrCat(
        what_, " was ended after ", absl::FormatDuration(limits_.time),
        ", the most it may take beside a coordinator"));
  }
  return CheckDisk();
}

absl::Status LongRead::CheckDisk() const {
  if (limits_.check_disk != nullptr) return limits_.check_disk();
  return CheckDiskSpace(path_, 0, absl::StrCat("to go on with ", what_));
}

absl::Status LongRead::Explain(const absl::Status& status) const {
  // This is the code of the Database for an interrupted statement.
  if (!absl::IsDeadlineExceeded(status)) return status;
  absl::Status reason = Check();
  return reason.ok() ? status : reason;
}

LongRead::Watch::Watch(const LongRead& read, sqlite::Database& db)
    : read_(read), db_(db), thread_([this] { Run(); }) {}

LongRead::Watch::~Watch() {
  {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
  }
  thread_.join();
}

void LongRead::Watch::Run() {
  absl::MutexLock lock(&mutex_);
  while (!mutex_.AwaitWithTimeout(absl::Condition(&ended_), kLookPeriod)) {
    // SQLite forgets an interrupt that comes while no statement is running, so
    // it is repeated.
    if (!read_.Check().ok()) sqlite3_interrupt(db_.handle());
  }
}

}  // namespace fathom::server

#include "server/api/transfers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace fathom::server {

void Patience::Move(int64_t bytes, absl::Duration waited) {
  const absl::Duration earned =
      absl::Seconds(static_cast<double>(bytes) / limits_.least_rate);
  left_ = std::min(left_ - waited + earned, limits_.most);
}

absl::Status Patience::TooSlow() const {
  return absl::DeadlineExceededError(absl::StrCat(
      "the other end was too slow: after ", absl::FormatDuration(limits_.most),
      " of waiting, expected at least ",
      static_cast<int64_t>(limits_.least_rate) >> 10, " KiB per second"));
}

absl::StatusOr<Transfers::Place> Transfers::Enter(const std::string& name,
                                                  End end) {
  absl::MutexLock lock(&mutex_);
  if (static_cast<int>(transfers_.size()) >= limits_.places) {
    return absl::ResourceExhaustedError(
        absl::StrCat("found ", limits_.places,
                     " transfers under way, which is all that the coordinator "
                     "serves at a time; try again in a minute"));
  }
  if (!name.empty()) {
    int& places = places_of_[name];
    if (places >= limits_.places_per_name) {
      return absl::ResourceExhaustedError(
          absl::StrCat("found ", places, " transfers of ", name,
                       " under way, which is all that one name may have at a "
                       "time; try again when one has ended"));
    }
    ++places;
  }
  const Place place = next_++;
  transfers_.emplace(
      place, Transfer{name, std::move(end), Patience(limits_.patience)});
  return place;
}

void Transfers::Wait(Place place) {
  absl::MutexLock lock(&mutex_);
  const auto it = transfers_.find(place);
  if (it != transfers_.end()) it->second.waiting_since = clock_();
}

void Transfers::Move(Place place, int64_t bytes) {
  absl::MutexLock lock(&mutex_);
  const auto it = transfers_.find(place);
  if (it == transfers_.end()) return;
  Transfer& transfer = it->second;
  bytes_ += bytes;
  // A clock that was set back must not use up patience.
  transfer.patience.Move(
      bytes, std::max(clock_() - transfer.waiting_since, absl::ZeroDuration()));
  transfer.waiting_since = absl::InfiniteFuture();
}

Transfers::Load Transfers::load() const {
  absl::MutexLock lock(&mutex_);
  return {.open = static_cast<int64_t>(transfers_.size()), .bytes = bytes_};
}

void Transfers::Leave(Place place) {
  absl::MutexLock lock(&mutex_);
  const auto it = transfers_.find(place);
  if (it == transfers_.end()) return;
  const auto places = places_of_.find(it->second.name);
  if (places != places_of_.end() && --places->second == 0) {
    places_of_.erase(places);
  }
  transfers_.erase(it);
}

void Transfers::EndSlow() {
  std::vector<std::pair<End, absl::Status>> ends;
  {
    absl::MutexLock lock(&mutex_);
    const absl::Time now = clock_();
    for (auto& [place, transfer] : transfers_) {
      if (now - transfer.waiting_since <= transfer.patience.left()) continue;
      // It is ended only once.
      transfer.waiting_since = absl::InfiniteFuture();
      ends.emplace_back(transfer.end, transfer.patience.TooSlow());
    }
  }
  for (const auto& [end, status] : ends) end(status);
}

}  // namespace fathom::server

#include "client/ui/http/attempts.h"

namespace fathom::client {

bool Attempts::MayTry(const std::string& address, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (now < begun_ || now - begun_ >= kPeriod) {
    begun_ = now;
    total_ = 0;
    by_address_.clear();
  }
  if (total_ >= kInTotal) return false;
  int& of_address = by_address_[address];
  if (of_address >= kPerAddress) return false;
  ++of_address;
  ++total_;
  return true;
}

void Attempts::Forget(const std::string& address) {
  absl::MutexLock lock(&mutex_);
  by_address_.erase(address);
}

}  // namespace fathom::client

#include "server/coordinator/hosts.h"

#include <algorithm>
#include <functional>
#include <string>

namespace fathom::server {

HostKey HostOf(const v1::Hello& hello) {
  const std::string& name =
      hello.host().empty() ? hello.worker() : hello.host();
  return std::max<HostKey>(1, std::hash<std::string>()(name));
}

Hosts::Record& Hosts::RecordOf(HostKey host) {
  if (records_.size() >= kMostHosts && !records_.contains(host)) {
    records_.clear();
  }
  return records_[host];
}

void Hosts::Finished(HostKey host) { RecordOf(host) = {}; }

int Hosts::Lost(HostKey host) { return ++RecordOf(host).lost; }

void Hosts::LostAlone(HostKey host, int64_t sweep_id, int64_t trial_index) {
  Record& record = RecordOf(host);
  const std::pair trial = {sweep_id, trial_index};
  if (!record.lost_alone.has_value()) record.lost_alone = trial;
  record.several |= record.lost_alone != trial;
}

bool Hosts::Proven(HostKey host) const {
  const auto it = records_.find(host);
  return it != records_.end() && it->second.lost == 0;
}

bool Hosts::LostSeveral(HostKey host) const {
  const auto it = records_.find(host);
  return it != records_.end() && it->second.several;
}

}  // namespace fathom::server

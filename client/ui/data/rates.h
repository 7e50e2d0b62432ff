#ifndef FATHOM_CLIENT_UI_DATA_RATES_H_
#define FATHOM_CLIENT_UI_DATA_RATES_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/view/progress.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// Measures how fast sweeps go, from what pages happen to see of them.
//
// This class is thread-safe.
class Rates {
 public:
  struct Rate {
    std::optional<double> trials_per_second = {};
    std::optional<absl::Duration> remaining = {};
  };

  // Takes how a sweep stands now. Sweeps that do not run are forgotten.
  void Add(const v1::Sweep& sweep, absl::Time now);
  Rate Of(int64_t sweep_id) const;

 private:
  struct Meter {
    RateMeter meter;
    absl::Time last = absl::InfinitePast();
  };
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<int64_t, Meter> meters_ ABSL_GUARDED_BY(mutex_);
};

// Measures how workers do over the last half minute.
//
// This class is thread-safe.
class WorkerRates {
 public:
  struct Rate {
    std::optional<double> trials_per_second = {};
    // The share of its slots that trained, and the share of what its machine
    // reaches at best with which they did.
    std::optional<double> busy = {};
    std::optional<double> peak_share = {};
  };

  // Takes how a worker stands now and returns its rates.
  Rate Add(const v1::Worker& worker, absl::Time now);

 private:
  struct Sample {
    absl::Time time;
    int64_t finished = 0;
    double busy_seconds = 0;
    double flops = 0;
  };
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::deque<Sample>> samples_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_RATES_H_

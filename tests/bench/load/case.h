#ifndef FATHOM_TESTS_BENCH_LOAD_CASE_H_
#define FATHOM_TESTS_BENCH_LOAD_CASE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/connection.h"
#include "tests/bench/load/fleet.h"
#include "tests/testing/server_process.h"

// What the cases of load_bench have in common.
namespace fathom::bench {

constexpr double kMiB = 1 << 20;
constexpr absl::Duration kTimeout = absl::Minutes(5);

struct Options {
  std::string server;
  std::string folder = "/tmp";
  bool json = false;
  int rounds = 1;
  int workers = 64;
  int channels = 0;
  int64_t trials = 100'000;
  double seconds = 10;
  double scrape_seconds = 0;  // 0: nobody asks for telemetry.
  double work_seconds = 0;
  int joining = 1000;
  bool audit = false;
  WorkerPlan plan;
};

// The names and values of one round, in the order of printing.
class Record {
 public:
  void Add(const std::string& name, double value);
  void Add(const std::string& name, int64_t value);
  void Print(bool json) const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// Returns a quantile of sorted `values`, or 0 where there are none.
double Quantile(const std::vector<float>& values, double share);

// Returns the connections that carry the workers.
int Channels(const Options& options);

// Creates the sweep of 2 depths, 50 learning rates, and as many seeds as the
// trials need, which are hundreds.
absl::Status CreateSweep(client::Connection& client, const Options& options);

// Checks that everything that was acknowledged is in the ledger, whole and
// once.
absl::Status Audit(client::Connection& client, const Options& options,
                   int64_t points_sent);

// Returns the only number of the answer to a query.
absl::StatusOr<int64_t> AskNumber(client::Connection& client,
                                  const std::string& sql);

// Makes the workers of a fleet send heartbeats in their period, as long as it
// lives, and asks the coordinator for telemetry every so often, if at all.
class Pulse {
 public:
  Pulse(Fleet* fleet, const std::string& address, double scrape_seconds);
  ~Pulse();
  Pulse(const Pulse&) = delete;
  Pulse& operator=(const Pulse&) = delete;

  // Returns the seconds that each answer took, sorted. To be called once, last.
  std::vector<float> Stop();

 private:
  // Calls `act` every `period` until Stop.
  void Repeat(absl::Duration period, const std::function<void()>& act);

  absl::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<float> scrapes_;
  std::thread heart_;
  std::thread scraper_;
};

// The cases of storms.cc: machines that come and go by the thousand, and a
// coordinator that is killed.
absl::Status RunJoins(const Options& options);
absl::Status RunHerd(const Options& options);

}  // namespace fathom::bench

#endif  // FATHOM_TESTS_BENCH_LOAD_CASE_H_

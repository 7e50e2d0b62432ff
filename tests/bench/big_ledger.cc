// Adds sweeps of known shape to a ledger, for measuring what shows them:
//   big_ledger LEDGER.db [TRIALS [POINTS]]
// The ledger is made if it is not there. The large sweep has 10^6 trials of 100
// points unless numbers say otherwise: four depths, fifty learning rates and
// fifty seeds of as many norms as it takes, some of which diverge. Beside it
// there are 300 sweeps of three trials, as a list of years has them, and one of
// 10^8 trials, of which three were finished. It says how long it took and how
// large the file is.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/store/ledger.h"
#include "server/store/reader.h"
#include "tests/server/store/ledger_writes.h"

namespace fathom {
namespace {

constexpr int64_t kTrialsPerLease = 500;
constexpr int64_t kSteps = 10'000;
constexpr int64_t kDepths[] = {1, 2, 3, 4};
constexpr int64_t kRates = 50;
constexpr int64_t kSeeds = 50;
constexpr int64_t kPerNorm = 4 * kRates * kSeeds;
constexpr int64_t kSmallSweeps = 300;

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

// Returns a number from 0 to 1 that depends on the trial alone.
double NoiseOf(int64_t trial) {
  uint64_t x = static_cast<uint64_t>(trial) * 0x9e3779b97f4a7c15u;
  x ^= x >> 31;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 29;
  return static_cast<double>(x >> 11) * 0x1p-53;
}

// Returns a spec of `trials` trials whose axes go from slow to fast through
// norms, depths, learning rates and seeds.
v1::SweepSpec BigSpec(const std::string& name, int64_t trials) {
  v1::SweepSpec spec;
  spec.set_name(name);
  v1::TrialSpec& trial = *spec.mutable_trial();
  trial.set_steps(kSteps);
  trial.mutable_data()->mutable_synthetic()->set_rows(100);
  trial.mutable_data()->mutable_synthetic()->set_columns(10);
  trial.mutable_loss()->set_lp(4);
  trial.mutable_model()->set_hidden_width(1);
  trial.mutable_model()->mutable_init()->set_scheme(v1::INIT_SCHEME_BALANCED);
  trial.mutable_record()->set_points(100);
  v1::Axis& norm = *spec.add_axes()->add_axes();
  norm.set_field("model.init.norm");
  norm.mutable_log()->set_from(1e-4);
  norm.mutable_log()->set_to(1);
  norm.mutable_log()->set_count((trials + kPerNorm - 1) / kPerNorm);
  v1::Axis& depth = *spec.add_axes()->add_axes();
  depth.set_field("model.depth");
  for (const int64_t n : kDepths) {
    depth.mutable_list()->add_values()->set_integer(n);
  }
  v1::Axis& rate = *spec.add_axes()->add_axes();
  rate.set_field("optimizer.learning_rate");
  rate.mutable_log()->set_from(1e-5);
  rate.mutable_log()->set_to(1);
  rate.mutable_log()->set_count(kRates);
  v1::Axis& seed = *spec.add_axes()->add_axes();
  seed.set_field("seed");
  seed.mutable_range()->set_from(0);
  seed.mutable_range()->set_to(kSeeds);
  spec.mutable_summarize()->add_by("model.depth");
  spec.mutable_summarize()->add_best_over("optimizer.learning_rate");
  spec.mutable_summarize()->add_best_over("model.init.norm");
  spec.mutable_summarize()->add_average_over("seed");
  return Normalize(std::move(spec));
}

// Returns about `points` steps from 0 to kSteps, evenly on a log axis.
std::vector<int64_t> StepsOf(int points) {
  std::vector<int64_t> steps;
  for (int i = 0; i < points; ++i) {
    const double share = static_cast<double>(i) / std::max(1, points - 1);
    const auto step = static_cast<int64_t>(
        std::pow(static_cast<double>(kSteps + 1), share) - 1 + 0.5);
    steps.push_back(steps.empty() ? 0 : std::max(step, steps.back() + 1));
  }
  return steps;
}

// Adds a curve and its result, and returns whether it diverged. Trials fall
// faster with depth and rate until the rate is too large for the depth.
bool AddTrial(server::RecordReport& write, int64_t trial,
              const std::vector<int64_t>& grid) {
  const auto depth = static_cast<double>(
      kDepths[trial / (kRates * kSeeds) % std::size(kDepths)]);
  const auto rate_place = static_cast<double>(trial / kSeeds % kRates);
  const double rate = std::pow(10.0, -5 + 5 * rate_place / (kRates - 1));
  const double noise = NoiseOf(trial);
  const double edge = 0.3 / std::sqrt(depth) * (0.8 + 0.4 * noise);
  const bool diverges = rate > edge;
  v1::TrialPoints& chunk = *write.report.add_points();
  chunk.set_trial_index(trial);
  chunk.set_attempt(1);
  chunk.add_metrics(v1::METRIC_LOSS);
  const double start = 0.5 + 0.1 * noise;
  double loss = start;
  double best = start;
  int64_t last = 0;
  int64_t best_step = 0;
  for (const int64_t step : grid) {
    const double time = rate * static_cast<double>(step);
    const double next =
        diverges ? start * std::exp(time * (1 + noise) / 20)
                 : start * std::pow(1 + time * (0.5 + depth), -0.4 * depth) *
                       (1 + 0.05 * noise);
    if (!(next < 1e6)) break;
    loss = next;
    last = step;
    chunk.add_steps(step);
    chunk.add_values(loss);
    if (loss < best) {
      best = loss;
      best_step = step;
    }
  }
  v1::TrialResult result = test::NewResult(
      trial, loss, 1,
      diverges ? v1::TRIAL_STATE_DIVERGED : v1::TRIAL_STATE_SUCCEEDED);
  result.set_steps(last);
  result.set_best_loss(best);
  result.set_best_step(best_step);
  result.set_seconds(0.01 * (1 + noise));
  test::AddResult(write, std::move(result));
  return diverges;
}

// The ledger with the numbers that its next rows get.
struct Writer {
  std::unique_ptr<server::Ledger> ledger;
  std::string session;
  int64_t next_sweep = 1;
  int64_t next_lease = 1;
};

// Returns what a coordinator writes of a sweep with these trials.
server::UpdateSweep StateOf(int64_t sweep, int64_t trials, int64_t finished,
                            int64_t diverged) {
  server::UpdateSweep update;
  update.sweep_id = sweep;
  update.next_index = finished;
  update.progress.set_pending(trials - finished);
  update.progress.set_diverged(diverged);
  update.progress.set_succeeded(finished - diverged);
  update.progress.set_fraction(static_cast<double>(finished) /
                               static_cast<double>(trials));
  if (finished == trials) {
    update.state = v1::SWEEP_STATE_COMPLETED;
    update.end_time = test::SecondsIn(3);
  }
  return update;
}

// Adds a sweep, of which trials 0 to `finished` - 1 are finished.
void AddSweep(Writer* writer, v1::SweepSpec spec, int64_t trials,
              int64_t finished, const std::vector<int64_t>& grid) {
  const int64_t sweep = writer->next_sweep++;
  Check(writer->ledger->Commit(std::vector<server::Write>{
      test::NewSweep(sweep, std::move(spec), trials)}));
  int64_t diverged = 0;
  for (int64_t first = 0; first < finished; first += kTrialsPerLease) {
    const int64_t end = std::min(first + kTrialsPerLease, finished);
    const int64_t lease = writer->next_lease++;
    server::RecordReport report = test::NewReport(lease, sweep);
    for (int64_t trial = first; trial < end; ++trial) {
      diverged += AddTrial(report, trial, grid) ? 1 : 0;
    }
    Check(writer->ledger->Commit(std::vector<server::Write>{
        test::NewLease(lease, sweep, first, end - first, 1, writer->session),
        std::move(report), server::DeleteLease{lease},
        StateOf(sweep, trials, end, diverged)}));
  }
}

void Make(const std::string& path, int64_t trials, int points) {
  const auto start = std::chrono::steady_clock::now();
  Writer writer;
  {
    auto ledger = server::Ledger::Open(path);
    Check(ledger.status());
    writer.ledger = *std::move(ledger);
  }
  {
    const auto reader = server::LedgerReader::Open(path);
    Check(reader.status());
    const auto newest = (*reader)->ListSweeps(0, 1);
    Check(newest.status());
    if (!newest->empty()) writer.next_sweep = newest->front().sweep_id() + 1;
  }
  // Far above those that workers have used.
  writer.next_lease = writer.next_sweep * 1'000'000;
  writer.session = absl::StrCat("big-", writer.next_sweep);
  Check(writer.ledger->Commit(
      std::vector<server::Write>{test::NewSession(writer.session)}));
  for (int64_t i = 0; i < kSmallSweeps; ++i) {
    AddSweep(&writer, BigSpec(absl::StrCat("small-", i), kPerNorm), kPerNorm, 3,
             StepsOf(10));
  }
  AddSweep(&writer, BigSpec("barely-begun", 100'000'000), 100'000'000, 3,
           StepsOf(points));
  const int64_t rounded = (trials + kPerNorm - 1) / kPerNorm * kPerNorm;
  AddSweep(&writer, BigSpec("million", rounded), rounded, rounded,
           StepsOf(points));
  std::printf(
      "%lld trials of %d points: %.1f s, %.2f GB\n",
      static_cast<long long>(rounded), points,
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count(),
      static_cast<double>(std::filesystem::file_size(path)) * 1e-9);
}

}  // namespace
}  // namespace fathom

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: big_ledger LEDGER.db [TRIALS [POINTS]]\n");
    return 2;
  }
  fathom::Make(argv[1], argc > 2 ? std::atoll(argv[2]) : 1'000'000,
               argc > 3 ? std::atoi(argv[3]) : 100);
  return 0;
}

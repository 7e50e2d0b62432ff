// Makes any calls that clients may make of the service, in any order, beside a
// worker that does its part. What sweep_service.proto promises must hold, the
// ledger must take everything that was decided and stay in order, and nothing
// may cost more than the bytes of the requests allow.
//
// Threads and gRPC are left out: requests come one after the other. Inputs are
// short, and there are many of them, so that large things are there from the
// start.
#include <string>

#include "absl/strings/str_cat.h"
#include "proto/sweep/checks/axes.h"
#include "proto/sweep/space.h"
#include "sqlite3.h"
#include "tests/fuzz/archive.h"
#include "tests/fuzz/draws.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/ledger_folder.h"
#include "tests/fuzz/service_steps.h"

namespace fathom::fuzz {
namespace {

constexpr int kSteps = 8;

// An input that is worth more bytes than these takes too long to be tried
// often.
constexpr int64_t kMostEarned = 100'000;

// A call takes a transaction or a new connection to the ledger. Whatever it
// sends comes with some hundred bytes of gRPC.
constexpr Rates kRates = {.seconds = 0.3,
                          .seconds_per_byte = 5e-6,
                          .bytes = int64_t{128} << 20,
                          .bytes_per_byte = 4096};

class Play : private Draws {
 public:
  Play(const uint8_t* data, size_t size)
      : Draws(data, size), budget_(size, kRates), service_(folder_.path()) {
    budget_.Pause();
    service_.Charge(&budget_);
    Archive().Charge(&budget_);
  }
  ~Play() { Archive().Charge(nullptr); }
  Play(const Play&) = delete;
  Play& operator=(const Play&) = delete;

  void Run() {
    focus_ = Small(11);
    // A sweep and its results are there from the start.
    Create();
    Work();
    for (int step = 0; step < kSteps && in().remaining_bytes() > 0 &&
                       budget_.earned() < kMostEarned;
         ++step) {
      Step();
    }
    service_.RequireOrder();
  }

 private:
  // Returns a number that is mostly small, and seldom as large as may be, which
  // takes long.
  int Count() {
    constexpr int kMany[] = {20, 20, 300, 3000};
    if (Small(7) < 7) return Small(3);
    return Small(63) == 63 ? kMaxCheckedValues : in().PickValueInArray(kMany);
  }
  int64_t TrialCount() {
    constexpr int64_t kMany[] = {30, 300, kMaxCheckedValues + 1, kMaxTrials};
    return Small(3) < 3 ? 1 + Small(30) : in().PickValueInArray(kMany);
  }
  // Calls that only read may go to either ledger.
  ServiceSteps& Reads() { return Small(3) == 3 ? Archive() : service_; }
  server::Caller SomeCaller() {
    return {.name = Small(1) == 0 ? "ann" : "ben", .may_change_all = Seldom()};
  }
  // Returns a number, a name, or a text that names nothing.
  std::string SomeSweep() {
    if (Seldom()) return in().ConsumeRandomLengthString(20);
    const int64_t id = Seldom() ? Id(4) : 1 + Small(1);
    switch (Small(2)) {
      case 0:
        return absl::StrCat("+", id);
      case 1:
        return absl::StrCat("s", id);
      default:
        return absl::StrCat(id);
    }
  }

  // Makes a call. An input has more calls of one kind than of others.
  void Step() {
    switch (in().ConsumeBool() ? focus_ : Small(11)) {
      case 0:
        return Create();
      case 1:
        return Change();
      case 2: {
        v1::CancelSweepRequest request;
        request.set_sweep(SomeSweep());
        const server::Caller caller = SomeCaller();
        service_.Cancel(request, caller);
        if (!Seldom()) return;
        v1::DeleteSweepRequest deletion;
        deletion.set_sweep(request.sweep());
        return service_.Delete(deletion, caller);
      }
      case 3: {
        v1::RetrySweepRequest request;
        request.set_sweep(SomeSweep());
        const server::Caller caller = SomeCaller();
        return service_.Retry(request, caller);
      }
      case 4: {
        v1::ListSweepsRequest request;
        request.set_page_size(static_cast<int32_t>(Id(4)));
        if (in().ConsumeBool()) {
          request.set_page_token(Seldom() ? in().ConsumeRandomLengthString(20)
                                          : absl::StrCat(Id(5)));
        }
        return Reads().List(request);
      }
      case 5: {
        v1::GetTrialRequest request;
        request.set_sweep(SomeSweep());
        request.set_trial_index(Id(20));
        return Reads().GetTrial(request);
      }
      case 6:
      case 7:
        return ReadCurves();
      case 8:
        return Query();
      case 9: {
        v1::DrainWorkersRequest request;
        request.set_worker(in().ConsumeBool() ? "w" : "s");
        return service_.Drain(request);
      }
      case 10: {
        if (in().ConsumeBool()) return Reads().ListWorkers();
        v1::GetSweepRequest request;
        request.set_sweep(SomeSweep());
        return Reads().GetSweep(request);
      }
      default:
        return Work();
    }
  }

  void Create() {
    v1::CreateSweepRequest request;
    *request.mutable_spec() = SomeSpec();
    request.set_force_new(in().ConsumeBool());
    if (Seldom()) request.set_priority(static_cast<int32_t>(Id(2000)));
    if (Seldom()) request.set_weight(in().ConsumeFloatingPoint<double>());
    const server::Caller caller = SomeCaller();
    service_.Create(request, caller);
  }

  void Change() {
    v1::UpdateSweepRequest request;
    request.set_sweep(SomeSweep());
    if (in().ConsumeBool()) request.set_paused(in().ConsumeBool());
    if (in().ConsumeBool()) {
      request.set_priority(
          static_cast<int32_t>(static_cast<uint64_t>(Id(2000)) - 1000));
    }
    if (in().ConsumeBool()) {
      request.set_weight(Seldom() ? in().ConsumeFloatingPoint<double>()
                                  : Small(1000));
    }
    const server::Caller caller = SomeCaller();
    service_.Change(request, caller);
  }

  void ReadCurves() {
    v1::ReadCurvesRequest request;
    request.set_sweep(SomeSweep());
    request.set_metric(Seldom() ? static_cast<v1::Metric>(Id(30))
                                : v1::METRIC_LOSS);
    request.set_detail(static_cast<v1::CurveDetail>(Small(3)));
    if (in().ConsumeBool()) {
      request.set_first_trial(Id(20));
      request.set_end_trial(Id(20));
    }
    if (Seldom() || request.end_trial() == 0) {
      const int64_t first = Id(20);
      const int64_t by = Seldom() ? Small(2) - 1 : 1;
      for (int i = 0, count = Count(); i < count; ++i) {
        request.add_trials(static_cast<int64_t>(static_cast<uint64_t>(first) +
                                                static_cast<uint64_t>(by * i)));
      }
    }
    if (Seldom()) request.mutable_time_limit()->set_seconds(Id(3));
    Reads().ReadCurves(request);
  }

  // Runs one of these statements; any text as SQL has a target of its own.
  void Query() {
    constexpr const char* kSql[] = {
        "SELECT * FROM trials",
        "SELECT * FROM sweeps",
        "SELECT * FROM metric_points",
        "SELECT sweep_id, count(*) FROM trials GROUP BY 1",
        "SELECT ?",
        ""};
    v1::QueryRequest request;
    request.set_sql(in().PickValueInArray(kSql));
    request.set_row_limit(Id(10));
    if (Seldom()) request.mutable_time_limit()->set_seconds(Id(3));
    Reads().Query(request);
  }

  // A worker takes some trials and ends them. No client pays for that time.
  void Work() {
    const auto outcome =
        static_cast<v1::TrialState>(v1::TRIAL_STATE_SUCCEEDED + Small(3));
    service_.Work(1 + Small(Seldom() ? 400 : 5), Small(3) == 0, outcome);
  }

  v1::SweepSpec SomeSpec() {
    v1::SweepSpec spec;
    spec.set_name(Seldom() ? in().ConsumeRandomLengthString(20)
                           : absl::StrCat("s", Small(3)));
    v1::TrialSpec& trial = *spec.mutable_trial();
    trial.mutable_data()->mutable_synthetic()->set_rows(1 + Small(20));
    trial.mutable_data()->mutable_synthetic()->set_columns(3);
    trial.set_steps(1 + Small(20));
    trial.mutable_optimizer()->set_learning_rate(0.01);
    if (Seldom()) trial.mutable_data()->set_digest(std::string(64, 'a'));
    if (Seldom()) FillText(trial);
    for (int i = Small(2); i > 0; --i) {
      v1::AxisGroup& group = *spec.add_axes();
      for (int j = Seldom() ? Count() : 1; j > 0; --j) Fill(*group.add_axes());
    }
    return spec;
  }

  // Fills texts that only clients read with short texts or texts beyond all
  // bounds.
  void FillText(v1::TrialSpec& trial) {
    constexpr size_t kSizes[] = {1, 1000, server::kMaxSpecBytes,
                                 2 * server::kMaxSpecBytes};
    v1::DataImport& import = *trial.mutable_data()->mutable_import();
    std::string text(in().PickValueInArray(kSizes), 'x');
    if (in().ConsumeBool()) {
      import.set_table(std::move(text));
    } else {
      import.add_target(std::move(text));
    }
  }

  void Fill(v1::Axis& axis) {
    if (Seldom()) return FillAnyhow(axis);
    if (in().ConsumeBool()) {
      axis.set_field("seed");
      axis.mutable_range()->set_from(0);
      axis.mutable_range()->set_to(TrialCount());
      return;
    }
    const bool rates = in().ConsumeBool();
    axis.set_field(rates ? "learning_rate" : "steps");
    for (int i = 1, count = 1 + Count(); i <= count; ++i) {
      v1::Value& value = *axis.mutable_list()->add_values();
      rates ? value.set_number(0.001 * i) : value.set_integer(i);
    }
  }

  void FillAnyhow(v1::Axis& axis) {
    constexpr const char* kFields[] = {"seed",      "learning_rate", "steps",
                                       "optimizer", "depth",         "momentum",
                                       "loss.lp",   "no_such_field"};
    axis.set_field(in().PickValueInArray(kFields));
    switch (Small(3)) {
      case 0: {
        const bool integers = in().ConsumeBool();
        const int64_t first = Id(20);
        const int by = Seldom() ? 0 : 1;
        for (int i = 0, count = 1 + Count(); i < count; ++i) {
          v1::Value& value = *axis.mutable_list()->add_values();
          if (integers) {
            value.set_integer(static_cast<int64_t>(
                static_cast<uint64_t>(first) + static_cast<uint64_t>(by * i)));
          } else {
            value.set_number(static_cast<double>(first) + 0.25 * by * i);
          }
        }
        return;
      }
      case 1:
        axis.mutable_range()->set_from(Id(20));
        axis.mutable_range()->set_to(Seldom() ? Id(100'000) : TrialCount());
        if (in().ConsumeBool()) axis.mutable_range()->set_step(Id(5));
        return;
      case 2:
        axis.mutable_linspace()->set_from(0.5);
        axis.mutable_linspace()->set_to(in().ConsumeFloatingPoint<double>());
        axis.mutable_linspace()->set_count(static_cast<int32_t>(Id(70'000)));
        return;
      default:
        axis.mutable_list()->add_values()->set_text(
            in().ConsumeBool() ? "adam" : in().ConsumeRandomLengthString(20));
    }
  }

  Budget budget_;
  LedgerFolder folder_;
  ServiceSteps service_;
  int focus_ = 0;
};

}  // namespace
}  // namespace fathom::fuzz

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  // All connections to a ledger share one schema, because reading it from the
  // file takes longer than most calls do.
  sqlite3_enable_shared_cache(1);
  fathom::fuzz::Archive();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fathom::fuzz::Play(data, size).Run();
  return 0;
}

#include "tests/bench/load/case.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "proto/shared/status.h"
#include "proto/sweep/normalize.h"

namespace fathom::bench {
namespace {

// Returns the spec of 2 depths, 50 learning rates, and as many seeds as are
// needed.
v1::SweepSpec MakeSpec(int64_t trials, const WorkerPlan& plan) {
  v1::SweepSpec spec;
  spec.set_name("load");
  v1::TrialSpec& trial = *spec.mutable_trial();
  trial.set_steps(std::max<int64_t>(100, plan.points + plan.chunk));
  for (int m = 0; m < plan.metrics; ++m) {
    trial.mutable_record()->add_metrics(
        static_cast<v1::Metric>(v1::METRIC_LOSS + m));
  }
  trial.mutable_data()->mutable_synthetic()->set_rows(10);
  trial.mutable_data()->mutable_synthetic()->set_columns(4);
  v1::Axis& depth = *spec.add_axes()->add_axes();
  depth.set_field("model.depth");
  depth.mutable_list()->add_values()->set_integer(1);
  depth.mutable_list()->add_values()->set_integer(2);
  v1::Axis& rate = *spec.add_axes()->add_axes();
  rate.set_field("optimizer.learning_rate");
  rate.mutable_log()->set_from(1e-4);
  rate.mutable_log()->set_to(1e-2);
  rate.mutable_log()->set_count(50);
  v1::Axis& seed = *spec.add_axes()->add_axes();
  seed.set_field("seed");
  seed.mutable_range()->set_to(trials / 100);
  return Normalize(std::move(spec));
}

}  // namespace

void Record::Add(const std::string& name, double value) {
  fields_.emplace_back(name, absl::StrFormat("%.6g", value));
}

void Record::Add(const std::string& name, int64_t value) {
  fields_.emplace_back(name, absl::StrCat(value));
}

void Record::Print(bool json) const {
  std::vector<std::string> cells;
  for (const auto& [name, value] : fields_) {
    cells.push_back(json ? absl::StrCat("\"", name, "\": ", value)
                         : absl::StrCat(name, " ", value));
  }
  const std::string line = absl::StrJoin(cells, json ? ", " : "  ");
  std::printf(json ? "{%s}\n" : "%s\n", line.c_str());
  std::fflush(stdout);
}

double Quantile(const std::vector<float>& values, double share) {
  if (values.empty()) return 0;
  const auto last = static_cast<double>(values.size() - 1);
  return values[static_cast<size_t>(std::lround(share * last))];
}

// gRPC carries at most 1000 streams per connection.
int Channels(const Options& options) {
  if (options.channels > 0) return options.channels;
  return std::max(std::min(options.workers, 16), (options.workers + 499) / 500);
}

absl::Status CreateSweep(client::Connection& client, const Options& options) {
  ASSIGN_OR_RETURN(
      const v1::Sweep sweep,
      client.CreateSweep(MakeSpec(options.trials, options.plan), false));
  if (sweep.trial_count() == options.trials) return absl::OkStatus();
  return absl::InvalidArgumentError("--trials must be a multiple of 100");
}

absl::StatusOr<int64_t> AskNumber(client::Connection& client,
                                  const std::string& sql) {
  v1::QueryRequest request;
  request.set_sql(sql);
  request.mutable_time_limit()->set_seconds(60);
  int64_t found = -1;
  RETURN_IF_ERROR(client.Query(request, [&](const v1::QueryResponse& part) {
    if (part.rows_size() > 0) found = part.rows(0).cells(0).integer();
    return absl::OkStatus();
  }));
  return found;
}

absl::Status Audit(client::Connection& client, const Options& options,
                   int64_t points_sent) {
  ASSIGN_OR_RETURN(const v1::AuditResponse audit, client.Audit());
  if (audit.problem_count() > 0) {
    return absl::DataLossError(absl::StrCat("the audit found ",
                                            audit.problem_count(),
                                            " problems: ", audit.problems(0)));
  }
  const v1::SweepAudit& sweep = audit.sweeps(0);
  if (sweep.recorded() != options.trials) {
    return absl::DataLossError(absl::StrCat("the ledger has ", sweep.recorded(),
                                            " results, expected ",
                                            options.trials));
  }
  ASSIGN_OR_RETURN(
      const int64_t found,
      AskNumber(client,
                "SELECT coalesce(sum(json_array_length(points)),0) "
                "FROM metric_chunks"));
  if (found == points_sent) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("the ledger has ", found,
                                          " points, expected ", points_sent));
}

Pulse::Pulse(Fleet* fleet, const std::string& address, double scrape_seconds) {
  heart_ = std::thread([this, fleet] {
    Repeat(fleet->heartbeat_period(), [fleet] { fleet->Heartbeat(); });
  });
  if (scrape_seconds <= 0) return;
  scraper_ = std::thread([this, address, scrape_seconds] {
    Repeat(absl::Seconds(scrape_seconds), [this, &address] {
      const absl::Time start = absl::Now();
      const auto client = client::ConnectToServer(address);
      if (!client.ok() || !(*client)->GetTelemetry().ok()) return;
      scrapes_.push_back(
          static_cast<float>(absl::ToDoubleSeconds(absl::Now() - start)));
    });
  });
}

Pulse::~Pulse() { Stop(); }

void Pulse::Repeat(absl::Duration period, const std::function<void()>& act) {
  for (absl::Time next = absl::Now();; next += period) {
    {
      absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithDeadline(absl::Condition(&stopped_), next)) return;
    }
    act();
  }
}

std::vector<float> Pulse::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
  }
  if (heart_.joinable()) heart_.join();
  if (scraper_.joinable()) scraper_.join();
  std::sort(scrapes_.begin(), scrapes_.end());
  return std::move(scrapes_);
}

}  // namespace fathom::bench

// `fathom autoscale slurm` starts workers as jobs of Slurm.
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "client/commands/commands.h"
#include "client/commands/interrupt.h"
#include "client/scale/decision.h"
#include "client/scale/program.h"
#include "client/scale/slurm.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

constexpr char kAutoscaleFooter[] =
    R"(Runs where sbatch is, with a token of the role scale. What comes after -- goes to
sbatch, such as the account and the partition. Workers leave by themselves when
they have nothing to do; only jobs that are still queued are ever cancelled, and
jobs that run go on when this command ends.

Examples:
  fathom autoscale slurm --server lab:7373 --tls-ca ca.pem \
    --token-file scale.token --worker-token-file worker.token \
    --max 200 --slots 16 -- --partition=batch --time=04:00:00
  fathom autoscale slurm --server lab:7373 --max 200 --dry-run
  fathom explain --scaling --server lab:7373)";

constexpr absl::Duration kCommandLimit = absl::Seconds(30);

struct AutoscaleOptions {
  Source source = {};
  ScaleLimits limits = {};
  double target_minutes = 10;
  double period_seconds = 60;
  double idle_minutes = 5;
  std::string name = "fathom";
  std::string worker = {};
  std::string worker_token = {};
  std::vector<std::string> sbatch = {};
  bool dry_run = false;
  bool once = false;
  bool json = false;
};

// Returns the path of fathom-worker beside this program, or its name, to be
// looked for where the job runs.
std::string DefaultWorker() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) {
    const auto beside = self.parent_path() / "fathom-worker";
    if (std::filesystem::exists(beside, error)) return beside.string();
  }
  return "fathom-worker";
}

// Returns the words of the worker's command line, as jobs run it.
std::vector<std::string> WorkerWords(const AutoscaleOptions& options) {
  const auto absolute = [](const std::string& path) {
    std::error_code error;
    const auto full = std::filesystem::absolute(path, error);
    return error ? path : full.string();
  };
  std::vector<std::string> words = {
      options.worker.empty() ? DefaultWorker() : options.worker, "--server",
      ServerAddress(options.source), "--slots",
      absl::StrCat(options.limits.slots)};
  words.insert(words.end(),
               {"--idle-timeout", absl::StrCat(options.idle_minutes * 60)});
  if (!options.source.credentials.ca.empty()) {
    words.insert(words.end(),
                 {"--tls-ca", absolute(options.source.credentials.ca)});
  }
  if (!options.worker_token.empty()) {
    words.insert(words.end(), {"--token-file", absolute(options.worker_token)});
  }
  return words;
}

nlohmann::ordered_json DecisionJson(const ScaleDecision& decision,
                                    const std::string& job,
                                    const std::string& error) {
  nlohmann::ordered_json json;
  json["time"] =
      absl::FormatTime(absl::RFC3339_sec, absl::Now(), absl::UTCTimeZone());
  json["wanted_workers"] = decision.wanted;
  json["submit"] = decision.submit;
  json["cancel"] = decision.cancel;
  json["gave_up"] = decision.gave_up;
  json["reason"] = decision.reason;
  if (!job.empty()) json["job"] = job;
  if (!error.empty()) json["error"] = error;
  return json;
}

// Carries out decisions until it is told to stop.
class Autoscaler {
 public:
  Autoscaler(const AutoscaleOptions& options, Connection& connection,
             Invocation& invocation)
      : options_(options),
        connection_(connection),
        invocation_(invocation),
        slurm_({.name = options.name,
                .worker = WorkerWords(options),
                .options = options.sbatch,
                .slots = options.limits.slots},
               [](const auto& words, const std::string& input) {
                 return RunProgram(words, input, kCommandLimit);
               }) {}

  // Decides once. Errors are those of what has to be asked first: the
  // coordinator and squeue.
  absl::StatusOr<ScaleDecision> Step() {
    ASSIGN_OR_RETURN(const v1::Load load, connection_.GetLoad());
    ASSIGN_OR_RETURN(const std::vector<BatchJob> jobs, slurm_.List());
    ScaleDecision decision =
        Decide(load, jobs, options_.limits, absl::Now(), memory_);
    std::string job, error;
    if (!options_.dry_run) Carry(decision, job, error);
    Tell(decision, job, error);
    return decision;
  }

  // Says what went wrong, once for as long as it stays the same; nothing goes
  // wrong where `error` is empty.
  void Warn(absl::string_view error) {
    if (error != last_error_ && !error.empty()) {
      invocation_.err << "warning: " << PrintableLines(error) << std::endl;
    }
    last_error_ = std::string(error);
  }

 private:
  void Carry(const ScaleDecision& decision, std::string& job,
             std::string& error) {
    if (!decision.cancel.empty()) {
      const absl::Status status = slurm_.Cancel(decision.cancel);
      if (!status.ok()) error = std::string(status.message());
    }
    if (decision.submit == 0) return;
    const auto submitted = slurm_.Submit(decision.submit);
    NoteSubmission(submitted.ok(), absl::Now(), memory_);
    if (submitted.ok()) {
      job = *submitted;
    } else {
      error = std::string(submitted.status().message());
    }
  }

  void Tell(const ScaleDecision& decision, const std::string& job,
            const std::string& error) {
    if (options_.json) {
      invocation_.out << DecisionJson(decision, job, error)
                             .dump(-1, ' ', false,
                                   nlohmann::json::error_handler_t::replace)
                      << std::endl;
      return;
    }
    std::string text;
    const char* would = options_.dry_run ? "would " : "";
    if (decision.submit > 0) {
      absl::StrAppend(&text, would, "submit ", decision.submit,
                      job.empty() ? "" : absl::StrCat(" as job ", job));
    } else if (!decision.cancel.empty()) {
      absl::StrAppend(&text, would, "cancel ", decision.cancel.size(),
                      " queued");
    } else {
      text = "nothing to change";
    }
    absl::StrAppend(&text, ": ", decision.reason);
    // The same again and again is not worth a line.
    if (text != last_) invocation_.out << Printable(text) << std::endl;
    last_ = text;
    Warn(error);
  }

  const AutoscaleOptions& options_;
  Connection& connection_;
  Invocation& invocation_;
  Slurm slurm_;
  ScaleMemory memory_;
  std::string last_;
  std::string last_error_;
};

int Autoscale(const AutoscaleOptions& options, Invocation& invocation) {
  if (options.limits.min > options.limits.max) {
    return Fail(invocation, absl::InvalidArgumentError(absl::StrCat(
                                "found --min ", options.limits.min,
                                " above --max ", options.limits.max)));
  }
  const auto connection = Open(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  Autoscaler scaler(options, **connection, invocation);
  if (options.dry_run && !options.json) {
    invocation.out << SlurmScript({.worker = WorkerWords(options)}) << "\n";
  }
  const Interrupt interrupt;
  const absl::Duration period = absl::Seconds(options.period_seconds);
  for (;;) {
    const auto decision = scaler.Step();
    if (!decision.ok()) {
      const bool may_pass = absl::IsUnavailable(decision.status()) ||
                            absl::IsInternal(decision.status()) ||
                            absl::IsDeadlineExceeded(decision.status());
      if (options.once || options.dry_run || !may_pass) {
        return Fail(invocation, decision.status());
      }
      scaler.Warn(decision.status().message());
    } else if (decision->gave_up) {
      return Fail(invocation,
                  absl::InternalError(absl::StrCat(
                      decision->reason, "; look at the output of these jobs")));
    }
    if (options.once || options.dry_run) return kExitOk;
    if (interrupt.WaitFor(period)) break;
  }
  invocation.err << "stopped; the jobs that run or wait in the queue stay: "
                    "squeue --me --name="
                 << options.name << "\n";
  return kExitOk;
}

}  // namespace

void AddAutoscaleCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* parent = app.add_subcommand(
      "autoscale", "start workers as there is work for them");
  parent->require_subcommand(1);
  parent->footer(kAutoscaleFooter);
  CLI::App* command =
      parent->add_subcommand("slurm", "start workers as jobs of Slurm");
  const auto options = std::make_shared<AutoscaleOptions>();
  AddServerOption(command, &options->source);
  command
      ->add_option("--min", options->limits.min,
                   "Workers that are there even with nothing to do")
      ->capture_default_str()
      ->check(CLI::Range(0, 100'000));
  command->add_option("--max", options->limits.max, "Workers at most")
      ->required()
      ->check(CLI::Range(1, 100'000));
  command
      ->add_option("--slots", options->limits.slots,
                   "Compute threads of a worker, and cores of its job")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  command
      ->add_option("--backlog", options->limits.backlog,
                   "Jobs that may wait in the queue at a time")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  command
      ->add_option("--target-minutes", options->target_minutes,
                   "In how many minutes all that waits is to be done")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 1e5));
  command
      ->add_option("--period-seconds", options->period_seconds,
                   "How often to decide; each time asks squeue once")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 3600.0));
  command
      ->add_option("--idle-minutes", options->idle_minutes,
                   "After how many minutes with nothing to do workers leave")
      ->capture_default_str()
      ->check(CLI::Range(0.01, 1e5));
  command
      ->add_option("--name", options->name,
                   "Name of the jobs, by which they are found again")
      ->capture_default_str();
  command
      ->add_option("--worker", options->worker,
                   "fathom-worker, where the jobs run (default: the one "
                   "beside this program)")
      ->type_name("FILE");
  command
      ->add_option("--worker-token-file", options->worker_token,
                   "File with the token of the workers")
      ->type_name("FILE");
  command->add_flag("--dry-run", options->dry_run,
                    "Shows the script and what would be done now");
  command->add_flag("--once", options->once, "Decides once, for cron");
  command->add_flag("--json", options->json, "a JSON document per decision");
  command->add_option("sbatch", options->sbatch,
                      "options for sbatch, after --");
  command->footer(kAutoscaleFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      options->limits.target = absl::Minutes(options->target_minutes);
      return Autoscale(*options, invocation);
    };
  });
}

}  // namespace fathom::client

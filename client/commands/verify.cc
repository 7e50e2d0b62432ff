// `fathom verify` trains recorded trials again and compares every bit.
#include "client/verify/verify.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/commands/verify/verify_run.h"
#include "client/verify/verify_text.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/table.h"
#include "proto/shared/number_between.h"

namespace fathom::client {
namespace {

constexpr char kVerifyFooter[] =
    R"(Trains finished trials of a sweep again on this machine, several times: in random
bundles of other sizes and orders, on one slot and on all, with each instruction
set that the machine has. Every double that the ledger holds of them (points,
final and best loss, with steps and outcome) must come out again, bit for bit.
The slow portable kernels get what fits into a second or two.

Trials of other numerics than this program's are skipped and counted, as are
failed and unfinished ones. Without --sample it takes 1%, but at least 20 and at
most 1000 trials. The same seed draws the same trials and bundles.

Exit codes: 0 no difference; 1 differences, or nothing to compare; 130 interrupted.

Examples:
  fathom verify quickstart --db fathom.db
  fathom verify 3 --sample 100% --json
  fathom verify 3 --sample 50 --seed 7)";

struct VerifyOptions {
  std::string sweep = {};
  Source source = {};
  std::string sample = {};
  std::optional<uint64_t> seed;
  int slots = 0;
  bool quiet = false;
  bool json = false;
};

int Print(const VerifyReport& report, const v1::Sweep& sweep, uint64_t seed,
          bool json, Invocation& invocation) {
  WriteFindings(report, sweep.sweep_id(), invocation);
  if (json) {
    WriteJson(VerifyJson(report, sweep, seed), invocation.out);
  } else {
    invocation.out << WrapLines(
        absl::StrCat("sweep ", sweep.sweep_id(), " ", sweep.spec().name(), "\n",
                     VerifyText(report, invocation.width)),
        invocation.width);
  }
  if (report.difference_count > 0) return kExitFailed;
  return report.interrupted ? kExitInterrupted : kExitOk;
}

int Verify(const VerifyOptions& options, Invocation& invocation) {
  VerifyRequest request;
  if (!options.sample.empty()) {
    const absl::StatusOr<SampleSize> sample = ParseSampleSize(options.sample);
    if (!sample.ok()) return Fail(invocation, sample.status());
    request.sample = *sample;
  }
  request.seed = options.seed.value_or(std::random_device()());
  // Races between slots can only be found on two slots or more.
  request.slots =
      options.slots > 0
          ? options.slots
          : std::max(2, static_cast<int>(std::thread::hardware_concurrency()));
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      Open(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  const absl::StatusOr<v1::Sweep> sweep =
      FindSweep(**connection, options.sweep);
  if (!sweep.ok()) return Fail(invocation, sweep.status());

  const absl::StatusOr<VerifyReport> report = VerifyWithProgress(
      **connection, *sweep, request, absl::StrCat(", seed ", request.seed),
      options.quiet, invocation);
  if (!report.ok()) return Fail(invocation, report.status());
  return Print(*report, *sweep, request.seed, options.json, invocation);
}

}  // namespace

void AddVerifyCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "verify", "train recorded trials again and compare every bit");
  const auto options = std::make_shared<VerifyOptions>();
  AddSweepToLookAt(command, &options->sweep);
  AddReadOptions(command, &options->source);
  command
      ->add_option("--sample", options->sample,
                   "how many trials: a number, or a share such as 1%")
      ->type_name("N|P%");
  command
      ->add_option("--seed", options->seed,
                   "draws trials and bundles (default: a new one)")
      ->type_name("N");
  command
      ->add_option("--slots", options->slots,
                   "most compute threads (default: one per core, at least 2)")
      ->check(IntegerBetween(1, 4096))
      ->type_name("N");
  command->add_flag("-q,--quiet", options->quiet, "no progress");
  command->add_flag("--json", options->json, "as one JSON document");
  command->footer(kVerifyFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return Verify(*options, invocation);
    };
  });
}

}  // namespace fathom::client

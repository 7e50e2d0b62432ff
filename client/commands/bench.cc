// `fathom bench` measures what this machine reaches.
#include <algorithm>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/commands/interrupt.h"
#include "client/embedded.h"
#include "client/presets/presets.h"
#include "client/spec/spec_file.h"
#include "client/view/bench_text.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/terminal.h"
#include "proto/shared/number_between.h"
#include "proto/shared/status.h"
#include "proto/sweep/space.h"

namespace fathom::client {
namespace {

constexpr char kBenchFooter[] = R"(Examples:
  fathom bench
  fathom bench --slots 4
  fathom bench --quick --json

Peak is what the fused multiply-adds of one core reach when they do nothing
else; the pass over the data is measured against it in turns. Training is whole,
with recording, on 2565 x 128 generated samples. The last table foretells how
long figures of the paper take here (less when trials diverge late), and how many
such trials a slot of a worker would ask for at a time.
Takes half a minute or some seconds (--quick), on a machine that does nothing
else: what runs beside it is measured, too.)";

struct BenchOptions {
  int slots = 0;
  bool quick = false;
  bool json = false;
  bool quiet = false;
};

// Returns the trials of a preset, on data that any machine can generate.
absl::StatusOr<v1::BenchSweep> SweepOf(absl::string_view preset_name,
                                       absl::string_view scale) {
  ASSIGN_OR_RETURN(const Preset* const preset, FindPreset(preset_name));
  ASSIGN_OR_RETURN(const SweepFile file,
                   ParseSweepFile(preset->text, preset->name));
  ASSIGN_OR_RETURN(v1::SweepSpec spec, SpecAtScale(file, scale, preset->name));
  spec.mutable_trial()->mutable_data()->clear_import();
  ASSIGN_OR_RETURN(const Space space, Space::Create(spec));
  v1::BenchSweep sweep;
  sweep.set_name(preset->name);
  sweep.set_scale(std::string(scale));
  for (int64_t i = 0; i < space.size(); ++i) {
    *sweep.add_trials() = space.TrialAt(i);
  }
  return sweep;
}

absl::StatusOr<v1::BenchRequest> RequestOf(const BenchOptions& options) {
  v1::BenchRequest request;
  request.set_slots(
      options.slots > 0
          ? options.slots
          : std::max(1, static_cast<int>(std::thread::hardware_concurrency())));
  request.set_quick(options.quick);
  for (const char* preset : {"paper/l2-depth", "paper/l4-depth"}) {
    for (const char* scale : {"quick", "race"}) {
      ASSIGN_OR_RETURN(*request.add_sweeps(), SweepOf(preset, scale));
    }
  }
  return request;
}

// Shows which part is being measured, in one line that is redrawn in place.
class ProgressLine {
 public:
  ProgressLine(bool shown, std::ostream& err) : shown_(shown), err_(err) {}
  ~ProgressLine() {
    if (shown_) err_ << "\r\x1b[K" << std::flush;
  }
  void Show(absl::string_view part, double done) {
    if (!shown_) return;
    err_ << "\r\x1b[K"
         << BenchProgressText(part, done, TerminalWidth(), LocaleIsUtf8())
         << std::flush;
  }

 private:
  const bool shown_;
  std::ostream& err_;
};

int Bench(const BenchOptions& options, Invocation& invocation) {
  const absl::StatusOr<v1::BenchRequest> request = RequestOf(options);
  if (!request.ok()) return Fail(invocation, request.status());
  const Interrupt interrupt;
  absl::StatusOr<v1::BenchReport> report;
  {
    ProgressLine line(!options.quiet && StandardErrorIsTerminal(),
                      invocation.err);
    report = RunBench(
        *request,
        [&](absl::string_view part, double done) { line.Show(part, done); },
        [&] { return !interrupt.raised(); });
  }
  if (interrupt.raised()) return kExitInterrupted;
  if (!report.ok()) return Fail(invocation, report.status());
  if (options.json) {
    WriteJson(ToJson(*report), invocation.out);
  } else {
    invocation.out << BenchText(*report, LocaleIsUtf8(), invocation.width);
  }
  return kExitOk;
}

}  // namespace

void AddBenchCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("bench", "measure what this machine reaches");
  const auto options = std::make_shared<BenchOptions>();
  command
      ->add_option("--slots", options->slots,
                   "compute threads (default: one per core)")
      ->check(IntegerBetween(1, 1024))
      ->type_name("N");
  command->add_flag("--quick", options->quick, "shorter, on fewer shapes");
  command->add_flag("--json", options->json, "as one JSON document");
  command->add_flag("-q,--quiet", options->quiet, "show no progress");
  command->footer(kBenchFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return Bench(*options, invocation);
    };
  });
}

}  // namespace fathom::client

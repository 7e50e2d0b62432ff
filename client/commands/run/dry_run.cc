#include "client/commands/run/dry_run.h"

#include "absl/status/statusor.h"
#include "client/commands/check/sweep_facts.h"
#include "client/view/message_json.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/space.h"

namespace fathom::client {

void AddDryRunOption(CLI::App* command, bool* dry_run) {
  command->add_flag("--dry-run", *dry_run,
                    "say what the sweep would be, and run nothing; `fathom "
                    "check` says more");
}

int DryRun(const LoadedSweep& loaded, bool json, Invocation& invocation) {
  const absl::StatusOr<Space> space = Space::Create(Normalize(loaded.spec));
  if (!space.ok()) return Fail(invocation, space.status());
  const SweepFacts facts = FactsOf(*space, loaded.shape);
  if (json) {
    nlohmann::ordered_json document = {{"dry_run", true}};
    document.update(FactsJson(loaded, facts));
    WriteJson(document, invocation.out);
    return kExitOk;
  }
  invocation.out << FactsText(loaded, facts) << "nothing was run (--dry-run)\n";
  return kExitOk;
}

}  // namespace fathom::client

#ifndef FATHOM_CLIENT_COMMANDS_CHECK_KNOWN_H_
#define FATHOM_CLIENT_COMMANDS_CHECK_KNOWN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/commands/invocation.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/sweep_service.pb.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// The sweeps of a ledger that mean the same trials as a spec.
struct KnownSweeps {
  // The ledger or coordinator that was asked, or why none was.
  std::string where;
  bool asked = false;
  std::vector<v1::Sweep> sweeps;  // The newest of them, newest first.
};

// Looks for sweeps with the fingerprint of the normalized `spec`. A ledger that
// is not there yet has none; nothing is asked where `source` names neither a
// ledger nor a coordinator. Errors are those of Open() and of queries.
absl::StatusOr<KnownSweeps> FindKnown(const v1::SweepSpec& spec,
                                      const Source& source);

// Returns what is known, as lines below the title "known:".
std::string KnownText(const KnownSweeps& known);

// Returns a list of the sweeps, or null when nothing was asked.
nlohmann::ordered_json KnownJson(const KnownSweeps& known);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_CHECK_KNOWN_H_

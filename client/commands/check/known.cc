#include "client/commands/check/known.h"

#include <cstdint>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/load/rows.h"
#include "client/view/format.h"
#include "client/view/progress.h"
#include "proto/shared/status.h"
#include "proto/sweep/fingerprint.h"

namespace fathom::client {
namespace {

constexpr int kMostKnown = 5;

}  // namespace

absl::StatusOr<KnownSweeps> FindKnown(const v1::SweepSpec& spec,
                                      const Source& source) {
  KnownSweeps known;
  if (source.db.empty() && !NamesServer(source)) {
    known.where = absl::StrCat("no ledger was looked into: this folder has no ",
                               kDefaultLedger, ", and none is named");
    return known;
  }
  known.asked = true;
  known.where = source.db.empty() ? ServerAddress(source) : source.db;
  const absl::StatusOr<std::unique_ptr<Connection>> connection = Open(source);
  // `fathom run` makes the ledger.
  if (absl::IsNotFound(connection.status()) && !source.db.empty()) return known;
  RETURN_IF_ERROR(connection.status());
  // Fingerprints consist of hex digits, so that they need no quoting.
  std::vector<int64_t> ids;
  RETURN_IF_ERROR(ForEachRow(
      **connection,
      absl::StrCat("SELECT sweep FROM sweep_overview WHERE fingerprint IN ('",
                   absl::StrJoin(Fingerprints(spec), "','"),
                   "') ORDER BY sweep DESC LIMIT ", kMostKnown),
      [&](const v1::QueryRow& row) {
        ids.push_back(CellAt(row, 0).integer());
      }));
  for (const int64_t id : ids) {
    ASSIGN_OR_RETURN(v1::Sweep sweep, (*connection)->GetSweep(id));
    known.sweeps.push_back(std::move(sweep));
  }
  return known;
}

std::string KnownText(const KnownSweeps& known) {
  if (!known.asked) return absl::StrCat("known:    ", known.where, "\n");
  if (known.sweeps.empty()) {
    return absl::StrCat("known:    nothing of it in ", Printable(known.where),
                        "\n");
  }
  std::string text;
  const char* title = "known:    ";
  bool goes_on = false;
  for (const v1::Sweep& sweep : known.sweeps) {
    absl::StrAppend(&text, title, "sweep ", sweep.sweep_id(), " of ",
                    Printable(known.where), ": ", SweepStateText(sweep), ", ",
                    CountText(FinishedTrials(sweep.progress())), " of ",
                    CountText(sweep.trial_count(), "trial"), " finished");
    if (!goes_on && sweep.state() != v1::SWEEP_STATE_CANCELLED) {
      goes_on = true;
      absl::StrAppend(&text, sweep.state() == v1::SWEEP_STATE_COMPLETED
                                 ? "; it is not run again (but see --new)"
                                 : "; the same spec goes on with it");
    }
    text += "\n";
    title = "          ";
  }
  return text;
}

nlohmann::ordered_json KnownJson(const KnownSweeps& known) {
  if (!known.asked) return nullptr;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const v1::Sweep& sweep : known.sweeps) {
    list.push_back({{"sweep", sweep.sweep_id()},
                    {"state", SweepStateText(sweep)},
                    {"trials", sweep.trial_count()},
                    {"finished", FinishedTrials(sweep.progress())},
                    {"fraction", sweep.progress().fraction()}});
  }
  return list;
}

}  // namespace fathom::client

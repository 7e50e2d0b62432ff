#include "client/verify/stored.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/load/rows.h"
#include "proto/dataset/dataset.h"
#include "proto/shared/status.h"
#include "proto/sweep/facts/states.h"
#include "proto/sweep/names.h"

namespace fathom::client {
namespace {

std::optional<double> Number(const v1::QueryCell& cell) {
  if (cell.has_real()) return cell.real();
  // A number without a fraction may be read as an integer.
  if (cell.has_integer()) return static_cast<double>(cell.integer());
  return std::nullopt;
}

// Returns the SQL condition for states of trials that give the same bits when
// they are trained again.
std::string ReproducibleSql() {
  std::vector<std::string> names;
  for (const StateFacts& facts : TrialStates()) {
    if (!IsFinding(facts.state)) continue;
    names.push_back(absl::StrCat("'", StateName(facts.state), "'"));
  }
  return absl::StrCat("state IN (", absl::StrJoin(names, ","), ")");
}

std::string TrialList(absl::Span<const int64_t> trials) {
  return absl::StrCat("trial IN (", absl::StrJoin(trials, ","), ")");
}

}  // namespace

bool IsReproducible(const std::string& state) {
  return absl::c_any_of(TrialStates(), [&](const StateFacts& facts) {
    return IsFinding(facts.state) && StateName(facts.state) == state;
  });
}

absl::StatusOr<std::map<std::string, int64_t>> CountByNumerics(
    Connection& connection, int64_t sweep_id) {
  std::map<std::string, int64_t> counts;
  RETURN_IF_ERROR(ForEachRow(
      connection,
      absl::StrCat("SELECT numerics, COUNT(*) FROM results "
                   "WHERE sweep=",
                   sweep_id, " AND ", ReproducibleSql(), " GROUP BY 1"),
      [&](const v1::QueryRow& row) {
        counts[row.cells(0).text()] = row.cells(1).integer();
      }));
  return counts;
}

absl::StatusOr<int64_t> LastIndex(Connection& connection, int64_t sweep_id) {
  int64_t last = -1;
  RETURN_IF_ERROR(ForEachRow(
      connection,
      absl::StrCat("SELECT trial FROM results WHERE sweep=", sweep_id,
                   " ORDER BY trial DESC LIMIT 1"),
      [&](const v1::QueryRow& row) { last = row.cells(0).integer(); }));
  return last;
}

absl::StatusOr<std::vector<StoredTrial>> LoadEnds(
    Connection& connection, int64_t sweep_id,
    absl::Span<const int64_t> trials) {
  std::vector<StoredTrial> found;
  RETURN_IF_ERROR(ForEachRow(
      connection,
      absl::StrCat("SELECT trial, state, numerics, steps, best_step, "
                   "final_loss, best_loss FROM results WHERE sweep=",
                   sweep_id, " AND ", TrialList(trials)),
      [&](const v1::QueryRow& row) {
        found.push_back({.index = row.cells(0).integer(),
                         .state = row.cells(1).text(),
                         .numerics = row.cells(2).text(),
                         .steps = row.cells(3).integer(),
                         .best_step = row.cells(4).integer(),
                         .final_loss = Number(row.cells(5)),
                         .best_loss = Number(row.cells(6)),
                         .curves = {}});
      }));
  std::sort(found.begin(), found.end(),
            [](const StoredTrial& a, const StoredTrial& b) {
              return a.index < b.index;
            });
  return found;
}

absl::Status LoadCurves(Connection& connection, int64_t sweep_id,
                        absl::Span<StoredTrial> trials) {
  std::vector<int64_t> indices;
  for (const StoredTrial& trial : trials) indices.push_back(trial.index);
  RETURN_IF_ERROR(ForEachRow(
      connection,
      absl::StrCat("SELECT trial, metric, step, value FROM metric_points "
                   "WHERE sweep=",
                   sweep_id, " AND ", TrialList(indices)),
      [&](const v1::QueryRow& row) {
        const auto place = std::lower_bound(indices.begin(), indices.end(),
                                            row.cells(0).integer());
        StoredTrial& trial = trials[place - indices.begin()];
        trial.curves[row.cells(1).text()].push_back(
            {row.cells(2).integer(), Number(row.cells(3))});
      }));
  for (StoredTrial& trial : trials) {
    for (auto& [metric, points] : trial.curves) {
      std::sort(points.begin(), points.end(),
                [](const StoredPoint& a, const StoredPoint& b) {
                  return a.step < b.step;
                });
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> LoadDatasetBytes(Connection& connection,
                                             const std::string& digest) {
  if (!IsDatasetDigest(digest)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", digest, "\" is not a dataset digest"));
  }
  std::string bytes;
  // The bytes are in no view, because only programs read them.
  RETURN_IF_ERROR(ForEachRow(
      connection,
      absl::StrCat("SELECT c.bytes FROM datasets AS d JOIN dataset_chunks AS c "
                   "ON c.dataset_id=d.dataset_id WHERE d.digest='",
                   digest, "' ORDER BY c.chunk"),
      [&](const v1::QueryRow& row) { bytes += row.cells(0).blob(); }));
  if (bytes.empty()) {
    return absl::NotFoundError(
        absl::StrCat("there is no dataset ", digest, " in the ledger"));
  }
  if (DatasetDigest(bytes) == digest) return bytes;
  return absl::DataLossError(
      absl::StrCat("dataset ", digest, " is stored with another content"));
}

}  // namespace fathom::client

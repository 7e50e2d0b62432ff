// How a reader sees ledgers of older versions, which it must not change. Where
// a migration would change a table, a temporary view of the same name hides the
// table and shows what the migration would make of it. Every new migration
// needs an entry here.

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "proto/shared/status.h"
#include "server/store/schema.h"
#include "server/store/views.h"

namespace fathom::server {
namespace {

// A column that version `since` adds to `table`, with the value that older rows
// get.
struct AddedColumn {
  int64_t since;
  const char* table;
  const char* column;
};

constexpr AddedColumn kAddedColumns[] = {
    {4, "sweeps", "0 AS paused"},        {4, "sweeps", "0 AS priority"},
    {4, "sweeps", "1.0 AS weight"},      {7, "sweeps", "'' AS owner"},
    {4, "past_attempts", "1 AS bundle"}, {7, "sweep_specs", "0 AS revision"},
    {8, "trials", "NULL AS numerics"},   {8, "trials", "NULL AS weights"},
    {10, "sweeps", "'' AS traceparent"}, {11, "datasets", "0 AS upload_time"},
};

// A table that version `since` creates or changes, as a query of an older
// ledger.
struct OlderTable {
  int64_t since;
  const char* table;
  const char* select;
};

constexpr OlderTable kOlderTables[] = {
    {3, "optimum",
     "SELECT '' AS fingerprint,'' AS numerics,0 AS kind,NULL AS lp,"
     "NULL AS factor,'' AS data,0.0 AS value,0.0 AS gap,0 AS iterations,"
     "0 AS session,0 AS time WHERE 0"},
    {5, "sweep_numerics",
     "SELECT t.sweep_id AS sweep_id,w.numerics AS numerics,"
     "MIN(IFNULL(t.end_time,t.lease_time)) AS time FROM main.trials AS t "
     "JOIN main.sessions AS w ON w.session=t.session "
     "WHERE t.state IN(3,4,5) GROUP BY 1,2"},
    {6, "trials",
     "SELECT sweep_id,trial_index,state,attempt,lost_attempts,lease_id,session,"
     "lease_time,end_time,steps,final_loss,best_loss,best_step,seconds,error,"
     "depth,lp,learning_rate,seed,hidden_width,"
     "replace(parameters,'\"name\":','\"optimizer\":') AS parameters,"
     "NULL AS numerics,NULL AS weights FROM main.trials"},
    {9, "trial_checkpoints",
     "SELECT 0 AS sweep_id,0 AS trial_index,0 AS attempt,0 AS chunks,0 AS step,"
     "'' AS digest,0 AS bytes,'' AS numerics,0 AS time WHERE 0"},
    {11, "deleted_sweeps", "SELECT 0 AS sweep_id,0 AS time WHERE 0"},
    {11, "sweep_datasets",
     "SELECT s.sweep_id AS sweep_id,d.digest AS digest "
     "FROM main.sweep_specs AS s JOIN main.datasets AS d "
     "ON instr(s.spec_json,d.digest)>0"},
    {11, "sweep_sessions",
     "SELECT sweep_id,session FROM main.trials "
     "UNION SELECT sweep_id,session FROM main.past_attempts "
     "UNION SELECT sweep_id,session FROM main.leases"},
    {11, "past_events",
     "SELECT 0 AS sweep_id,'' AS kind,0 AS count,0 AS time WHERE 0"},
};

// Returns the columns that versions after `version` add to `table`.
std::string ColumnsAfter(int64_t version, absl::string_view table) {
  std::string columns;
  for (const AddedColumn& added : kAddedColumns) {
    if (added.since > version && table == added.table) {
      absl::StrAppend(&columns, ",", added.column);
    }
  }
  return columns;
}

}  // namespace

std::string SelectOlder(int64_t version, absl::string_view table,
                        absl::string_view schema) {
  for (const OlderTable& older : kOlderTables) {
    // It shows the columns that later versions add as well.
    if (older.since > version && table == older.table) {
      return absl::StrReplaceAll(older.select,
                                 {{"main.", absl::StrCat(schema, ".")}});
    }
  }
  const std::string columns = ColumnsAfter(version, table);
  if (columns.empty()) return "";
  return absl::StrCat("SELECT *", columns, " FROM ", schema, ".", table);
}

absl::Status AdaptOlder(sqlite::Database& db, int64_t version) {
  if (version == static_cast<int64_t>(Migrations().size())) {
    ASSIGN_OR_RETURN(const bool current, HasViews(db));
    if (current) return absl::OkStatus();
    return LayViewsOver(db);
  }
  std::set<absl::string_view> tables;
  for (const AddedColumn& added : kAddedColumns) tables.insert(added.table);
  for (const OlderTable& older : kOlderTables) tables.insert(older.table);
  std::string script = kTemporaryInMemorySql;
  for (const absl::string_view table : tables) {
    const std::string select = SelectOlder(version, table, "main");
    if (select.empty()) continue;
    absl::StrAppend(&script, "CREATE TEMP VIEW ", table, " AS ", select, ";");
  }
  RETURN_IF_ERROR(db.ExecuteScript(script));
  return LayViewsOver(db);
}

}  // namespace fathom::server

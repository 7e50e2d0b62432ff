#include "server/store/audit/audit_numerics.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/shared/status.h"

namespace fathom::server {
namespace {

absl::StatusOr<std::set<std::string>> Strings(sqlite::Database& db,
                                              const char* sql,
                                              int64_t sweep_id) {
  std::set<std::string> strings;
  sqlite::Query query(db, sql, sweep_id);
  while (query.Next()) strings.insert(query.Text(0));
  RETURN_IF_ERROR(query.status());
  return strings;
}

}  // namespace

absl::StatusOr<std::string> WrongNumerics(sqlite::Database& db,
                                          int64_t sweep_id) {
  static constexpr char kKeptSql[] =
      "SELECT numerics FROM sweep_numerics WHERE sweep_id=?";
  static constexpr char kFoundSql[] =
      "SELECT DISTINCT ifnull(t.numerics,w.numerics) FROM trials AS t "
      "JOIN sessions AS w ON w.session=t.session "
      "WHERE t.sweep_id=? AND t.state IN(3,4,5)";
  ASSIGN_OR_RETURN(const auto kept, Strings(db, kKeptSql, sweep_id));
  ASSIGN_OR_RETURN(const auto found, Strings(db, kFoundSql, sweep_id));
  if (kept == found) return std::string();
  return absl::StrCat("has results of the numerics [",
                      absl::StrJoin(found, ", "), "] and says [",
                      absl::StrJoin(kept, ", "), "]");
}

}  // namespace fathom::server

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "proto/shared/status.h"
#include "proto/sweep/facts/losses.h"
#include "proto/sweep/fingerprint.h"
#include "proto/sweep/message_json.h"
#include "server/store/database.h"
#include "server/store/ledger.h"

namespace fathom::server {
namespace {

std::string DataJson(v1::DataSpec data) {
  data.clear_import();
  return JsonText(ToJson(data));
}

std::string OptimumText(double value, double gap, int64_t iterations) {
  return absl::StrFormat("%.17g (gap %.3g, %d steps)", value, gap, iterations);
}

}  // namespace

absl::Status Ledger::Apply(const RecordOptimum& write) {
  static constexpr char kInsertSql[] =
      "INSERT OR IGNORE INTO optimum(fingerprint,numerics,kind,lp,factor,data,"
      "value,gap,iterations,session,time) VALUES(?,?,?,?,?,?,?,?,?,?,?)";
  static constexpr char kSelectSql[] =
      "SELECT value,gap,iterations FROM optimum "
      "WHERE fingerprint=? AND numerics=?";
  const v1::Optimum& found = write.optimum;
  const v1::LossSpec& loss = found.loss();
  const std::string fingerprint = OptimumFingerprint(found.data(), loss);
  const std::string data = DataJson(found.data());
  ASSIGN_OR_RETURN(const int64_t session, SessionKey(write.session_id));
  const v1::LossSpec canonical = CanonicalLoss(loss);
  std::optional<double> lp;
  std::optional<int64_t> factor;
  if (LossUsesField(canonical.kind(), "loss.lp")) {
    lp = canonical.lp();
    factor = canonical.factor();
  }
  ASSIGN_OR_RETURN(
      const int64_t inserted,
      db_->Run(kInsertSql, fingerprint, write.numerics, int{canonical.kind()},
               lp, factor, data, found.value(), found.gap(), found.iterations(),
               session, write.time));
  if (inserted == 1) return absl::OkStatus();
  std::string first;
  {
    sqlite::Query query(*db_, kSelectSql, fingerprint, write.numerics);
    if (!query.Next()) return query.status();
    if (query.Double(0) == found.value()) return absl::OkStatus();
    first = OptimumText(query.Double(0), query.Double(1), query.Int64(2));
  }
  return Apply(InsertEvent{
      .kind = "optimum_mismatch",
      .message = absl::StrCat(
          "optimum ", fingerprint, " of ", write.numerics, " is ", first,
          "; session ", write.session_id, " found ",
          OptimumText(found.value(), found.gap(), found.iterations())),
      .time = write.time});
}

}  // namespace fathom::server

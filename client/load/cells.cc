#include "client/load/cells.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "client/analysis/summary.h"
#include "client/load/curves.h"
#include "proto/shared/status.h"

namespace fathom::client {

absl::StatusOr<CellTable> LoadCells(Connection& connection,
                                    const v1::Sweep& sweep,
                                    const CellQuestion& question,
                                    const TrialFilter& filter) {
  if (!sweep.unreadable().empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("sweep ", sweep.sweep_id(),
                     " cannot be summed up: ", sweep.unreadable()));
  }
  const v1::SummarySpec plan = SummaryOf(sweep.spec());
  ASSIGN_OR_RETURN(const std::unique_ptr<CellFinder> finder,
                   CellFinder::Create(sweep.spec(), plan, question, filter));
  const auto pass = [&](v1::CurveDetail detail,
                        void (CellFinder::*add)(const TrialCurve&)) {
    return ForEachCurveOf(filter, connection, sweep.sweep_id(), plan.metric(),
                          {.detail = detail}, [&](const TrialCurve& curve) {
                            (*finder.*add)(curve);
                            return absl::OkStatus();
                          });
  };
  RETURN_IF_ERROR(pass(v1::CURVE_DETAIL_ENDS, &CellFinder::AddEnds));
  finder->FinishEnds();
  if (finder->NeedsCurves()) {
    RETURN_IF_ERROR(pass(v1::CURVE_DETAIL_FULL, &CellFinder::AddCurve));
  }
  return finder->Result();
}

}  // namespace fathom::client

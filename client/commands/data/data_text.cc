#include "client/commands/data/data_text.h"

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/data/held_out_import.h"
#include "client/view/format.h"
#include "proto/sweep/datasets.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/held_out.h"

namespace fathom::client {
namespace {

bool VariesBelow(const v1::SweepSpec& spec, absl::string_view prefix) {
  for (const v1::AxisGroup& group : spec.axes()) {
    for (const v1::Axis& axis : group.axes()) {
      const absl::StatusOr<std::string> path = ResolveAxisField(axis.field());
      if (path.ok() && absl::StartsWith(*path, prefix)) return true;
    }
  }
  return false;
}

std::string SyntheticText(const v1::SweepSpec& spec) {
  const v1::DataSpec& data = spec.trial().data();
  const v1::SyntheticData& synthetic = data.synthetic();
  const bool varies = VariesBelow(spec, "data.synthetic.");
  const std::string shape =
      varies ? "of several kinds"
             : absl::StrCat("(", synthetic.rows(), " x ", synthetic.columns(),
                            HeldOutNote(spec, synthetic.rows()), ")");
  if (!data.import().if_present()) return absl::StrCat("synthetic ", shape);
  const v1::DataImport& import = data.import();
  if (import.builtin().empty()) {
    return absl::StrCat("synthetic ", shape, " in place of ",
                        Printable(import.file()), ", which is missing");
  }
  return absl::StrCat("synthetic twin of ", Printable(import.builtin()), " ",
                      shape, "; for the real set see `fathom data info ",
                      Printable(import.builtin()), "`");
}

std::string CompletionText(const v1::SweepSpec& spec) {
  if (VariesBelow(spec, "data.completion.")) {
    return "matrix completion of several kinds";
  }
  const v1::CompletionData& completion = spec.trial().data().completion();
  return absl::StrCat("matrix completion (", completion.matrix_rows(), " x ",
                      completion.matrix_columns(), " of rank ",
                      completion.rank(), ", ",
                      completion.observed() == 0
                          ? "all entries"
                          : CountText(completion.observed()) + " entries",
                      ")");
}

}  // namespace

std::string HeldOutNote(const v1::SweepSpec& spec, int64_t rows) {
  if (VariesHeldOut(spec)) return "; not always the same rows held out";
  const std::string text = HeldOutText(spec.trial().data(), rows);
  return text.empty() ? "" : "; " + text;
}

std::string DataText(const v1::SweepSpec& spec) {
  const v1::DataSpec& data = spec.trial().data();
  if (const v1::Axis* const files = AxisOver(spec, kFileField)) {
    return CountText(files->list().values_size(), "file");
  }
  if (const v1::Axis* const targets = AxisOver(spec, kTargetField)) {
    const v1::DataImport& import = data.import();
    const std::string& source =
        import.builtin().empty() ? import.file() : import.builtin();
    return absl::StrCat(
        source.empty() ? "a table in the spec" : Printable(source), ", ",
        CountText(targets->list().values_size(), "target"));
  }
  if (data.completion().given()) {
    return absl::StrCat("known entries of a matrix (",
                        data.completion().matrix_rows(), " x ",
                        data.completion().matrix_columns(), ") from ",
                        Printable(data.import().file()));
  }
  if (data.has_completion()) return CompletionText(spec);
  if (data.has_synthetic()) return SyntheticText(spec);
  const v1::DataImport& import = data.import();
  if (!import.builtin().empty()) return Printable(import.builtin());
  if (!import.file().empty()) return Printable(import.file());
  return Printable(data.digest());
}

std::string DataText(Connection& connection, const v1::SweepSpec& spec) {
  const std::string& digest = spec.trial().data().digest();
  if (digest.empty()) return DataText(spec);
  const absl::StatusOr<v1::Dataset> dataset = connection.GetDataset(digest);
  if (!dataset.ok()) return DataText(spec);
  return absl::StrCat(Printable(dataset->title()), " (", dataset->rows(), " x ",
                      dataset->columns(), HeldOutNote(spec, dataset->rows()),
                      ")");
}

}  // namespace fathom::client

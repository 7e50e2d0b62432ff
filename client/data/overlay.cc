#include "client/data/overlay.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/data/tables/csv_record.h"
#include "client/data/text.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

using Cell = CsvRecordReader::Cell;

constexpr char kCurve[] = "curve";
constexpr char kIteration[] = "iteration";
constexpr char kValue[] = "value";
constexpr char kUpdates[] = "updates_per_iteration";
constexpr char kOffset[] = "offset";
constexpr const char* kColumns[] = {kCurve, kIteration, kValue, kUpdates,
                                    kOffset};
constexpr size_t kLongestName = 100;
constexpr size_t kMostColumns = 64;

// Reads one overlay, in one call of Read.
class OverlayReader {
 public:
  explicit OverlayReader(InputFile* file) : file_(*file), records_(file, {}) {}

  absl::StatusOr<Overlay> Read();

 private:
  // What the optional columns of a row say.
  struct Placing {
    std::map<std::string, v1::Value> settings = {};
    double updates_per_iteration = 1;
    double offset = 0;
    std::string key = {};  // All cells: equal if rows agree.
  };

  // Moves to the next record that is no comment. Returns false at the end.
  absl::StatusOr<bool> Next();
  absl::Status ReadHeader();
  absl::StatusOr<std::string> ColumnName(const Cell& cell) const;
  absl::Status ReadRow();
  absl::StatusOr<std::string> ReadName() const;
  absl::StatusOr<double> ReadNumber(const Cell& cell, double least,
                                    bool above_least,
                                    const char* expected) const;
  absl::StatusOr<Placing> ReadPlacing() const;
  absl::StatusOr<v1::Value> ReadSetting(const std::string& path,
                                        const Cell& cell) const;

  const Cell& CellOf(const char* column) const {
    return records_.cells()[places_.at(column)];
  }

  InputFile& file_;
  CsvRecordReader records_;
  // The position of each column, by its name or by the path of its axis.
  std::map<std::string, size_t> places_;
  size_t width_ = 0;
  size_t points_ = 0;
  Overlay overlay_;
  std::map<std::string, size_t> curve_of_;  // Key: the name.
  // Placing::key and line, by curve.
  std::vector<std::pair<std::string, int64_t>> key_;
};

absl::StatusOr<bool> OverlayReader::Next() {
  while (true) {
    ASSIGN_OR_RETURN(const bool more, records_.Next());
    if (!more || !absl::StartsWith(records_.cells()[0].text, "#")) return more;
  }
}

absl::StatusOr<Overlay> OverlayReader::Read() {
  overlay_.source = file_.path();
  RETURN_IF_ERROR(ReadHeader());
  while (true) {
    ASSIGN_OR_RETURN(const bool more, Next());
    if (!more) break;
    if (records_.empty()) continue;
    RETURN_IF_ERROR(ReadRow());
  }
  if (points_ == 0) {
    return ErrorAt(file_.path(), file_.line_number() + 1, 1, "no point",
                   "a line with the name of a curve, an iteration and a value");
  }
  return std::move(overlay_);
}

absl::Status OverlayReader::ReadHeader() {
  ASSIGN_OR_RETURN(const bool more, Next());
  if (!more || records_.empty()) {
    return ErrorAt(file_.path(), std::max<int64_t>(file_.line_number(), 1), 1,
                   more ? "an empty line" : "no header line",
                   "the names of the columns: curve,iteration,value");
  }
  width_ = records_.cells().size();
  if (width_ > kMostColumns) {
    return records_.Error(0, absl::StrCat(width_, " columns"),
                          absl::StrCat("at most ", kMostColumns));
  }
  for (size_t i = 0; i < width_; ++i) {
    const Cell& cell = records_.cells()[i];
    ASSIGN_OR_RETURN(const std::string name, ColumnName(cell));
    if (!places_.emplace(name, i).second) {
      return records_.Error(
          cell.offset, absl::StrCat("the column ", QuoteText(name), " again"),
          "each column once");
    }
  }
  for (const char* required : {kCurve, kIteration, kValue}) {
    if (places_.contains(required)) continue;
    return records_.Error(records_.end(), absl::StrCat("no column ", required),
                          "the columns curve, iteration and value");
  }
  return absl::OkStatus();
}

// Returns the name of a column of ours, or the path of an axis.
absl::StatusOr<std::string> OverlayReader::ColumnName(const Cell& cell) const {
  for (const char* known : kColumns) {
    if (cell.text == known) return std::string(known);
  }
  // The search for similar names takes time that grows with the name.
  std::string near;
  if (cell.text.size() <= kLongestName) {
    absl::StatusOr<std::string> axis = ResolveAxisField(cell.text);
    if (axis.ok()) return axis;
    const std::vector<std::string> names(std::begin(kColumns),
                                         std::end(kColumns));
    near = NearestName(cell.text, names);
  }
  return records_.Error(
      cell.offset, absl::StrCat("the column ", QuoteText(cell.text)),
      near.empty()
          ? "curve, iteration, value, updates_per_iteration, offset or an "
            "axis such as depth"
          : absl::StrCat(near, ", or an axis such as depth"));
}

absl::Status OverlayReader::ReadRow() {
  const size_t cells = records_.cells().size();
  if (cells != width_) {
    return records_.Error(
        cells > width_ ? records_.cells()[width_].offset : records_.end(),
        absl::StrCat(cells, cells == 1 ? " cell" : " cells"),
        absl::StrCat(width_, ", as in the header"));
  }
  ASSIGN_OR_RETURN(const std::string name, ReadName());
  ASSIGN_OR_RETURN(
      const double iteration,
      ReadNumber(CellOf(kIteration), 0, false, "a number, at least 0"));
  ASSIGN_OR_RETURN(
      const double value,
      ReadNumber(CellOf(kValue), -std::numeric_limits<double>::max(), false,
                 "a finite number"));
  ASSIGN_OR_RETURN(Placing placing, ReadPlacing());
  const auto [place, fresh] = curve_of_.emplace(name, overlay_.curves.size());
  if (fresh) {
    if (overlay_.curves.size() == kMostOverlayCurves) {
      return records_.Error(
          CellOf(kCurve).offset, "one curve more",
          absl::StrCat("at most ", kMostOverlayCurves, " curves"));
    }
    overlay_.curves.push_back(
        {.name = name,
         .settings = std::move(placing.settings),
         .updates_per_iteration = placing.updates_per_iteration,
         .offset = placing.offset});
    key_.emplace_back(placing.key, records_.line());
  } else if (key_[place->second].first != placing.key) {
    return records_.Error(
        CellOf(kCurve).offset,
        absl::StrCat("curve ", QuoteText(name), " with another setting, ",
                     kUpdates, " or ", kOffset, " than on line ",
                     key_[place->second].second),
        "the same on all lines of a curve");
  }
  if (++points_ > kMostOverlayPoints) {
    return records_.Error(0, "one point more",
                          absl::StrCat("at most ", kMostOverlayPoints));
  }
  OverlayCurve& curve = overlay_.curves[place->second];
  curve.iterations.push_back(iteration);
  curve.values.push_back(value);
  return absl::OkStatus();
}

absl::StatusOr<std::string> OverlayReader::ReadName() const {
  const Cell& cell = CellOf(kCurve);
  if (!cell.text.empty() && cell.text.size() <= kLongestName &&
      IsUtf8(cell.text)) {
    return std::string(cell.text);
  }
  return records_.Error(cell.offset,
                        cell.text.empty() ? "no name" : QuoteText(cell.text),
                        absl::StrCat("the name of a curve, 1 to ", kLongestName,
                                     " bytes of UTF-8"));
}

absl::StatusOr<double> OverlayReader::ReadNumber(const Cell& cell, double least,
                                                 bool above_least,
                                                 const char* expected) const {
  const std::optional<double> number = ParseNumber(cell.text);
  if (!number.has_value()) {
    return records_.Error(cell.offset, DescribeNumber(cell.text), expected);
  }
  if (*number < least || (above_least && *number == least)) {
    return records_.Error(cell.offset, NumberText(*number), expected);
  }
  return *number;
}

absl::StatusOr<OverlayReader::Placing> OverlayReader::ReadPlacing() const {
  Placing placing;
  for (const auto& [column, place] : places_) {
    if (column == kCurve || column == kIteration || column == kValue) continue;
    const Cell& cell = records_.cells()[place];
    absl::StrAppend(&placing.key, cell.text, "\n");
    if (cell.text.empty()) continue;
    if (column == kUpdates) {
      ASSIGN_OR_RETURN(placing.updates_per_iteration,
                       ReadNumber(cell, 0, true, "a number above 0"));
    } else if (column == kOffset) {
      ASSIGN_OR_RETURN(placing.offset,
                       ReadNumber(cell, -std::numeric_limits<double>::max(),
                                  false, "a finite number"));
    } else {
      ASSIGN_OR_RETURN(placing.settings[column], ReadSetting(column, cell));
    }
  }
  return placing;
}

absl::StatusOr<v1::Value> OverlayReader::ReadSetting(const std::string& path,
                                                     const Cell& cell) const {
  v1::Value value;
  const std::optional<double> number = ParseNumber(cell.text);
  if (number.has_value()) {
    value.set_number(*number);
  } else if (cell.text == "true" || cell.text == "false") {
    value.set_flag(cell.text == "true");
  } else if (IsUtf8(cell.text)) {
    value.set_text(std::string(cell.text));
  }
  absl::StatusOr<v1::Value> coerced = CoerceValue(path, value);
  if (coerced.ok()) return coerced;
  return records_.Error(
      cell.offset,
      absl::StrCat(ShortFieldName(path), " ", QuoteText(cell.text)),
      FieldTypeText(path));
}

}  // namespace

absl::StatusOr<Overlay> ReadOverlay(InputFile* file) {
  return OverlayReader(file).Read();
}

}  // namespace fathom::client

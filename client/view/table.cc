#include "client/view/table.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/view/format.h"

namespace fathom {
namespace {

constexpr char kGap[] = "  ";

void AppendRow(const Table& table, const std::vector<int>& widths,
               const std::vector<std::string>& cells, std::string* text) {
  std::string line;
  for (size_t i = 0; i < widths.size(); ++i) {
    const std::string cell = i < cells.size() ? cells[i] : "";
    const std::string padding(widths[i] - DisplayWidth(cell), ' ');
    const bool right = i < table.right.size() && table.right[i];
    absl::StrAppend(&line, i == 0 ? "" : kGap, right ? padding : "", cell,
                    right ? "" : padding);
  }
  absl::StripTrailingAsciiWhitespace(&line);
  absl::StrAppend(text, line, "\n");
}

}  // namespace

std::string RenderTable(const Table& table) {
  std::vector<int> widths(table.header.size(), 0);
  const auto widen = [&](const std::vector<std::string>& cells) {
    for (size_t i = 0; i < std::min(cells.size(), widths.size()); ++i) {
      widths[i] = std::max(widths[i], DisplayWidth(cells[i]));
    }
  };
  widen(table.header);
  for (const std::vector<std::string>& row : table.rows) widen(row);

  std::string text;
  AppendRow(table, widths, table.header, &text);
  std::vector<std::string> rule;
  for (const int width : widths) rule.emplace_back(width, '-');
  AppendRow(table, widths, rule, &text);
  for (const std::vector<std::string>& row : table.rows) {
    AppendRow(table, widths, row, &text);
  }
  return text;
}

}  // namespace fathom

#include "client/view/table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/view/format.h"

namespace fathom::client {
namespace {

constexpr absl::string_view kGap = "  ";

// Some columns of a table, by their numbers.
using Part = std::vector<size_t>;

void AppendRow(const Table& table, const std::vector<int>& widths,
               const Part& part, const std::vector<std::string>& cells,
               std::string* text) {
  std::string line;
  for (const size_t i : part) {
    const std::string cell = i < cells.size() ? cells[i] : "";
    const std::string padding(widths[i] - DisplayWidth(cell), ' ');
    const bool right = i < table.right.size() && table.right[i];
    absl::StrAppend(&line, i == part.front() ? "" : kGap, right ? padding : "",
                    cell, right ? "" : padding);
  }
  absl::StripTrailingAsciiWhitespace(&line);
  absl::StrAppend(text, line, "\n");
}

void AppendPart(const Table& table, const std::vector<int>& widths,
                const Part& part, std::string* text) {
  AppendRow(table, widths, part, table.header, text);
  std::vector<std::string> rule;
  for (const int width : widths) rule.emplace_back(width, '-');
  AppendRow(table, widths, part, rule, text);
  for (const std::vector<std::string>& row : table.rows) {
    AppendRow(table, widths, part, row, text);
  }
}

std::vector<int> WidthsOf(const Table& table) {
  std::vector<int> widths(table.header.size(), 0);
  const auto widen = [&](const std::vector<std::string>& cells) {
    for (size_t i = 0; i < std::min(cells.size(), widths.size()); ++i) {
      widths[i] = std::max(widths[i], DisplayWidth(cells[i]));
    }
  };
  widen(table.header);
  for (const std::vector<std::string>& row : table.rows) widen(row);
  return widths;
}

// The narrowest column of sentences. A narrower one would be harder to read
// than long lines.
constexpr int kNarrowestSentences = 20;

// Returns the table with the sentences of its last column broken into rows of
// their own, so that the table is no wider than `width`. Returns the table
// itself where that leaves too little room for sentences.
Table WithBrokenSentences(const Table& table, int width) {
  const std::vector<int> widths = WidthsOf(table);
  int room = width;
  for (size_t i = 0; i + 1 < widths.size(); ++i) {
    room -= widths[i] + static_cast<int>(kGap.size());
  }
  if (room < kNarrowestSentences) return table;
  Table broken = table;
  broken.rows.clear();
  for (const std::vector<std::string>& row : table.rows) {
    broken.rows.push_back(row);
    if (row.size() < widths.size()) continue;
    const std::vector<std::string> lines =
        absl::StrSplit(WrapLines(row.back(), room), '\n');
    broken.rows.back().back() = lines[0];
    for (size_t i = 1; i < lines.size(); ++i) {
      broken.rows.emplace_back(widths.size()).back() = lines[i];
    }
  }
  return broken;
}

// In wider terminals, a table goes on in parts, however wide a cell is.
constexpr int kNarrow = 60;

// Returns whether there is a column that does not fit beside the key columns.
bool IsTooNarrow(const Table& table, const std::vector<int>& widths,
                 int width) {
  const int gap = static_cast<int>(kGap.size());
  const size_t keys = std::min(table.keys, widths.size());
  int keys_width = 0;
  for (size_t i = 0; i < keys; ++i) keys_width += widths[i] + gap;
  for (size_t i = keys; i < widths.size(); ++i) {
    if (keys_width + widths[i] > width) return true;
  }
  return keys_width - gap > width;
}

// Returns the table with a line per cell that is not empty.
std::string RenderRecords(const Table& table, int width) {
  std::string text;
  for (const std::vector<std::string>& row : table.rows) {
    if (!text.empty()) text += "\n";
    for (size_t i = 0; i < std::min(row.size(), table.header.size()); ++i) {
      if (row[i].empty()) continue;
      const std::string line = absl::StrCat(table.header[i], ": ", row[i]);
      const bool sentence = table.sentences && i + 1 == table.header.size();
      absl::StrAppend(&text, sentence ? WrapLines(line, width) : line, "\n");
    }
  }
  return text;
}

}  // namespace

std::string RenderTable(const Table& asked, int width) {
  const Table table =
      asked.sentences && width > 0 ? WithBrokenSentences(asked, width) : asked;
  const std::vector<int> widths = WidthsOf(table);
  if (width > 0 && width < kNarrow && !asked.rows.empty() &&
      IsTooNarrow(table, widths, width)) {
    return RenderRecords(asked, width);
  }
  const int gap = static_cast<int>(kGap.size());
  const size_t keys = std::min(table.keys, widths.size());
  Part keys_alone;
  int keys_width = -gap;
  for (size_t i = 0; i < keys; ++i) {
    keys_alone.push_back(i);
    keys_width += gap + widths[i];
  }
  std::string text;
  Part part = keys_alone;
  int used = keys_width;
  for (size_t i = keys; i < widths.size(); ++i) {
    const bool full = width > 0 && used + gap + widths[i] > width;
    if (full && part.size() > keys) {
      AppendPart(table, widths, part, &text);
      text += "\n";
      part = keys_alone;
      used = keys_width;
    }
    part.push_back(i);
    used += gap + widths[i];
  }
  AppendPart(table, widths, part, &text);
  return text;
}

std::string WrapLines(absl::string_view text, int width) {
  if (width <= 0) return std::string(text);
  std::vector<std::string> lines;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const absl::string_view words = absl::StripLeadingAsciiWhitespace(line);
    if (DisplayWidth(std::string(line)) <= width ||
        absl::StartsWith(words, "fathom ")) {
      lines.emplace_back(line);
      continue;
    }
    const std::string indent(line.size() - words.size(), ' ');
    std::string current = indent;
    bool begun = false;
    for (const absl::string_view word : absl::StrSplit(words, ' ')) {
      std::string longer = absl::StrCat(current, begun ? " " : "", word);
      if (begun && DisplayWidth(longer) > width) {
        lines.push_back(std::move(current));
        longer = absl::StrCat(indent, kGap, word);
      }
      current = std::move(longer);
      begun = true;
    }
    lines.push_back(std::move(current));
  }
  return absl::StrJoin(lines, "\n");
}

}  // namespace fathom::client

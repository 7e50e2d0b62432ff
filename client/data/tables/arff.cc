#include "client/data/tables/arff.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "client/data/tables/csv_record.h"
#include "client/data/tables/table_columns.h"
#include "client/data/tables/table_format.h"
#include "client/data/tables/table_reader.h"
#include "client/data/text.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

// The largest number of lines before the rows.
constexpr int64_t kMostHeaderLines = 2'000'000;

constexpr RecordStyle kStyle = {
    .delimiter = ',', .quote = '\'', .other_quote = '"', .comments = true};

absl::Status ErrorHere(const InputFile& file, absl::string_view found,
                       absl::string_view expected) {
  return ErrorAt(file.path(), file.line_number(), 1, found, expected);
}

// Takes a word, or a text in quotes, off the front of `text`.
std::string TakeWord(absl::string_view* text) {
  *text = absl::StripLeadingAsciiWhitespace(*text);
  if (text->empty()) return "";
  const char quote = (*text)[0];
  if (quote != '\'' && quote != '"') {
    const absl::string_view word = text->substr(0, text->find_first_of(" \t{"));
    text->remove_prefix(word.size());
    return std::string(word);
  }
  size_t end = 1;
  while (end < text->size() && (*text)[end] != quote) {
    end += (*text)[end] == '\\' ? 2 : 1;
  }
  end = std::min(end, text->size());
  std::string word =
      Unquoted(text->substr(1, end - 1), quote, /*backslashes=*/true);
  text->remove_prefix(std::min(end + 1, text->size()));
  return word;
}

// Gives `column` the values of a list such as "{a, 'b c', d}".
absl::Status ReadNominal(const InputFile& file, absl::string_view type,
                         Column* column) {
  const size_t close = type.rfind('}');
  if (close == absl::string_view::npos) {
    return ErrorHere(file, "a list of values without its end", "a }");
  }
  const std::unique_ptr<InputFile> text =
      InputFile::OfText(file.path(), std::string(type.substr(1, close - 1)));
  RecordStyle style = kStyle;
  style.comments = false;
  CsvRecordReader records(text.get(), style);
  ASSIGN_OR_RETURN(const bool any, records.Next());
  if (!any) return ErrorHere(file, "no values", "at least one");
  column->kind = Column::Kind::kTexts;
  column->categorical = true;
  column->declared = true;
  for (const CsvRecordReader::Cell& cell : records.cells()) {
    if (!column->places.emplace(cell.text, column->texts.size()).second) {
      return ErrorHere(file, absl::StrCat(QuoteText(cell.text), " again"),
                       "each value once");
    }
    if (!IsUtf8(cell.text)) {
      return ErrorHere(
          file, QuoteText(cell.text),
          "a text in UTF-8, as `iconv -f LATIN1 -t UTF-8 FILE` writes it");
    }
    column->texts.emplace_back(cell.text);
    if (column->texts.size() > kMostCategories) {
      return ErrorHere(file, "a list of more values",
                       absl::StrCat("at most ", kMostCategories));
    }
  }
  return absl::OkStatus();
}

// Reads what follows "@attribute".
absl::StatusOr<Column> ReadAttribute(const InputFile& file,
                                     absl::string_view text) {
  Column column;
  column.name = TakeWord(&text);
  const absl::string_view type = absl::StripAsciiWhitespace(text);
  for (const absl::string_view numeric : {"numeric", "real", "integer"}) {
    if (!absl::StartsWithIgnoreCase(type, numeric)) continue;
    column.kind = Column::Kind::kNumbers;
    return column;
  }
  if (absl::StartsWith(type, "{")) {
    RETURN_IF_ERROR(ReadNominal(file, type, &column));
    return column;
  }
  for (const absl::string_view texts : {"string", "date"}) {
    if (absl::StartsWithIgnoreCase(type, texts)) return column;
  }
  return ErrorHere(
      file,
      absl::StrCat("type ", QuoteText(type), " of attribute ",
                   QuoteText(column.name)),
      "numeric, real, integer, string, date or a list of values in { }");
}

// Reads the header up to the line @data, and that line.
absl::StatusOr<std::vector<Column>> ReadHeader(InputFile* file) {
  std::vector<Column> columns;
  while (file->line_number() < kMostHeaderLines) {
    absl::string_view line;
    ASSIGN_OR_RETURN(const bool more, file->NextLine(&line));
    if (!more) break;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '%') continue;
    if (absl::StartsWithIgnoreCase(line, "@data")) return columns;
    if (absl::StartsWithIgnoreCase(line, "@relation")) continue;
    if (!absl::StartsWithIgnoreCase(line, "@attribute")) {
      return ErrorHere(*file, QuoteText(line),
                       "@relation, @attribute or @data");
    }
    line.remove_prefix(absl::string_view("@attribute").size());
    ASSIGN_OR_RETURN(Column column, ReadAttribute(*file, line));
    columns.push_back(std::move(column));
    RETURN_IF_ERROR(
        CheckSize(file->path(), 1, static_cast<int64_t>(columns.size()) - 1));
  }
  return ErrorHere(*file, "the end of the header", "a line @data");
}

}  // namespace

absl::StatusOr<ImportedDataset> ReadArff(const v1::DataImport& import,
                                         InputFile* file) {
  ASSIGN_OR_RETURN(std::vector<Column> columns, ReadHeader(file));
  const auto error = [&](size_t, absl::string_view found,
                         absl::string_view expected) {
    return ErrorHere(*file, found, expected);
  };
  RETURN_IF_ERROR(AssignRoles(import, error, &columns));
  ASSIGN_OR_RETURN(const absl::string_view head, file->Peek());
  if (absl::StartsWith(absl::StripLeadingAsciiWhitespace(head), "{")) {
    return ErrorAt(file->path(), file->line_number() + 1, 1, "sparse rows",
                   "all values of each row; Weka's filter SparseToNonSparse "
                   "writes them");
  }
  CsvRecordReader records(file, kStyle);
  TableReader reader(import, CellReader(import, '.'),
                     TableReader::Texts::kFeatures, file, &records);
  ASSIGN_OR_RETURN(ImportedDataset imported,
                   reader.Read(std::move(columns), /*at_row=*/false));
  imported.format = file->gzip() ? "arff (gzip)" : "arff";
  return imported;
}

}  // namespace fathom::client

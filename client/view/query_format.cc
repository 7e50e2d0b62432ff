#include "client/view/query_format.h"

#include <cmath>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/view/format.h"
#include "nlohmann/json.hpp"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

std::string RealText(double real) {
  const std::string text = NumberText(real);
  const bool whole = text.find_first_not_of("-0123456789") == std::string::npos;
  return whole ? absl::StrCat(text, ".0") : text;
}

std::string CsvText(const std::string& text) {
  const bool quoted =
      text.empty() || text.find_first_of(",\"\r\n") != std::string::npos;
  if (!quoted) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

// Returns a JSON string. Bytes that are not UTF-8 become replacement
// characters, because JSON has no other text.
std::string JsonText(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false,
                                   nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string TableCell(const v1::QueryCell& cell) {
  switch (cell.kind_case()) {
    case v1::QueryCell::kInteger:
      return absl::StrCat(cell.integer());
    case v1::QueryCell::kReal:
      return RealText(cell.real());
    case v1::QueryCell::kText:
      return Printable(cell.text());
    case v1::QueryCell::kBlob:
      return absl::BytesToHexString(cell.blob());
    case v1::QueryCell::KIND_NOT_SET:
      break;
  }
  return "NULL";
}

std::string CsvCell(const v1::QueryCell& cell) {
  if (cell.kind_case() == v1::QueryCell::KIND_NOT_SET) return "";
  if (cell.has_text()) return CsvText(cell.text());
  return TableCell(cell);
}

std::string JsonCell(const v1::QueryCell& cell) {
  switch (cell.kind_case()) {
    case v1::QueryCell::kInteger:
      return absl::StrCat(cell.integer());
    case v1::QueryCell::kReal:
      // JSON has no infinity. Like SQLite we write a number that overflows.
      if (std::isinf(cell.real())) return cell.real() > 0 ? "9e999" : "-9e999";
      return std::isnan(cell.real()) ? "null" : RealText(cell.real());
    case v1::QueryCell::kText:
      return JsonText(cell.text());
    case v1::QueryCell::kBlob:
      return JsonText(absl::BytesToHexString(cell.blob()));
    case v1::QueryCell::KIND_NOT_SET:
      break;
  }
  return "null";
}

void QueryWriter::WriteHeader(const v1::QueryResponse& response) {
  has_header_ = true;
  std::set<std::string> taken;
  for (int i = 0; i < response.columns_size(); ++i) {
    const std::string& column = response.columns(i);
    std::string key = column;
    for (int n = 2; !taken.insert(key).second; ++n) {
      key = absl::StrCat(column, "_", n);
    }
    keys_.push_back(JsonText(key));
    table_.header.push_back(Printable(column));
    table_.right.push_back(true);  // Until a text appears.
    if (format_ == QueryFormat::kCsv) {
      *out_ << (i == 0 ? "" : ",") << CsvText(column);
    }
  }
  if (format_ == QueryFormat::kCsv) *out_ << "\n";
  if (format_ == QueryFormat::kJson) *out_ << "{\"rows\": [";
}

void QueryWriter::WriteObject(const v1::QueryRow& row) {
  *out_ << "{";
  for (int i = 0; i < row.cells_size(); ++i) {
    *out_ << (i == 0 ? "" : ", ") << keys_[i] << ": " << JsonCell(row.cells(i));
  }
  *out_ << "}";
}

void QueryWriter::WriteRow(const v1::QueryRow& row) {
  ++row_count_;
  switch (format_) {
    case QueryFormat::kTable: {
      std::vector<std::string>& cells = table_.rows.emplace_back();
      for (int i = 0; i < row.cells_size(); ++i) {
        cells.push_back(TableCell(row.cells(i)));
        const bool text = row.cells(i).has_text() || row.cells(i).has_blob();
        if (text && i < static_cast<int>(table_.right.size())) {
          table_.right[i] = false;
        }
      }
      return;
    }
    case QueryFormat::kCsv:
      for (int i = 0; i < row.cells_size(); ++i) {
        *out_ << (i == 0 ? "" : ",") << CsvCell(row.cells(i));
      }
      *out_ << "\n";
      return;
    case QueryFormat::kJson:
      *out_ << (row_count_ == 1 ? "\n " : ",\n ");
      WriteObject(row);
      return;
    case QueryFormat::kJsonl:
      WriteObject(row);
      *out_ << "\n";
      return;
  }
}

void QueryWriter::Write(const v1::QueryResponse& response) {
  if (!has_header_) WriteHeader(response);
  for (const v1::QueryRow& row : response.rows()) WriteRow(row);
  truncated_ |= response.truncated();
}

void QueryWriter::Finish(bool cut_off) {
  if (format_ == QueryFormat::kJson) {
    *out_ << (has_header_ ? "" : "{\"rows\": [")
          << (row_count_ == 0 ? "" : "\n")
          << "],\n \"truncated\": " << (cut_off ? "true" : "false") << "}\n";
  }
  if (format_ == QueryFormat::kTable && has_header_) {
    *out_ << RenderTable(table_, width_);
  }
  out_->flush();
}

}  // namespace fathom::client

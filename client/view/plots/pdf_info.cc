#include "client/view/plots/pdf_info.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace fathom::client {
namespace {

// A comment before the update tells ours from others. No string of a pdf that
// gnuplot draws has it.
constexpr absl::string_view kMark = "%fathom update\n";
constexpr absl::string_view kEntry = "/fathom (";
constexpr absl::string_view kStart = "startxref";

// Returns the number behind the last `name` of the pdf, or nothing.
std::optional<int64_t> NumberBehind(absl::string_view pdf,
                                    absl::string_view name) {
  const size_t at = pdf.rfind(name);
  if (at == absl::string_view::npos) return std::nullopt;
  absl::string_view rest =
      absl::StripLeadingAsciiWhitespace(pdf.substr(at + name.size()));
  const size_t digits =
      std::min(rest.find_first_not_of("0123456789"), rest.size());
  int64_t number = 0;
  if (!absl::SimpleAtoi(rest.substr(0, digits), &number)) return std::nullopt;
  return number;
}

// In a string of a pdf, brackets and backslashes have a backslash.
std::string PdfString(absl::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '(' || c == ')' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string BigEndianBytes(uint64_t number, int bytes) {
  std::string text;
  for (int i = bytes; i-- > 0;) {
    text.push_back(static_cast<char>(number >> (8 * i)));
  }
  return text;
}

}  // namespace

std::optional<std::string> WithPdfInfo(absl::string_view pdf,
                                       absl::string_view text) {
  const std::optional<int64_t> size = NumberBehind(pdf, "/Size");
  const std::optional<int64_t> root = NumberBehind(pdf, "/Root");
  const std::optional<int64_t> before = NumberBehind(pdf, kStart);
  if (!absl::StartsWith(pdf, "%PDF-") || !size || !root || !before ||
      *before >= static_cast<int64_t>(pdf.size())) {
    return std::nullopt;
  }
  std::string update = absl::StrCat(pdf, kMark);
  const size_t info = update.size();
  absl::StrAppend(&update, *size, " 0 obj\n<< /Creator (fathom)\n   ", kEntry,
                  PdfString(text), ")\n>>\nendobj\n");
  const size_t table = update.size();
  const std::string trailer =
      absl::StrCat("/Root ", *root, " 0 R\n   /Info ", *size, " 0 R\n   /Prev ",
                   *before, "\n");
  // A file has cross-references of one kind: tables, or streams.
  const auto old = pdf.substr(static_cast<size_t>(*before));
  if (absl::StartsWith(old, "xref")) {
    absl::StrAppend(&update, "xref\n", *size, " 1\n",
                    absl::StrFormat("%010d 00000 n \n", info),
                    "trailer\n<< /Size ", *size + 1, "\n   ", trailer, ">>\n");
  } else {
    const std::string rows =
        absl::StrCat("\x01", BigEndianBytes(info, 8), std::string(1, '\0'),
                     "\x01", BigEndianBytes(table, 8), std::string(1, '\0'));
    absl::StrAppend(&update, *size + 1, " 0 obj\n<< /Type /XRef\n   /Size ",
                    *size + 2, "\n   /W [1 8 1]\n   /Index [", *size,
                    " 2]\n   ", trailer, "   /Length ", rows.size(),
                    "\n>>\nstream\n", rows, "\nendstream\nendobj\n");
  }
  return absl::StrCat(update, kStart, "\n", table, "\n%%EOF\n");
}

std::optional<PdfWithInfo> ReadPdfInfo(absl::string_view bytes) {
  const size_t mark = bytes.rfind(kMark);
  if (mark == absl::string_view::npos) return std::nullopt;
  size_t at = bytes.find(kEntry, mark);
  if (at == absl::string_view::npos) return std::nullopt;
  PdfWithInfo found = {.pdf = std::string(bytes.substr(0, mark))};
  for (at += kEntry.size(); at < bytes.size(); ++at) {
    if (bytes[at] == ')') {
      // What was added to the file later is not in its digest, either.
      const auto again = WithPdfInfo(found.pdf, found.text);
      if (!again.has_value() || *again != bytes) return std::nullopt;
      return found;
    }
    if (bytes[at] == '\\' && ++at == bytes.size()) break;
    found.text += bytes[at];
  }
  return std::nullopt;
}

void SetPdfDate(std::string* pdf) {
  constexpr absl::string_view kDate = "/CreationDate (D:";
  constexpr size_t kDigits = 14;
  const char* const epoch = std::getenv("SOURCE_DATE_EPOCH");
  int64_t seconds = 0;
  if (epoch == nullptr || !absl::SimpleAtoi(epoch, &seconds) || seconds < 0) {
    seconds = 0;
  }
  const std::string date = absl::FormatTime(
      "%Y%m%d%H%M%S", absl::FromUnixSeconds(seconds), absl::UTCTimeZone());
  const size_t at = pdf->find(kDate.data(), 0, kDate.size());
  if (at == std::string::npos || date.size() != kDigits ||
      pdf->size() < at + kDate.size() + kDigits) {
    return;
  }
  // Of the same length, so that nothing moves.
  pdf->replace(at + kDate.size(), kDigits, date);
}

}  // namespace fathom::client

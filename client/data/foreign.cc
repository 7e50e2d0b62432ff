#include "client/data/foreign.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace fathom::client {
namespace {

using absl::string_view;

struct Format {
  string_view magic;
  string_view found;
  string_view cure;
};

// Beginnings with a zero byte are written as `string_view("...", n)`.
const Format kFormats[] = {
    {"PAR1", "a Parquet file",
     "a text table; in Python, pandas.read_parquet(\"FILE\")"
     ".to_csv(\"FILE.csv\", index=False) writes one"},
    {"ARROW1", "an Arrow (Feather) file",
     "a text table; in Python, pandas.read_feather(\"FILE\")"
     ".to_csv(\"FILE.csv\", index=False) writes one"},
    {"\x89HDF\r\n", "an HDF5 file",
     "a text table, or an array from numpy.save in Python"},
    {"MATLAB 5.0", "a MATLAB file",
     "a text table, as writematrix in MATLAB writes it"},
    {"\xD0\xCF\x11\xE0", "an Excel workbook", "the sheet saved as CSV"},
    {"SQLite format 3", "an SQLite database",
     "a text table; sqlite3 -csv -header writes one"},
    {"\x80\x03", "a Python pickle", "a text table, or a file of numpy.save"},
    {"\x80\x04", "a Python pickle", "a text table, or a file of numpy.save"},
    {"\x80\x05", "a Python pickle", "a text table, or a file of numpy.save"},
    {"\xFD\x37zXZ", "a file compressed by xz",
     "what `unxz` makes of it, or a gzip file"},
    {"BZh", "a file compressed by bzip2",
     "what `bunzip2` makes of it, or a gzip file"},
    {"\x28\xB5\x2F\xFD", "a file compressed by zstd",
     "what `unzstd` makes of it, or a gzip file"},
    {"%PDF-", "a PDF file", "a text table"},
    {"version https://git-lfs.github.com/", "a pointer of Git LFS",
     "the file that it stands for, as `git lfs pull` fetches it"},
};

absl::Status Foreign(string_view path, string_view found, string_view cure) {
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": found ", found, ", expected ", cure));
}

absl::Status CheckZip(string_view head, string_view path) {
  if (!absl::StartsWith(head, "PK\x03\x04")) return absl::OkStatus();
  if (absl::StrContains(head, ".npy")) {
    return Foreign(path, "several NumPy arrays (npz)",
                   "one array per file, as numpy.save in Python writes them: "
                   "features and targets in one, or the targets in `labels`");
  }
  if (absl::StrContains(head, "[Content_Types].xml") ||
      absl::StrContains(head, "xl/")) {
    return Foreign(path, "an Excel workbook", "the sheet saved as CSV");
  }
  return Foreign(path, "a zip archive", "a file that `unzip` takes out of it");
}

// Returns whether every second byte of the text is zero and no other byte is,
// as in UTF-16.
bool HasWideCharacters(string_view head) {
  head = head.substr(0, 64);
  if (head.size() < 8) return false;
  for (const size_t first : {0, 1}) {
    bool zeros = true;
    bool others = true;
    for (size_t i = 0; i < head.size(); ++i) {
      if (i % 2 == first) zeros = zeros && head[i] == '\0';
      if (i % 2 != first) others = others && head[i] != '\0';
    }
    if (zeros && others) return true;
  }
  return false;
}

// Returns whether a line has the form "A = [ ...".
bool IsMatlabCode(string_view line) {
  const size_t mark = line.find('=');
  if (mark == string_view::npos) return false;
  const string_view name = absl::StripAsciiWhitespace(line.substr(0, mark));
  const bool plain =
      !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
      });
  return plain &&
         absl::StartsWith(
             absl::StripLeadingAsciiWhitespace(line.substr(mark + 1)), "[");
}

absl::Status CheckText(string_view head, string_view path) {
  if (absl::StartsWith(head, "\xFF\xFE") ||
      absl::StartsWith(head, "\xFE\xFF") || HasWideCharacters(head)) {
    return Foreign(path, "text in UTF-16",
                   "UTF-8, as `iconv -f UTF-16 -t UTF-8 FILE` writes it");
  }
  const size_t end = head.find('\r');
  if (end != string_view::npos && end + 1 < head.size() &&
      !absl::StrContains(head, '\n')) {
    return Foreign(path, "lines that end in CR alone, as on old Macs",
                   "line ends of LF, as `tr '\\r' '\\n' < FILE` writes them");
  }
  absl::ConsumePrefix(&head, "\xEF\xBB\xBF");
  const string_view text = absl::StripLeadingAsciiWhitespace(head);
  if (absl::StartsWith(text, "{\"") || absl::StartsWith(text, "[{") ||
      absl::StartsWith(text, "[[") || text.substr(0, 2) == "{}") {
    return Foreign(path, "JSON",
                   "a text table; in Python, pandas.read_json(\"FILE\", "
                   "lines=True).to_csv(\"FILE.csv\", index=False) writes one "
                   "of lines of JSON");
  }
  const string_view line = text.substr(0, text.find_first_of("\r\n"));
  if (absl::StartsWithIgnoreCase(line, "sep=") && line.size() <= 5) {
    return Foreign(path, "a first line for Excel alone, sep=",
                   "the table without it, as `tail -n +2 FILE` writes it");
  }
  if (IsMatlabCode(line)) {
    return Foreign(path, "a matrix in the language of MATLAB",
                   "a text table, as writematrix in MATLAB writes it");
  }
  if (absl::StartsWithIgnoreCase(text, "<!doctype") ||
      absl::StartsWithIgnoreCase(text, "<html") ||
      absl::StartsWith(text, "<?xml")) {
    return Foreign(
        path, "a web page (HTML or XML)",
        "the table itself: was the address that of a page about it?");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckNotForeign(string_view head, string_view path) {
  for (const Format& format : kFormats) {
    if (absl::StartsWith(head, format.magic)) {
      return Foreign(path, format.found, format.cure);
    }
  }
  if (absl::Status zip = CheckZip(head, path); !zip.ok()) return zip;
  return CheckText(head, path);
}

}  // namespace fathom::client

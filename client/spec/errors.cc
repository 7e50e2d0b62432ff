#include "client/spec/errors.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace fathom::client {
namespace {

constexpr size_t kMaxLines = 50;
constexpr size_t kMaxErrors = 1000;

}  // namespace

void ErrorList::Add(Position position, absl::string_view found,
                    absl::string_view expected, absl::string_view suggestion) {
  if (++size_ > kMaxErrors) return;
  std::string text = absl::StrCat("found ", found, ", expected ", expected);
  if (!suggestion.empty()) {
    absl::StrAppend(&text, "; did you mean ", suggestion, "?");
  }
  errors_.push_back({position, std::move(text)});
}

void ErrorList::AddNew(const ErrorList& other, absl::string_view prefix) {
  if (settings_.empty()) settings_ = other.settings_;
  const size_t known = errors_.size();
  for (const Error& error : other.errors_) {
    const bool is_known = std::any_of(
        errors_.begin(), errors_.begin() + static_cast<ptrdiff_t>(known),
        [&](const Error& own) {
          return own.position.line == error.position.line &&
                 own.position.column == error.position.column &&
                 own.text == error.text;
        });
    if (is_known) continue;
    if (++size_ > kMaxErrors) continue;
    errors_.push_back({error.position, absl::StrCat(prefix, error.text)});
  }
  size_ += other.size_ - other.errors_.size();
}

bool ErrorList::HasErrorAt(Position position) const {
  return std::any_of(errors_.begin(), errors_.end(), [&](const Error& error) {
    return error.position.line == position.line &&
           error.position.column == position.column;
  });
}

absl::Status ErrorList::ToStatus(absl::string_view file_name) const {
  if (empty()) return absl::OkStatus();
  std::vector<const Error*> sorted;
  for (const Error& error : errors_) sorted.push_back(&error);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Error* a, const Error* b) {
                     return std::tie(a->position.line, a->position.column) <
                            std::tie(b->position.line, b->position.column);
                   });
  std::vector<std::string> lines;
  for (const Error* error : sorted) {
    if (lines.size() == kMaxLines) {
      lines.push_back(
          absl::StrCat(file_name, ": and ", size_ - kMaxLines, " more errors"));
      break;
    }
    const Position& at = error->position;
    if (const size_t setting = static_cast<size_t>(-(at.line + 1));
        at.line < 0 && setting < settings_.size()) {
      lines.push_back(absl::StrCat(settings_[setting], ": ", error->text));
      continue;
    }
    lines.push_back(absl::StrCat(file_name, ":", at.line, ":", at.column, ": ",
                                 error->text));
  }
  return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", Excerpt(text), "\"");
}

}  // namespace fathom::client

#ifndef FATHOM_CLIENT_SPEC_ERRORS_H_
#define FATHOM_CLIENT_SPEC_ERRORS_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "proto/sweep/printable.h"

namespace fathom::client {

// A place in a text file, both numbers from 1. Columns count bytes. Line -1 is
// the first of the settings from outside of the file, -2 the second; see
// settings.h.
struct Position {
  int line = 1;
  int column = 1;
};

// Collects what is wrong with a file, so that people see all of it at once.
//
// Not thread-safe.
class ErrorList {
 public:
  // Adds "found ..., expected ...". `suggestion`, when not empty, follows as
  // "did you mean ...?".
  void Add(Position position, absl::string_view found,
           absl::string_view expected, absl::string_view suggestion = "");

  // Adds those of `other` that are not here yet, each opened by `prefix`.
  void AddNew(const ErrorList& other, absl::string_view prefix);

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool HasErrorAt(Position position) const;

  // Returns the words of the error that was added first; there is one.
  const std::string& first() const { return errors_.front().text; }

  // Says what lines -1, -2, ... are called: "--set steps=3".
  void NameSettings(std::vector<std::string> names) {
    settings_ = std::move(names);
  }
  const std::vector<std::string>& settings() const { return settings_; }

  // Returns OK when empty; else INVALID_ARGUMENT with one line per error,
  // "file_name:line:column: found ..., expected ...", in the order of the file.
  // After 50 lines, only says how many there are.
  absl::Status ToStatus(absl::string_view file_name) const;

 private:
  struct Error {
    Position position;
    std::string text;
  };
  std::vector<Error> errors_;  // The first ones only, if there are very many.
  std::vector<std::string> settings_;
  size_t size_ = 0;
};

// Returns the Excerpt() of `text` in double quotes.
std::string Quoted(absl::string_view text);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_SPEC_ERRORS_H_

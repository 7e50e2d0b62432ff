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

// A place in a text file. Lines and columns count from 1, and columns count
// bytes. A negative line is a setting from outside of the file: -1 is the first
// setting, -2 the second; see settings.h.
struct Position {
  int line = 1;
  int column = 1;
};

// Collects what is wrong with a file, so that people see all of it at once.
//
// Not thread-safe.
class ErrorList {
 public:
  // Adds the error "found ..., expected ...". A `suggestion` that is not empty
  // follows as "did you mean ...?".
  void Add(Position position, absl::string_view found,
           absl::string_view expected, absl::string_view suggestion = "");

  // Adds the errors of `other` that this list does not have yet, each of them
  // opened by `prefix`.
  void AddNew(const ErrorList& other, absl::string_view prefix);

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Returns whether an error was added for exactly this position.
  bool HasErrorAt(Position position) const;

  // Returns the text of the error that was added first. The list must not be
  // empty.
  const std::string& first() const { return errors_.front().text; }

  // Sets what the settings on lines -1, -2, ... are called in messages, for
  // example "--set steps=3".
  void NameSettings(std::vector<std::string> names) {
    settings_ = std::move(names);
  }
  const std::vector<std::string>& settings() const { return settings_; }

  // Returns OK when the list is empty; else INVALID_ARGUMENT with one line per
  // error, "file_name:line:column: found ..., expected ...", in the order of
  // the file. After 50 errors the last line says how many more there are.
  absl::Status ToStatus(absl::string_view file_name) const;

 private:
  struct Error {
    Position position;
    std::string text;
  };
  std::vector<Error> errors_;  // At most the first 1000.
  std::vector<std::string> settings_;
  size_t size_ = 0;
};

// Returns `text` in double quotes, shortened by Excerpt().
std::string Quoted(absl::string_view text);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_SPEC_ERRORS_H_

#ifndef FATHOM_PROTO_SHARED_MANUAL_H_
#define FATHOM_PROTO_SHARED_MANUAL_H_

#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/string_view.h"

// Man pages, made of what --help is made of: the options of a program and its
// commands. Nothing in them depends on the machine that they are made on.
namespace fathom {

// A man page: the name of its file, such as "fathom-run.1", and its text, in
// roff and ASCII.
using ManualPage = std::pair<std::string, std::string>;

// Returns the page of a program and those of all its commands. `version` is
// told at the bottom of each.
std::vector<ManualPage> ManualPages(const CLI::App& program,
                                    absl::string_view version);

// If `arguments`, which do not include the program's name, are
// "--write-manual FOLDER", writes the pages into that folder, which must exist,
// and returns the exit code: 0, or 1 after a message on `err`. Otherwise
// returns nothing. The build calls the programs so.
std::optional<int> WriteManualIfAsked(const CLI::App& program,
                                      const std::vector<std::string>& arguments,
                                      absl::string_view version,
                                      std::ostream& err);

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_MANUAL_H_

#ifndef FATHOM_PROTO_SHARED_COMPLETION_H_
#define FATHOM_PROTO_SHARED_COMPLETION_H_

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

// What a shell offers when somebody presses the tabulator. The scripts of the
// shells ask the program itself, so that they never lag behind its options.
namespace fathom {

// Something that may stand at the end of a command line.
struct Candidate {
  std::string word;
  std::string help = {};  // A line about it; may be empty.
};

// What may stand at the end of a command line.
struct Completions {
  std::vector<Candidate> candidates;
  bool files = false;    // Also any file.
  bool folders = false;  // Also any folder.
};

// Returns the values, such as names of sweeps, that may stand where the help
// has `placeholder`. `words` are those before them on the line.
using ValuesFor = std::function<std::vector<Candidate>(
    absl::string_view placeholder, absl::Span<const std::string> words)>;

// Returns what may stand in place of the last of `words`, which are those
// behind the name of the program, up to the cursor; the last one may be empty.
// Bash takes "--db=x" apart into three words, which count as that one.
Completions Complete(const CLI::App& program,
                     absl::Span<const std::string> words,
                     const ValuesFor& values);

// If the first of `arguments` is "--complete", writes what may stand in place
// of the last of the others to `out`, and returns true. The first line is
// "files", "folders" or "words"; then a line per candidate with its help behind
// a tabulator.
bool CompleteIfAsked(const CLI::App& program,
                     const std::vector<std::string>& arguments,
                     const ValuesFor& values, std::ostream& out);

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_COMPLETION_H_

#ifndef FATHOM_CLIENT_VIEW_PROGRESS_PRINTER_H_
#define FATHOM_CLIENT_VIEW_PROGRESS_PRINTER_H_

#include <functional>
#include <optional>
#include <ostream>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/view/progress.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// How progress is shown.
enum class ProgressStyle {
  kNone,    // Shows nothing.
  kLines,   // A plain line every few seconds, for files and pipes.
  kRedraw,  // One line that is redrawn in place, for terminals.
};

// Shows the progress of a sweep.
//
// Not thread-safe.
class ProgressPrinter {
 public:
  struct Options {
    ProgressStyle style = ProgressStyle::kLines;
    bool unicode = false;
    // Returns the width of the terminal, in characters, for kRedraw.
    std::function<int()> width = [] { return 80; };
    // Time between two lines, for kLines.
    absl::Duration line_period = absl::Seconds(5);
    // Whether the fraction also grows within trials. If not, no remaining time
    // is told, because whole trials tell too little.
    bool has_steps = true;
    absl::string_view noun = "trial";  // As in ProgressReport.
  };

  // `out` must outlive the printer.
  ProgressPrinter(Options options, std::ostream* out);
  // The destructor ends a line that is still being drawn.
  ~ProgressPrinter();

  ProgressPrinter(const ProgressPrinter&) = delete;
  ProgressPrinter& operator=(const ProgressPrinter&) = delete;

  // Shows the state of the sweep at `now`, as often as the style wants. The
  // first state and the last one, which is not RUNNING, are always shown.
  void Show(const v1::Sweep& sweep, std::optional<int> workers, absl::Time now);

  // Writes a line of its own, above the line of progress.
  void Note(absl::string_view line);

 private:
  void EraseLine();

  const Options options_;
  std::ostream* const out_;
  RateMeter meter_;
  absl::Time last_line_ = absl::InfinitePast();
  std::string drawn_;  // For kRedraw: the text of the line.
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PROGRESS_PRINTER_H_

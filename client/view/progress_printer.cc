#include "client/view/progress_printer.h"

#include <utility>

namespace fathom::client {

ProgressPrinter::ProgressPrinter(Options options, std::ostream* out)
    : options_(std::move(options)), out_(out) {}

ProgressPrinter::~ProgressPrinter() {
  if (!drawn_.empty()) *out_ << "\n" << std::flush;
}

void ProgressPrinter::Show(const v1::Sweep& sweep, std::optional<int> workers,
                           absl::Time now) {
  if (options_.style == ProgressStyle::kNone) return;
  const bool running = sweep.state() == v1::SWEEP_STATE_RUNNING;
  meter_.Add(now, sweep.progress().fraction(),
             FinishedTrials(sweep.progress()));
  ProgressReport report{sweep, workers, meter_.trials_per_second(),
                        std::nullopt, options_.noun};
  if (running && options_.has_steps) report.remaining = meter_.remaining();

  if (options_.style == ProgressStyle::kLines) {
    if (running && now < last_line_ + options_.line_period) return;
    last_line_ = now;
    *out_ << ProgressText(report) << "\n" << std::flush;
    return;
  }
  const std::string line =
      ProgressLine(report, options_.width(), options_.unicode);
  if (line != drawn_) {
    // The new line is drawn over the old one, of which only the rest is erased,
    // so that nothing flickers.
    *out_ << "\r" << line << "\x1b[K" << std::flush;
    drawn_ = line;
  }
  if (!running) {
    *out_ << "\n" << std::flush;
    drawn_.clear();
  }
}

void ProgressPrinter::Note(absl::string_view line) {
  if (options_.style == ProgressStyle::kNone) return;
  EraseLine();
  *out_ << line << "\n" << std::flush;
}

void ProgressPrinter::EraseLine() {
  if (drawn_.empty()) return;
  *out_ << "\r\x1b[K";
  drawn_.clear();
}

}  // namespace fathom::client

#ifndef FATHOM_CLIENT_VIEW_BENCH_TEXT_H_
#define FATHOM_CLIENT_VIEW_BENCH_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "fathom/v1/bench.pb.h"

namespace fathom::client {

// Returns the report on what a machine reaches, as text for a terminal: tables
// with bars.
std::string BenchText(const v1::BenchReport& report, bool unicode, int width);

// Returns the line that shows which part is being measured, with a bar for the
// share `done`. The line is at most `width` characters wide.
std::string BenchProgressText(absl::string_view part, double done, int width,
                              bool unicode);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_BENCH_TEXT_H_

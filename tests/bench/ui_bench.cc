// Measures how long the answers for the page of `fathom ui` take on a ledger:
//   ui_bench LEDGER.db SWEEP [PATH...]
// Prints of each request the time of the first answer, the median of five more,
// the time until nothing of it is being computed any more, and its size. The
// sweep should be the large one of big_ledger.

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/embedded.h"
#include "client/ui/data/handler.h"

namespace fathom::client {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

int64_t PeakMemory() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss >> 10;
}

// Returns the request for "sweeps/1/curves?by=depth".
UiRequest RequestOf(const std::string& target,
                    std::shared_ptr<Connection> connection) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(target, absl::MaxSplits('?', 1));
  UiRequest request = {.method = "GET",
                       .path = absl::StrSplit(parts.first, '/')};
  for (absl::string_view pair :
       absl::StrSplit(parts.second, '&', absl::SkipEmpty())) {
    request.query.push_back(absl::StrSplit(pair, absl::MaxSplits('=', 1)));
  }
  request.viewer.connection = std::move(connection);
  return request;
}

// Returns the share that an answer says is done; 1 where it does not say.
double DoneOf(const UiResponse& response) {
  const size_t at = response.body.find("\"done\":");
  return at == std::string::npos ? 1
                                 : std::atof(response.body.c_str() + at + 7);
}

void Measure(const UiHandler& handler, const std::string& target,
             const std::shared_ptr<Connection>& connection) {
  const UiRequest request = RequestOf(target, connection);
  const Clock::time_point begin = Clock::now();
  UiResponse response = handler(request);
  const double first = SecondsSince(begin);
  double done = first;
  while (response.status == 200 && DoneOf(response) < 1) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    response = handler(request);
    done = SecondsSince(begin);
  }
  std::vector<double> times;
  for (int i = 0; i < 5; ++i) {
    const Clock::time_point start = Clock::now();
    response = handler(request);
    times.push_back(SecondsSince(start));
  }
  std::sort(times.begin(), times.end());
  std::printf("| %s | %d | %.0f | %.0f | %.1f | %zu | %lld |\n", target.c_str(),
              response.status, 1e3 * first, 1e3 * times[2], done,
              response.body.size() / 1000,
              static_cast<long long>(PeakMemory()));
  if (response.status != 200) std::printf("%s\n", response.body.c_str());
  std::fflush(stdout);
}

int Run(const std::string& ledger, const std::string& sweep,
        std::vector<std::string> targets) {
  auto opened = OpenReadOnly(ledger);
  if (!opened.ok()) {
    std::fprintf(stderr, "%s\n", opened.status().ToString().c_str());
    return 1;
  }
  const std::shared_ptr<Connection> connection = *std::move(opened);
  const UiHandler handler = MakeUiHandler({.source = "--db " + ledger});
  std::printf(
      "| request | status | first, ms | median, ms | whole, s | kB | peak MiB "
      "|\n|---|---|---|---|---|---|---|\n");
  const std::string at = absl::StrCat("sweeps/", sweep);
  if (targets.empty()) {
    targets = {"sweeps",
               "sweeps?state=completed",
               "workers",
               "schema",
               at,
               at + "/curves?by=depth",
               at + "/curves?by=learning_rate&where=depth:2&where=seed:1..3",
               at + "/curves?where=state:diverged",
               at + "/trials",
               at + "/trials?at=900000",
               at + "/trials?where=depth:3&order=desc",
               at + "/trials?sort=final_loss",
               at + "/trials?sort=steps&order=desc&where=depth:2|3",
               at + "/trials?sort=seconds&where=final_loss:1e-5..1e-2",
               at + "/trials/500000",
               at + "/trials/500000/curves",
               at + "/heat?x=learning_rate&y=depth&value=final",
               at + "/heat?x=learning_rate&y=norm&value=diverged",
               at + "/heat?x=learning_rate&y=depth&value=metric:loss",
               at + "/heat?x=learning_rate&y=depth&value=steps_to:0.01",
               at + "/parallel",
               at + "/parallel?where=final_loss:..1e-3",
               at + "/density?by=depth",
               at + "/density?by=depth&where=learning_rate:0.1..1",
               at + "/summary",
               at + "/why",
               "compare?a=" + sweep + "&b=" + sweep};
  }
  for (const std::string& target : targets) {
    Measure(handler, target, connection);
  }
  return 0;
}

}  // namespace
}  // namespace fathom::client

int main(int argc, char** argv) {
  if (const auto code = fathom::client::AnswerQueryIfAsked(argc, argv)) {
    return *code;
  }
  if (argc < 3) {
    std::fprintf(stderr, "usage: ui_bench LEDGER.db SWEEP [PATH...]\n");
    return 2;
  }
  return fathom::client::Run(argv[1], argv[2],
                             std::vector<std::string>(argv + 3, argv + argc));
}

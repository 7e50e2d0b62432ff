#include "client/scale/slurm.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "proto/shared/status.h"
#include "proto/sweep/printable.h"

namespace fathom::client {
namespace {

// Jobs that one scancel names: far below what a command line may have.
constexpr size_t kCancelAtOnce = 500;

// Returns the word as one word of a shell.
std::string Quoted(const std::string& word) {
  return absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
}

bool IsJobId(absl::string_view text) {
  return !text.empty() && text.size() < 64 &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isdigit(c) || c == '_' || c == '+' || c == '[' ||
                  c == ']' || c == '-' || c == ',' || c == '%';
         });
}

}  // namespace

std::string SlurmScript(const SlurmJobs& jobs) {
  std::string command;
  for (const std::string& word : jobs.worker) {
    absl::StrAppend(&command, " ", Quoted(word));
  }
  // The worker takes the place of the shell, so that signals reach it.
  return absl::StrCat(R"(#!/bin/bash
# A worker of fathom that stops before its job ends.
deadline=()
end=${SLURM_JOB_END_TIME-}
if [[ -z $end ]]; then
  end=$(squeue --noheader --jobs "$SLURM_JOB_ID" --format %e 2>/dev/null | head -n 1)
fi
if [[ $end =~ ^[0-9] ]]; then deadline=(--deadline "$end"); fi
exec)",
                      command, R"( "${deadline[@]}"
)");
}

absl::StatusOr<std::vector<BatchJob>> ReadSqueue(absl::string_view text) {
  std::vector<BatchJob> jobs;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    const std::vector<absl::string_view> parts = absl::StrSplit(line, '|');
    if (parts.size() != 2 || !IsJobId(absl::StripAsciiWhitespace(parts[0]))) {
      return absl::InternalError(
          absl::StrCat("squeue wrote ", Excerpt(line), ", expected JOB|STATE"));
    }
    const absl::string_view state = absl::StripAsciiWhitespace(parts[1]);
    BatchJob job{.id = std::string(absl::StripAsciiWhitespace(parts[0]))};
    // REQUEUE_HOLD, SUSPENDED, NODE_FAIL, PREEMPTED and what future versions
    // have are no workers, now; one that works says hello to the coordinator.
    if (state == "PENDING") job.state = BatchJob::State::kQueued;
    if (state == "RUNNING" || state == "CONFIGURING") {
      job.state = BatchJob::State::kRunning;
    }
    jobs.push_back(std::move(job));
  }
  return jobs;
}

absl::StatusOr<std::vector<BatchJob>> Slurm::List() {
  ASSIGN_OR_RETURN(const std::string text,
                   run_({"squeue", "--me", "--noheader", "--array",
                         absl::StrCat("--name=", jobs_.name), "--format=%i|%T"},
                        ""));
  return ReadSqueue(text);
}

absl::StatusOr<std::string> Slurm::Submit(int64_t count) {
  std::vector<std::string> words = {
      "sbatch", "--parsable", absl::StrCat("--job-name=", jobs_.name),
      absl::StrCat("--array=0-", count - 1),
      absl::StrCat("--cpus-per-task=", jobs_.slots),
      // The signal goes to the shell, which the worker has replaced. A job that
      // is put back into the queue goes on in the same file of output.
      "--signal=B:USR2@90", "--requeue", "--open-mode=append"};
  words.insert(words.end(), jobs_.options.begin(), jobs_.options.end());
  ASSIGN_OR_RETURN(const std::string text, run_(words, SlurmScript(jobs_)));
  const std::vector<absl::string_view> parts =
      absl::StrSplit(absl::StripAsciiWhitespace(text), ';');
  if (!IsJobId(parts[0])) {
    return absl::InternalError(absl::StrCat("sbatch wrote ", Excerpt(text),
                                            ", expected the number of a job"));
  }
  return std::string(parts[0]);
}

absl::Status Slurm::Cancel(const std::vector<std::string>& ids) {
  for (size_t i = 0; i < ids.size(); i += kCancelAtOnce) {
    // One that has begun to run meanwhile stays.
    std::vector<std::string> words = {"scancel", "--state=PENDING"};
    words.insert(words.end(), ids.begin() + static_cast<ptrdiff_t>(i),
                 ids.begin() + static_cast<ptrdiff_t>(
                                   std::min(ids.size(), i + kCancelAtOnce)));
    RETURN_IF_ERROR(run_(words, "").status());
  }
  return absl::OkStatus();
}

}  // namespace fathom::client

#include "client/explain/sweep_story.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/load/rows.h"
#include "client/load/service.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/progress.h"
#include "client/view/service_text.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/space.h"

namespace fathom::client {
namespace {

constexpr int kPaceSeconds = 600;
constexpr int kMostHolders = 10;
constexpr int kMostEvents = 5;
constexpr int kMostDeclining = 5;
// Events are looked for among so many newest ones.
constexpr int kEventsSeen = 10'000;

double Number(const v1::QueryCell& cell) {
  return cell.has_integer() ? static_cast<double>(cell.integer()) : cell.real();
}

// Loads how fast trials ended lately, by the clock of whoever answers.
absl::Status LoadPace(Connection& connection, SweepLook* look) {
  const int64_t id = look->sweep.sweep_id();
  RETURN_IF_ERROR(ForEachRow(
      connection,
      absl::StrCat("SELECT (julianday('now') - julianday(create_time)) * "
                   "86400.0 FROM sweep_overview WHERE sweep = ",
                   id),
      [&](const v1::QueryRow& row) {
        look->window = std::min<double>(kPaceSeconds, Number(CellAt(row, 0)));
      }));
  return ForEachRow(
      connection,
      absl::StrCat(
          "SELECT count(*), total(seconds) FROM results WHERE sweep = ", id,
          " AND state IN ('succeeded','diverged','stopped','failed') "
          "AND end_time > strftime('%Y-%m-%dT%H:%M:%fZ','now','-",
          kPaceSeconds, " seconds')"),
      [&](const v1::QueryRow& row) {
        look->ended = CellAt(row, 0).integer();
        look->busy_seconds = Number(CellAt(row, 1));
      });
}

absl::Status LoadOthers(Connection& connection, SweepLook* look) {
  const v1::Sweep& sweep = look->sweep;
  const std::string same = absl::StrCat("priority = ", sweep.priority());
  return ForEachRow(
      connection,
      absl::StrCat("SELECT count(CASE WHEN priority > ", sweep.priority(),
                   " THEN 1 END), count(CASE WHEN ", same,
                   " THEN 1 END), total(CASE WHEN ", same,
                   " THEN weight END) FROM sweep_overview WHERE state = "
                   "'running' AND NOT paused AND pending > 0 AND sweep <> ",
                   sweep.sweep_id()),
      [&](const v1::QueryRow& row) {
        look->outranking = static_cast<int>(CellAt(row, 0).integer());
        look->beside = static_cast<int>(CellAt(row, 1).integer());
        look->weight_beside = Number(CellAt(row, 2));
      });
}

struct LimitWords {
  Limit limit;
  const char* name;  // In JSON.
  const char* sentence;
};
constexpr LimitWords kLimitWords[] = {
    {Limit::kEnded, "ended", "nothing: it has ended"},
    {Limit::kUnreadable, "unreadable",
     "this program cannot read its spec; nothing of it is given out"},
    {Limit::kPaused, "paused", "it is paused; `fathom resume` lets it go on"},
    {Limit::kUnattended, "unattended",
     "nothing has this ledger open; `fathom run` with the same spec or a "
     "fathom-server with this ledger goes on with it"},
    {Limit::kNoWorkers, "no_workers",
     "no worker is connected; start a fathom-worker"},
    {Limit::kDeclined, "declined", "every worker has declined it, see below"},
    {Limit::kLeaving, "leaving",
     "the workers that could run it were asked to leave"},
    {Limit::kOutranked, "outranked",
     "sweeps of a higher priority go first, and nothing of it is leased"},
    {Limit::kWaiting, "waiting",
     "nothing of it is leased just now, and the ledger does not say why: "
     "workers ask for trials as soon as they have a free slot"},
    {Limit::kTail, "tail",
     "its last trials: all that is left is leased, so that more workers would "
     "not help"},
    {Limit::kDisk, "disk",
     "the disk: the coordinator spends most of its time writing results down, "
     "see below"},
    {Limit::kNetwork, "network",
     "the network: slots stand still while results are on their way, see "
     "below"},
    {Limit::kShared, "shared", "other sweeps have a part of the slots"},
    {Limit::kWork, "work",
     "the work itself: its trials are being trained, and more slots would "
     "help"},
};

const LimitWords& WordsOf(Limit limit) {
  for (const LimitWords& words : kLimitWords) {
    if (words.limit == limit) return words;
  }
  return kLimitWords[0];
}

std::string SecondsLeftText(double seconds) {
  constexpr double kMost = 1e10;
  return DurationText(absl::Seconds(std::min(seconds, kMost)));
}

std::string WorkersText(const SweepStory& story) {
  const LimitFound& found = story.found;
  if (!story.look.workers.has_value()) {
    return "workers:  only a coordinator knows who is connected; ask it with "
           "--server\n";
  }
  std::string text = absl::StrCat(
      "workers:  ", found.connected, " connected, of which ", found.declining,
      " declined it and ", found.leaving, " are leaving; ",
      CountText(found.slots, "slot"), " may take its trials\n");
  int told = 0;
  for (const v1::Worker& worker : *story.look.workers) {
    for (const v1::DeclinedSweep& declined : worker.declined()) {
      if (declined.sweep_id() != story.look.sweep.sweep_id()) continue;
      if (++told > kMostDeclining) return text + "          and more\n";
      absl::StrAppend(&text, "          ", Printable(worker.worker()),
                      " declined it: ", Printable(declined.reason()), "\n");
    }
  }
  return text;
}

std::string LeasedText(const SweepStory& story) {
  const int64_t leased = story.look.sweep.progress().leased();
  if (leased == 0) return "leased:   nothing\n";
  std::vector<std::string> parts;
  for (const Holder& holder : story.holders) {
    parts.push_back(absl::StrCat(Printable(holder.worker), " ",
                                 CountText(holder.trials), " since ",
                                 Printable(holder.since)));
  }
  std::string text =
      absl::StrCat("leased:   ", CountText(leased, "trial"),
                   parts.empty() ? "" : ": ", absl::StrJoin(parts, ", "), "\n");
  if (!story.look.workers.has_value()) return text;
  int64_t silence = 0;
  for (const v1::Worker& worker : *story.look.workers) {
    if (worker.leased_trials() == 0) continue;
    silence = std::max<int64_t>(silence, worker.silence().seconds());
  }
  absl::StrAppend(&text,
                  "          every worker that holds trials was heard "
                  "of in the last ",
                  CountText(silence + 1, "second"), "\n");
  return text;
}

std::string RestText(const SweepStory& story) {
  const LimitFound& found = story.found;
  const v1::Sweep& sweep = story.look.sweep;
  std::string text = absl::StrFormat(
      "left:     %.1f %% of the steps, about %s; %s not given out\n",
      100 * (1 - sweep.progress().fraction()),
      CountText(static_cast<int64_t>(found.steps_left), "step"),
      CountText(sweep.progress().pending(), "trial"));
  if (!found.rest_at_pace.has_value()) {
    return text +
           "ETA:      not known: no trial ended in the last ten "
           "minutes\n";
  }
  absl::StrAppend(&text, "ETA:      ", SecondsLeftText(*found.rest_at_pace),
                  " at the pace "
                  "of the last ",
                  SecondsLeftText(story.look.window), ", in which ",
                  CountText(story.look.ended, "trial"), " ended (",
                  RateText(*found.trials_per_second),
                  " trials/s)\n          a trial took ",
                  absl::StrFormat("%.3g s", *found.seconds_per_trial),
                  " of a slot in the mean");
  if (found.rest_alone.has_value()) {
    absl::StrAppend(&text, "; with all ", CountText(found.slots, "slot"),
                    " for this sweep alone the rest takes ",
                    SecondsLeftText(*found.rest_alone));
  }
  return text + "\n";
}

}  // namespace

absl::StatusOr<SweepStory> LoadSweepStory(Connection& connection,
                                          const v1::Sweep& sweep) {
  SweepStory story;
  story.look.sweep = sweep;
  const absl::StatusOr<Space> space = Space::FromStored(sweep.spec());
  if (space.ok()) story.look.total_steps = space->total_steps();
  // Who only reads a ledger does not know who is connected to its coordinator.
  if (!connection.in_process()) {
    ASSIGN_OR_RETURN(story.look.workers, connection.ListWorkers());
  }
  const std::string of_sweep = absl::StrCat("sweep = ", sweep.sweep_id());
  if (sweep.state() == v1::SWEEP_STATE_RUNNING) {
    RETURN_IF_ERROR(LoadPace(connection, &story.look));
    if (story.look.workers.has_value()) {
      ASSIGN_OR_RETURN(story.look.service,
                       LoadService(connection, *story.look.workers));
    }
    RETURN_IF_ERROR(LoadOthers(connection, &story.look));
    RETURN_IF_ERROR(ForEachRow(
        connection,
        absl::StrCat("SELECT worker, count(*), min(lease_time) FROM results "
                     "WHERE ",
                     of_sweep,
                     " AND state = 'leased' GROUP BY worker ORDER BY 2 DESC, 1 "
                     "LIMIT ",
                     kMostHolders),
        [&](const v1::QueryRow& row) {
          story.holders.push_back({CellAt(row, 0).text(),
                                   CellAt(row, 1).integer(),
                                   CellAt(row, 2).text()});
        }));
  }
  // Events that everything brings along are left out.
  RETURN_IF_ERROR(ForEachRow(
      connection,
      absl::StrCat("SELECT time, kind, message FROM events WHERE event > "
                   "(SELECT max(event) FROM events) - ",
                   kEventsSeen, " AND ", of_sweep,
                   " AND kind NOT IN ('sweep_created', 'sweep_completed', "
                   "'trials_resumed') ORDER BY event DESC LIMIT ",
                   kMostEvents),
      [&](const v1::QueryRow& row) {
        story.events.push_back({CellAt(row, 0).text(), CellAt(row, 1).text(),
                                CellAt(row, 2).text()});
      }));
  story.found = FindLimit(story.look);
  return story;
}

std::string StoryText(const SweepStory& story, const std::string& source) {
  const v1::Sweep& sweep = story.look.sweep;
  const v1::Progress& progress = sweep.progress();
  std::string text = absl::StrCat(
      "sweep ", sweep.sweep_id(), ", ", Printable(sweep.spec().name()), ": ",
      SweepStateText(sweep), ", ", CountText(FinishedTrials(progress)), " of ",
      CountText(sweep.trial_count(), "trial"),
      " finished\nlimit:    ", WordsOf(story.found.limit).sentence, "\n");
  if (!sweep.unreadable().empty()) {
    absl::StrAppend(&text, "          ", Printable(sweep.unreadable()), "\n");
  }
  if (sweep.state() == v1::SWEEP_STATE_RUNNING) {
    absl::StrAppend(&text, WorkersText(story), LeasedText(story),
                    ServiceText(story.look.service));
    absl::StrAppend(
        &text, "share:    priority ", sweep.priority(), ", weight ",
        NumberText(sweep.weight()), "; ",
        CountText(story.look.outranking, "sweep"), " before it, ",
        CountText(story.look.beside, "sweep"), " beside it: ",
        absl::StrFormat("%.0f %% of the slots\n", 100 * story.found.share),
        RestText(story));
  }
  if (progress.failed() > 0) {
    absl::StrAppend(&text, "failed:   ", CountText(progress.failed(), "trial"),
                    "; `fathom retry ", sweep.sweep_id(), " ", source,
                    "` gives them out again\n");
  }
  const char* title = "events:   ";
  for (const SweepEvent& event : story.events) {
    absl::StrAppend(&text, title, Printable(event.time), " ",
                    Printable(event.kind), ": ", Printable(event.message),
                    "\n");
    title = "          ";
  }
  return text;
}

nlohmann::ordered_json StoryJson(const SweepStory& story) {
  const LimitFound& found = story.found;
  const v1::Sweep& sweep = story.look.sweep;
  nlohmann::ordered_json declined = nlohmann::ordered_json::array();
  for (const v1::Worker& worker :
       story.look.workers.value_or(std::vector<v1::Worker>{})) {
    for (const v1::DeclinedSweep& other : worker.declined()) {
      if (other.sweep_id() != sweep.sweep_id()) continue;
      declined.push_back(
          {{"worker", worker.worker()}, {"reason", other.reason()}});
    }
  }
  nlohmann::ordered_json leased = nlohmann::ordered_json::array();
  for (const Holder& holder : story.holders) {
    leased.push_back({{"worker", holder.worker},
                      {"trials", holder.trials},
                      {"since", holder.since}});
  }
  nlohmann::ordered_json events = nlohmann::ordered_json::array();
  for (const SweepEvent& event : story.events) {
    events.push_back({{"time", event.time},
                      {"kind", event.kind},
                      {"message", event.message}});
  }
  nlohmann::ordered_json workers = nullptr;
  if (story.look.workers.has_value()) {
    workers = {{"connected", found.connected},
               {"declining", found.declining},
               {"leaving", found.leaving},
               {"slots", found.slots}};
  }
  return {{"sweep", sweep.sweep_id()},
          {"name", sweep.spec().name()},
          {"state", SweepStateText(sweep)},
          {"limit", WordsOf(found.limit).name},
          {"why", WordsOf(found.limit).sentence},
          {"trials", sweep.trial_count()},
          {"finished", FinishedTrials(sweep.progress())},
          {"pending", sweep.progress().pending()},
          {"workers", workers},
          {"declined", declined},
          {"leased", leased},
          {"sweeps_before", story.look.outranking},
          {"sweeps_beside", story.look.beside},
          {"share", found.share},
          {"steps_left", found.steps_left},
          {"trials_per_second", NumberOrNull(found.trials_per_second)},
          {"seconds_per_trial", NumberOrNull(found.seconds_per_trial)},
          {"rest_at_pace_seconds", NumberOrNull(found.rest_at_pace)},
          {"rest_alone_seconds", NumberOrNull(found.rest_alone)},
          {"service", ServiceJson(story.look.service)},
          {"events", events}};
}

}  // namespace fathom::client

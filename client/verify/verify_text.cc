#include "client/verify/verify_text.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/view/format.h"
#include "client/view/table.h"

namespace fathom::client {

std::string SkippedText(const VerifyReport& report) {
  std::vector<std::string> parts;
  if (report.unfinished > 0) {
    parts.push_back(absl::StrCat(CountText(report.unfinished), " unfinished"));
  }
  if (report.failed > 0) {
    parts.push_back(absl::StrCat(CountText(report.failed), " failed"));
  }
  for (const auto& [numerics, count] : report.other_numerics) {
    parts.push_back(
        absl::StrCat(CountText(count), " of ", Printable(numerics)));
  }
  return absl::StrJoin(parts, ", ");
}

std::string FindingText(const VerifyReport& report,
                        const VerifyReport::Finding& finding,
                        int64_t sweep_id) {
  const Discrepancy& difference = finding.difference;
  const VerifyReport::Way& way = report.ways[finding.way];
  return absl::StrCat(
      "sweep ", sweep_id, " trial ", difference.trial, ": ",
      Printable(difference.what),
      difference.step.has_value() ? absl::StrCat(" at step ", *difference.step)
                                  : "",
      " is stored as ", Printable(difference.stored), ", and ",
      Printable(difference.found), " came out with ", way.isa, " on ",
      CountText(way.slots, "slot"), " in a bundle of ", finding.lanes);
}

std::string VerifyText(const VerifyReport& report, int width) {
  Table table;
  table.header = {"instructions", "slots", "trainings", "largest bundle",
                  "doubles compared"};
  table.right = {false, true, true, true, true};
  int64_t comparisons = 0, packings = 0;
  std::string left_out;
  for (const VerifyReport::Way& way : report.ways) {
    if (way.trainings == 0) {
      absl::StrAppend(&left_out, "left out: ", way.isa,
                      ", for which these trials take too long\n");
      continue;
    }
    ++packings;
    comparisons += way.doubles;
    table.rows.push_back(
        {way.isa, CountText(way.slots), CountText(way.trainings),
         CountText(way.largest_bundle), CountText(way.doubles)});
  }
  table.keys = 2;  // Instruction set and slots.
  std::string text = RenderTable(table, width);
  if (!report.interrupted) text += left_out;
  if (const std::string skipped = SkippedText(report); !skipped.empty()) {
    absl::StrAppend(&text, "skipped: ", skipped, "\n");
  }
  absl::StrAppend(&text, report.interrupted ? "interrupted after " : "",
                  CountText(report.trials, "trial"), " of ",
                  CountText(report.finished), ", ",
                  CountText(report.doubles, "double"), ", ",
                  CountText(packings, "packing"), ", ",
                  CountText(comparisons, "comparison"), ": ",
                  CountText(report.difference_count, "difference"), "\n");
  return text;
}

nlohmann::ordered_json VerifyJson(const VerifyReport& report,
                                  const v1::Sweep& sweep, uint64_t seed) {
  nlohmann::ordered_json json;
  json["sweep"] = sweep.sweep_id();
  json["name"] = sweep.spec().name();
  json["seed"] = seed;
  json["finished"] = report.finished;
  json["sampled"] = report.sampled;
  json["trials"] = report.trials;
  json["doubles"] = report.doubles;
  json["skipped"] = {{"unfinished", report.unfinished},
                     {"failed", report.failed},
                     {"other_numerics", report.other_numerics}};
  json["packings"] = nlohmann::ordered_json::array();
  for (const VerifyReport::Way& way : report.ways) {
    json["packings"].push_back({{"isa", way.isa},
                                {"slots", way.slots},
                                {"trainings", way.trainings},
                                {"largest_bundle", way.largest_bundle},
                                {"doubles", way.doubles}});
  }
  json["differences"] = report.difference_count;
  json["first_differences"] = nlohmann::ordered_json::array();
  for (const VerifyReport::Finding& finding : report.findings) {
    nlohmann::ordered_json entry = {{"trial", finding.difference.trial},
                                    {"what", finding.difference.what}};
    entry["step"] = nullptr;
    if (finding.difference.step.has_value()) {
      entry["step"] = *finding.difference.step;
    }
    entry["stored"] = finding.difference.stored;
    entry["found"] = finding.difference.found;
    entry["packing"] = finding.way;
    entry["lanes"] = finding.lanes;
    json["first_differences"].push_back(std::move(entry));
  }
  json["interrupted"] = report.interrupted;
  return json;
}

}  // namespace fathom::client

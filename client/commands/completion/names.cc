#include "client/commands/completion/names.h"

#include <filesystem>
#include <system_error>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/commands/invocation.h"
#include "client/data/builtin.h"
#include "client/embedded.h"
#include "client/presets/presets.h"
#include "client/view/format.h"
#include "client/view/progress.h"
#include "proto/sweep/facts/metrics.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/names.h"

namespace fathom::client {
namespace {

// Returns the value of the option in the words of a command, or "". A shell may
// have taken "--db=x" apart.
std::string GivenValue(absl::Span<const std::string> words,
                       absl::string_view option) {
  for (size_t i = 0; i < words.size(); ++i) {
    absl::string_view rest = words[i];
    if (!absl::ConsumePrefix(&rest, option)) continue;
    if (absl::ConsumePrefix(&rest, "=")) return std::string(rest);
    if (!rest.empty()) continue;
    const size_t next = i + 1 < words.size() && words[i + 1] == "=" ? 2 : 1;
    return i + next < words.size() ? words[i + next] : "";
  }
  return "";
}

// Appends the sweeps that the command would find. Names that a shell would read
// otherwise are left out; their numbers are short enough to type.
void AppendSweeps(absl::Span<const std::string> words,
                  std::vector<Candidate>* names) {
  Source source;
  source.db = GivenValue(words, "--db");
  source.server = GivenValue(words, "--server");
  if (source.db.empty()) source.db = LedgerToRead(source);
  std::error_code error;
  if (!std::filesystem::is_regular_file(source.db, error)) return;
  const auto ledger = OpenReadOnly(source.db);
  if (!ledger.ok()) return;
  const auto sweeps = (*ledger)->ListSweeps();
  if (!sweeps.ok()) return;
  for (const v1::Sweep& sweep : *sweeps) {
    const std::string& name = sweep.spec().name();
    if (name.empty() || ShellQuote(name) != name) continue;
    const auto known = [&](const Candidate& other) {
      return other.word == name;
    };
    if (absl::c_any_of(*names, known)) continue;
    names->push_back({name, absl::StrCat("sweep ", sweep.sweep_id(), ", ",
                                         SweepStateText(sweep))});
  }
}

void AppendMetrics(std::vector<Candidate>* names) {
  const auto& type = *v1::Metric_descriptor();
  for (int i = 0; i < type.value_count(); ++i) {
    const auto metric = static_cast<v1::Metric>(type.value(i)->number());
    if (metric == v1::METRIC_UNSPECIFIED) continue;
    names->push_back({EnumText(*type.value(i)), MetricLabel(metric)});
  }
}

}  // namespace

std::vector<Candidate> NamesFor(absl::string_view placeholder,
                                absl::Span<const std::string> words) {
  std::vector<Candidate> names;
  for (const absl::string_view kind : absl::StrSplit(placeholder, '|')) {
    if (kind == "SWEEP") {
      AppendSweeps(words, &names);
    } else if (kind == "METRIC") {
      AppendMetrics(&names);
    } else if (kind == "PRESET") {
      for (const Preset& preset : Presets()) {
        names.push_back({preset.name, preset.summary});
      }
    } else if (kind == "BUILTIN") {
      for (const std::string& name : BuiltinNames()) names.push_back({name});
    }
  }
  return names;
}

}  // namespace fathom::client

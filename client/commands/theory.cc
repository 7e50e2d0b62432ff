// `fathom theory` checks the theorems numerically on this machine.
#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/embedded.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/table.h"
#include "client/view/theory_text.h"

namespace fathom::client {
namespace {

constexpr char kTheoryFooter[] = R"(Examples:
  fathom theory
  fathom theory --only theorem-2 --all
  fathom theory --json

A check compares what a claim predicts with what is measured in several
settings; the residual is how far apart they are, and may be as large as what
the claim neglects. Shown is the setting of each check that comes nearest to
that, or all with --all. Where an order is predicted, the two values at the end
of the setting were measured at some eta (or std, or R) and at half of it.

Exit codes: 0 all claims hold; 1 one does not.)";

struct TheoryOptions {
  std::string only = {};
  bool all = false;
  bool json = false;
};

int Theory(const TheoryOptions& options, Invocation& invocation) {
  bool first = true;
  int column = 0;
  const absl::StatusOr<v1::TheoryReport> report =
      RunTheory(options.only, [&](absl::string_view title) {
        std::string text = absl::StrCat(first ? "checking " : ", ", title);
        // A column is kept free for the comma that may follow.
        if (!first && invocation.width > 0 &&
            column + DisplayWidth(text) >= invocation.width) {
          text = absl::StrCat(",\n  ", title);
          column = DisplayWidth(title) + 2;
        } else {
          column += DisplayWidth(text);
        }
        invocation.err << text << std::flush;
        first = false;
      });
  if (!first) invocation.err << "\n";
  if (!report.ok()) return Fail(invocation, report.status());

  if (options.json) {
    WriteJson(ToJson(*report), invocation.out);
  } else {
    invocation.out << WrapLines(
        TheoryText(*report, options.all, invocation.width), invocation.width);
  }
  const bool all_hold =
      std::all_of(report->checks().begin(), report->checks().end(),
                  [](const v1::TheoryCheck& check) { return check.holds(); });
  return all_hold ? kExitOk : kExitFailed;
}

}  // namespace

void AddTheoryCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "theory", "check the theorems numerically on this machine");
  const auto options = std::make_shared<TheoryOptions>();
  command
      ->add_option("--only", options->only,
                   "check only the claims with this in their name")
      ->type_name("PATTERN");
  command->add_flag("--all", options->all, "show every setting");
  command->add_flag("--json", options->json,
                    "as one JSON document, with every setting");
  command->footer(kTheoryFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return Theory(*options, invocation);
    };
  });
}

}  // namespace fathom::client

#include "client/commands/commands.h"

#include "absl/status/status.h"

namespace fathom {
namespace {

constexpr char kDescription[] =
    "fathom measures depth: parameter sweeps over deep linear networks.";

constexpr char kFooter[] = R"(Examples:
  fathom run quickstart           depth against no depth, on real data
  fathom run sweep.yaml           your own sweep, on this machine alone
  fathom submit sweep.yaml --server lab:7373 --wait
  fathom query "SELECT * FROM sweep_overview" --db fathom.db

Exit codes: 0 ok; 1 failed; 2 wrong usage or bad input; 3 no coordinator
reached; 4 the sweep ended with failed trials or was cancelled; 130 interrupted.
`fathom COMMAND --help` says more.)";

}  // namespace

int RunFathom(const std::vector<std::string>& arguments, std::ostream& out,
              std::ostream& err) {
  Invocation invocation{out, err};
  CLI::App app(kDescription, "fathom");
  app.footer(kFooter);
  app.set_version_flag("--version", "fathom " FATHOM_VERSION);
  app.require_subcommand(1);
  AddRunCommand(app, invocation);
  AddSubmitCommand(app, invocation);
  AddWatchCommand(app, invocation);
  AddListCommand(app, invocation);
  AddShowCommand(app, invocation);
  AddCancelCommand(app, invocation);
  AddWorkersCommand(app, invocation);
  AddQueryCommand(app, invocation);
  AddSummaryCommand(app, invocation);
  AddPlotCommand(app, invocation);
  AddDataCommand(app, invocation);
  AddPresetsCommand(app, invocation);
  AddVersionCommand(app, invocation);

  // CLI11 takes the arguments from the back.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    if (arguments.empty()) {
      err << app.help();
      return kExitUsage;
    }
    return app.exit(error, out, err) == 0 ? kExitOk : kExitUsage;
  }
  const int code = invocation.action();
  out.flush();
  if (!out) {
    return Fail(invocation,
                absl::ResourceExhaustedError("cannot write the output"));
  }
  return code;
}

}  // namespace fathom

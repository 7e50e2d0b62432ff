#include "client/commands/commands.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/commands/completion/names.h"
#include "client/view/format.h"
#include "proto/shared/completion.h"
#include "proto/shared/manual.h"
#include "proto/shared/option_words.h"
#include "proto/shared/usage_errors.h"
#include "proto/shared/version.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

constexpr char kDescription[] =
    "fathom measures depth: parameter sweeps over deep linear networks.";

constexpr char kCommandsFooter[] = R"(Examples:
  fathom run quickstart           depth against no depth, on real data
  fathom run sweep.yaml           your own sweep, on this machine alone
  fathom submit sweep.yaml --server 127.0.0.1:7373 --wait
  fathom query "SELECT * FROM sweep_overview" --db fathom.db
  fathom theory                   the theorems, checked on this machine

Exit codes: 0 ok; 1 failed; 2 wrong usage or bad input; 3 no coordinator
reached; 4 the sweep ended with failed trials or was cancelled; 5 TLS, token or
role do not let this in; 6 nothing has the ledger open that is watched; 7 the
answer is cut off; 130 interrupted.
`fathom COMMAND --help` says more.)";

// Returns the error of the first argument that stands where a command is
// expected and names none.
absl::Status CheckCommand(const CLI::App& app,
                          const std::vector<std::string>& arguments) {
  const CLI::App* at = &app;
  for (const std::string& word : arguments) {
    const std::vector<const CLI::App*> commands =
        at->get_subcommands([](const CLI::App*) { return true; });
    if (commands.empty() || word.empty() || word[0] == '-') break;
    std::vector<std::string> names;
    const CLI::App* named = nullptr;
    for (const CLI::App* command : commands) {
      names.push_back(command->get_name());
      if (names.back() == word) named = command;
    }
    if (named == nullptr) {
      const std::string near = NearestName(word, names);
      return absl::InvalidArgumentError(absl::StrCat(
          "unknown command \"", Printable(word), "\"",
          near.empty() ? absl::StrCat("; expected ", absl::StrJoin(names, ", "))
                       : absl::StrCat("; did you mean ", near, "?")));
    }
    at = named;
  }
  return absl::OkStatus();
}

// Returns the error of a command that lacks a required argument.
absl::Status MissingArgument(const CLI::App& app) {
  const CLI::App* const command = NamedCommand(app);
  const std::string line = CommandLineOf(*command);
  const std::string help = absl::StrCat("`", line, " --help` says more");
  for (const CLI::Option* option : command->get_options()) {
    if (!option->get_required() || option->count() > 0) continue;
    const std::string name =
        absl::StrCat(option->get_positional() ? "" : option->get_name() + " ",
                     option->get_type_name());
    return absl::InvalidArgumentError(
        absl::StrCat(line, ": found no ", name, ", expected `", line, " ", name,
                     "`: ", option->get_description(), "; ", help));
  }
  std::vector<std::string> names;
  for (const CLI::App* other :
       command->get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(other->get_name());
  }
  return absl::InvalidArgumentError(
      absl::StrCat(line, ": found no command, expected one of ",
                   absl::StrJoin(names, ", "), "; ", help));
}

// Returns the error of an argument that does not fit the command. CLI11 or one
// of our checks has worded it.
absl::Status WrongArgument(const CLI::App& app, const CLI::ParseError& error) {
  // "Could not convert: --slots = many" is about a number, as only numbers are
  // converted.
  constexpr absl::string_view kConversion = "Could not convert: ";
  std::string message = error.what();
  absl::string_view rest = message;
  if (absl::ConsumePrefix(&rest, kConversion)) {
    const std::vector<std::string> parts =
        absl::StrSplit(rest, absl::MaxSplits(" = ", 1));
    if (parts.size() == 2) {
      message =
          absl::StrCat(parts[0], ": found ", parts[1], ", expected a number");
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(
      message, "; `", CommandLineOf(*NamedCommand(app)), " --help` says more"));
}

// Turns `fathom help` and `fathom help run` into `fathom --help` and
// `fathom run --help`.
std::vector<std::string> WithHelpAsOption(std::vector<std::string> arguments) {
  if (arguments.empty() || arguments[0] != "help") return arguments;
  arguments.erase(arguments.begin());
  arguments.push_back("--help");
  return arguments;
}

// Adds all commands, in the order of the help.
void AddCommands(CLI::App& app, Invocation& invocation) {
  AddInitCommand(app, invocation);
  AddCheckCommand(app, invocation);
  AddRunCommand(app, invocation);
  AddSubmitCommand(app, invocation);
  AddWatchCommand(app, invocation);
  AddListCommand(app, invocation);
  AddExplainCommand(app, invocation);
  AddUiCommand(app, invocation);
  AddShowCommand(app, invocation);
  AddCancelCommand(app, invocation);
  AddPauseCommand(app, invocation);
  AddResumeCommand(app, invocation);
  AddPriorityCommand(app, invocation);
  AddRetryCommand(app, invocation);
  AddDeleteCommand(app, invocation);
  AddWorkersCommand(app, invocation);
  AddDrainCommand(app, invocation);
  AddAutoscaleCommand(app, invocation);
  AddAuditCommand(app, invocation);
  AddVerifyCommand(app, invocation);
  AddBackupCommand(app, invocation);
  AddDoctorCommand(app, invocation);
  AddQueryCommand(app, invocation);
  AddExportCommand(app, invocation);
  AddSummaryCommand(app, invocation);
  AddBestCommand(app, invocation);
  AddPlotCommand(app, invocation);
  AddReportCommand(app, invocation);
  AddDataCommand(app, invocation);
  AddTheoryCommand(app, invocation);
  AddBenchCommand(app, invocation);
  AddPresetsCommand(app, invocation);
  AddTokenCommand(app, invocation);
  AddConfigCommand(app, invocation);
  AddCompletionCommand(app, invocation);
  AddVersionCommand(app, invocation);
}

// Parses the arguments and does what they say; returns the exit code.
int Dispatch(const std::vector<std::string>& arguments,
             Invocation& invocation) {
  CLI::App app(kDescription, "fathom");
  app.footer(kCommandsFooter);
  app.set_version_flag("-V,--version", "fathom " + FullVersion());
  app.require_subcommand(1);
  AddCommands(app, invocation);

  if (arguments.empty()) {
    invocation.err << app.help();
    return kExitUsage;
  }
  if (const auto written =
          WriteManualIfAsked(app, arguments, FATHOM_VERSION, invocation.err)) {
    return *written;
  }
  if (CompleteIfAsked(app, arguments, NamesFor, invocation.out)) return kExitOk;
  const absl::Status known = CheckCommand(app, arguments);
  if (!known.ok()) return Fail(invocation, known);

  // CLI11 expects the arguments in reverse order.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::ExtrasError&) {
    return Fail(invocation,
                absl::InvalidArgumentError(UnexpectedArgument(app)));
  } catch (const CLI::RequiredError&) {
    return Fail(invocation, MissingArgument(app));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) {
      return Fail(invocation, WrongArgument(app, error));
    }
    // The exit code is 0 when help or the version was asked for.
    app.exit(error, invocation.out, invocation.err);
    return kExitOk;
  }
  if (!invocation.configured.ok()) {
    return Fail(invocation, invocation.configured);
  }
  return invocation.action();
}

}  // namespace

int RunFathom(const std::vector<std::string>& arguments, std::ostream& out,
              std::ostream& err, int width, const absl::Status& configured) {
  Invocation invocation{
      .out = out, .err = err, .width = width, .configured = configured};
  const int code = Dispatch(WithHelpAsOption(arguments), invocation);
  // Output that could not be written is an error, whatever the command itself
  // returned, because half of a document must not pass for the whole.
  out.flush();
  if (!out) {
    return Fail(invocation,
                absl::ResourceExhaustedError("cannot write the output"));
  }
  return code;
}

}  // namespace fathom::client

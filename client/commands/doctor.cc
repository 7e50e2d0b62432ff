// `fathom doctor` looks for what is wrong, and says what to do.
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/commands/commands.h"
#include "client/commands/config/config_file.h"
#include "client/doctor/checks.h"
#include "client/doctor/look.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/table.h"
#include "nlohmann/json.hpp"
#include "proto/shared/version.h"

namespace fathom::client {
namespace {

// How long each step towards a coordinator, and the check of a ledger's pages,
// may take.
constexpr absl::Duration kServerPatience = absl::Seconds(5);
constexpr absl::Duration kLedgerPatience = absl::Seconds(10);

constexpr char kDoctorFooter[] =
    R"(Looks at this machine, the configuration file, the files of keys and tokens, a ledger
(--db) and a coordinator (--server, with its TLS, clock, versions, workers and disk),
and says of each thing whether it is in order, and what to do if not. It changes
nothing. Without options it looks at what is configured or at hand: the ledger of
$FATHOM_DB or fathom.db in this folder; the coordinator of $FATHOM_SERVER, or one on
this machine.

Exit code 1 when there is a problem, with --strict also when there is a warning.

Examples:
  fathom doctor
  fathom doctor --db fathom.db --json
  fathom doctor --server lab:7373 --tls-ca ca.pem --token-file ada.token)";

struct DoctorOptions {
  Source source = {};  // Its ledger stays empty.
  std::string db = {};
  std::string tokens = {};
  bool strict = false;
  bool json = false;
  absl::Status configured = {};
};

ConfigFacts LookAtConfig(const absl::Status& configured) {
  ConfigFacts facts;
  facts.path = ConfigPath();
  std::error_code error;
  facts.exists = std::filesystem::exists(facts.path, error);
  facts.status = configured;
  return facts;
}

Facts LookAtAll(const DoctorOptions& options) {
  Facts facts;
  facts.now = absl::Now();
  facts.version = FATHOM_VERSION;
  facts.machine = LookAtMachine("");
  facts.config = LookAtConfig(options.configured);
  const ClientCredentials credentials = CredentialsOf(options.source);
  facts.files = LookAtFiles(credentials, options.tokens);
  const std::string ledger =
      options.db.empty() ? LedgerToRead(options.source) : options.db;
  if (!ledger.empty()) facts.ledger = LookAtLedger(ledger, kLedgerPatience);
  const bool named = NamesServer(options.source);
  if (!named && !options.db.empty()) return facts;
  ServerFacts server =
      LookAtServer(ServerAddress(options.source), credentials, kServerPatience);
  // Nobody has said that there should be one on this machine.
  if (named || server.probe.connected) facts.server = std::move(server);
  return facts;
}

nlohmann::ordered_json ResultJson(const CheckResult& result) {
  nlohmann::ordered_json json = {
      {"area", result.check->area},
      {"check", result.check->name},
      {"level", std::string(LevelName(result.finding.level))},
      {"text", result.finding.text}};
  if (!result.finding.advice.empty()) json["advice"] = result.finding.advice;
  return json;
}

std::string ResultText(const CheckResult& result) {
  return absl::StrCat(
      LevelName(result.finding.level), ": ", result.finding.text,
      result.finding.advice.empty() ? "" : "; ", result.finding.advice, "\n");
}

int Doctor(const DoctorOptions& options, Invocation& invocation) {
  const Facts facts = LookAtAll(options);
  const std::vector<CheckResult> results = RunChecks(facts);
  int64_t warnings = 0;
  int64_t problems = 0;
  for (const CheckResult& result : results) {
    warnings += result.finding.level == Level::kWarning ? 1 : 0;
    problems += result.finding.level == Level::kProblem ? 1 : 0;
  }
  if (options.json) {
    nlohmann::ordered_json findings = nlohmann::ordered_json::array();
    for (const CheckResult& result : results)
      findings.push_back(ResultJson(result));
    WriteJson({{"findings", findings},
               {"warnings", warnings},
               {"problems", problems}},
              invocation.out);
  } else {
    std::string text;
    for (const CheckResult& result : results) {
      absl::StrAppend(&text, PrintableLines(ResultText(result)));
    }
    if (!facts.ledger.has_value() && !facts.server.has_value()) {
      absl::StrAppend(&text,
                      "ok: no ledger and no coordinator is at hand; --db FILE "
                      "and --server HOST:PORT name them\n");
    }
    absl::StrAppend(&text, CountText(problems, "problem"), ", ",
                    CountText(warnings, "warning"), "\n");
    invocation.out << WrapLines(text, invocation.width);
  }
  const bool sound = problems == 0 && !(options.strict && warnings > 0);
  return sound ? kExitOk : kExitFailed;
}

}  // namespace

void AddDoctorCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "doctor", "look for what is wrong here, and say what to do");
  const auto options = std::make_shared<DoctorOptions>();
  AddServerOption(command, &options->source);
  command
      ->add_option("--db", options->db,
                   "ledger to look at, also while it is in use (default: "
                   "$FATHOM_DB, or fathom.db if this folder has one and no "
                   "coordinator is named)")
      ->type_name("FILE");
  command
      ->add_option("--tokens", options->tokens,
                   "file of a coordinator's tokens to look at")
      ->type_name("FILE");
  command->add_flag("--strict", options->strict,
                    "warnings, too, make the exit code 1");
  command->add_flag("--json", options->json, "as one JSON document");
  command->footer(kDoctorFooter);
  command->callback([options, &invocation] {
    // A configuration that stops every other command is a finding of this one.
    options->configured =
        std::exchange(invocation.configured, absl::OkStatus());
    invocation.action = [options, &invocation] {
      return Doctor(*options, invocation);
    };
  });
}

}  // namespace fathom::client

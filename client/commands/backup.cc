// `fathom backup` copies a ledger that may be in use.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/commands/interrupt.h"
#include "client/data/new_file.h"
#include "client/data/room.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "nlohmann/json.hpp"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

constexpr char kBackupFooter[] =
    R"(Takes a copy of the ledger as it is at one moment, checked by SQLite, whether or not
a coordinator writes to it. OUT.db appears whole or not at all and is never
overwritten. It is refused when it would fill the disk that it is written to, or that
of the coordinator, which makes its copy first; 256 MiB stay free. To restore, stop the coordinator, put the copy in the ledger's place
(without the files FILE-wal and FILE-shm of the old one), and start it again.

Examples:
  fathom backup monday.db --db fathom.db
  fathom backup monday.db --server 127.0.0.1:7373)";

struct BackupOptions {
  std::string out = {};
  Source source = {};
  bool json = false;
};

// Returns about how many bytes a copy will have; 0 when that is not known.
int64_t ExpectedBytes(Connection& connection, const Source& source) {
  if (!source.db.empty()) {
    std::error_code error;
    const auto bytes = std::filesystem::file_size(source.db, error);
    return error ? 0 : static_cast<int64_t>(bytes);
  }
  const absl::StatusOr<v1::Telemetry> telemetry = connection.GetTelemetry();
  if (!telemetry.ok()) return 0;  // An older coordinator.
  for (const v1::TelemetryFamily& family : telemetry->families()) {
    if (family.name() != "fathom_ledger_bytes" || family.samples().empty()) {
      continue;
    }
    return static_cast<int64_t>(std::min(family.samples(0).value(), 1e15));
  }
  return 0;
}

int Backup(const BackupOptions& options, Invocation& invocation) {
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      Open(options.source);
  if (!connection.ok()) return Fail(invocation, connection.status());
  const Interrupt interrupt;
  NewFile file;
  absl::Status status = file.Create(options.out, /*overwrite=*/false, 0600);
  const int64_t expected = ExpectedBytes(**connection, options.source);
  // Before the coordinator makes a copy in vain, and again whenever a piece has
  // come: it may have made its copy on the same disk, which others fill as
  // well.
  if (status.ok()) status = CheckRoomFor(options.out, expected);
  if (status.ok()) {
    status = (*connection)
                 ->Backup(
                     [&](absl::string_view piece) -> absl::Status {
                       const int64_t rest =
                           std::max(static_cast<int64_t>(piece.size()),
                                    expected - file.size());
                       RETURN_IF_ERROR(CheckRoomFor(options.out, rest));
                       return file.Append(piece);
                     },
                     [&] { return interrupt.raised(); });
  }
  // Destructors remove the file.
  if (interrupt.raised()) return kExitInterrupted;
  if (status.ok()) status = file.Finish();
  if (!status.ok()) return Fail(invocation, status);
  if (options.json) {
    const nlohmann::ordered_json json = {
        {"out", options.out}, {"bytes", file.size()}, {"checked", true}};
    WriteJson(json, invocation.out);
    return kExitOk;
  }
  invocation.out << options.out << ": " << CountText(file.size(), "byte")
                 << ", checked\n";
  return kExitOk;
}

}  // namespace

void AddBackupCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("backup", "copy a ledger, also while it is written");
  const auto options = std::make_shared<BackupOptions>();
  command->add_option("out", options->out, "the copy; must not exist")
      ->required()
      ->type_name("OUT.db");
  AddReadOptions(command, &options->source);
  command->add_flag("--json", options->json, "as one JSON document");
  command->footer(kBackupFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return Backup(*options, invocation);
    };
  });
}

}  // namespace fathom::client

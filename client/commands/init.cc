// `fathom init` writes a sweep file to start with.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/commands/data/data_options.h"
#include "client/commands/init/starter.h"
#include "client/commands/run/load_sweep.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "proto/shared/status.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/space.h"

namespace fathom::client {
namespace {

namespace fs = std::filesystem;

constexpr char kInitFooter[] =
    R"(Asks nothing and overwrites nothing. Of a csv table without --target, the column called
target, label, class or y is taken, or else the last one; the file says so. Without data the
sweep is on generated data. What is written passes `fathom check`.

Examples:
  fathom init prices.csv --target price --ignore id
  fathom init fashion-mnist --out clothes.yaml
  fathom init)";

// Builtin datasets are large; a sweep to start with takes some rows.
constexpr int64_t kBuiltinRows = 2565;

struct InitOptions {
  std::string what = {};
  std::string out = {};
  std::string data = {};
  v1::DataImport format = {};
  bool json = false;
};

// Reads the data, and says how the file at `out` is to name them.
absl::StatusOr<StarterData> ReadStarterData(const InitOptions& options) {
  StarterData starter{.name = "starter", .import = options.format};
  if (options.what.empty()) return starter;
  std::error_code error;
  const bool is_path = options.what.find_first_of("./") != std::string::npos;
  v1::DataImport& import = starter.import;
  if (is_path || (options.data.empty() && fs::exists(options.what, error))) {
    import.set_file(options.what);
    ASSIGN_OR_RETURN(const std::optional<std::string> target,
                     GuessTarget(import, ""));
    if (target.has_value()) {
      import.add_target(*target);
      starter.guessed = true;
    }
  } else {
    import.set_builtin(options.what);
    if (import.rows() == 0) import.set_rows(kBuiltinRows);
  }
  ASSIGN_OR_RETURN(starter.imported, ImportDataset(import, "", options.data));
  if (starter.imported.matrix_rows > 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        Printable(options.what),
        " holds the entries of a matrix, expected rows of features and "
        "targets; docs/data.md shows a sweep for a matrix"));
  }
  constexpr size_t kLongestName = 63;
  starter.name = FileNameOf(fs::path(options.what).stem().string())
                     .substr(0, kLongestName);
  if (starter.name.empty()) starter.name = "starter";
  return starter;
}

// Creates the file, which must not exist.
absl::Status WriteNewFile(const std::string& path, const std::string& text) {
  std::FILE* const file = std::fopen(path.c_str(), "wx");
  if (file == nullptr) {
    std::error_code error;
    return fs::exists(path, error)
               ? absl::InvalidArgumentError(absl::StrCat(
                     Printable(path),
                     " exists already and is not overwritten; --out names "
                     "another file"))
               : absl::InvalidArgumentError(
                     absl::StrCat("cannot create ", Printable(path)));
  }
  const bool written =
      std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (std::fclose(file) == 0 && written) return absl::OkStatus();
  std::remove(path.c_str());
  return absl::ResourceExhaustedError(
      absl::StrCat("cannot write ", Printable(path)));
}

// Returns the number of trials of the file just written, which is removed when
// it is not valid.
absl::StatusOr<int64_t> CheckWritten(const std::string& path,
                                     const std::string& data) {
  absl::Cleanup remove = [&path] { std::remove(path.c_str()); };
  ASSIGN_OR_RETURN(const LoadedSweep loaded,
                   LoadSweep({.name = path, .data = data}));
  ASSIGN_OR_RETURN(const Space space, Space::Create(Normalize(loaded.spec)));
  std::move(remove).Cancel();
  return space.size();
}

int Init(const InitOptions& options, Invocation& invocation) {
  absl::StatusOr<StarterData> starter = ReadStarterData(options);
  if (!starter.ok()) return Fail(invocation, starter.status());
  const std::string path =
      options.out.empty() ? absl::StrCat(starter->name, ".yaml") : options.out;
  if (!starter->import.file().empty()) {
    // Paths in a sweep file start at its folder.
    std::error_code error;
    fs::path folder = fs::path(path).parent_path();
    if (folder.empty()) folder = ".";
    const fs::path from_there =
        fs::proximate(starter->import.file(), folder, error);
    if (!error) starter->import.set_file(from_there.string());
  }
  if (const absl::Status status = WriteNewFile(path, StarterText(*starter));
      !status.ok()) {
    return Fail(invocation, status);
  }
  const absl::StatusOr<int64_t> trials = CheckWritten(path, options.data);
  if (!trials.ok()) return Fail(invocation, trials.status());
  if (options.json) {
    nlohmann::ordered_json targets = nlohmann::ordered_json::array();
    for (const std::string& target : starter->import.target()) {
      targets.push_back(target);
    }
    WriteJson({{"file", path},
               {"name", starter->name},
               {"trials", *trials},
               {"targets", targets},
               {"guessed", starter->guessed}},
              invocation.out);
    return kExitOk;
  }
  invocation.out << Printable(path) << ": a sweep of "
                 << CountText(*trials, "trial") << "\n";
  if (starter->guessed) {
    invocation.out << "the target was guessed: "
                   << Printable(starter->import.target(0)) << "\n";
  }
  const std::string folder =
      options.data.empty() ? ""
                           : absl::StrCat(" --data ", ShellQuote(options.data));
  invocation.out << "look at it with: fathom check " << ShellQuote(path)
                 << folder << "\n";
  return kExitOk;
}

}  // namespace

void AddInitCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("init", "write a sweep file to start with");
  const auto options = std::make_shared<InitOptions>();
  command
      ->add_option("what", options->what,
                   "data to train on: a file, or a builtin dataset (default: "
                   "generated data)")
      ->type_name("FILE|BUILTIN");
  command
      ->add_option("--out", options->out,
                   "file to write (default: the name of the data, .yaml)")
      ->type_name("FILE.yaml");
  AddFormatOptions(command, &options->format);
  AddDataFolderOption(command, &options->data);
  command->add_flag("--json", options->json, "as one JSON document");
  command->footer(kInitFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] {
      return Init(*options, invocation);
    };
  });
}

}  // namespace fathom::client

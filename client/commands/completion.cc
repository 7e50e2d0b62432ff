// `fathom completion` prints what makes a shell complete the commands.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "nlohmann/json.hpp"

namespace fathom::client {
namespace {

constexpr char kCompletionFooter[] =
    R"(The tabulator then completes commands, options, what they take, files, presets,
metrics, and the sweeps of the ledger that would be read, if it is a file. The shell
asks the programs themselves, so the script stays as it is when they change.
`cmake --install` puts the scripts where the shells look for them.

Examples:
  source <(fathom completion bash)                 in ~/.bashrc
  source <(fathom completion zsh)                  in ~/.zshrc, after compinit
  fathom completion fish > ~/.config/fish/completions/fathom.fish)";

// What the programs answer is in proto/shared/completion.h.
constexpr char kBash[] =
    R"sh(# Completion of fathom for bash: source <(fathom completion bash)
_fathom() {
  local program=${1/#\~\//$HOME/} current=${COMP_WORDS[COMP_CWORD]} kind line
  COMPREPLY=()
  [[ $current != '=' ]] || current=''
  {
    IFS= read -r kind || return
    while IFS= read -r line; do
      COMPREPLY+=("${line%%$'\t'*}")
    done
  } < <("$program" --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  case $kind in
  files | folders)
    compopt -o filenames 2>/dev/null
    local option=-f
    [[ $kind == files ]] || option=-d
    while IFS= read -r line; do
      COMPREPLY+=("$line")
    done < <(compgen "$option" -- "$current")
    ;;
  esac
}
complete -F _fathom fathom fathom-server fathom-worker
)sh";

constexpr char kZsh[] = R"sh(#compdef fathom fathom-server fathom-worker
# Completion of fathom for zsh: source <(fathom completion zsh), after compinit
_fathom() {
  local program=${words[1]/#\~\//$HOME/} line kind
  local -a lines candidates
  lines=("${(@f)$("$program" --complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  kind=$lines[1]
  shift lines
  for line in $lines; do
    candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  (( ! $#candidates )) || _describe fathom candidates
  case $kind in
  files) compset -P '--*='; _files ;;
  folders) compset -P '--*='; _files -/ ;;
  esac
}
if [[ $funcstack[1] == _fathom ]]; then
  _fathom "$@"
else
  compdef _fathom fathom fathom-server fathom-worker
fi
)sh";

constexpr char kFish[] =
    R"sh(# Completion of fathom for fish: fathom completion fish | source
function __fathom_complete
    set -l current (commandline -ct | string collect --allow-empty)
    set -l words (commandline -opc)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -e words[1]
    set -l lines ($program --complete $words "$current" 2>/dev/null)
    set -l kind $lines[1]
    set -e lines[1]
    if set -q lines[1]
        printf '%s\n' $lines
    end
    # Behind "--db=", fish wants the words with the option.
    set -l option (string match -r '^--[^=]*=' -- "$current")
    set -l path (string replace -r '^--[^=]*=' '' -- "$current")
    switch $kind
        case files
            string replace -r -- '^' "$option" (__fish_complete_path "$path")
        case folders
            string replace -r -- '^' "$option" (__fish_complete_directories "$path")
    end
end
for program in fathom fathom-server fathom-worker
    complete -c $program -f -a '(__fathom_complete)'
end
)sh";

struct CompletionOptions {
  std::string shell = {};
  bool json = false;
};

const char* ScriptFor(const std::string& shell) {
  return shell == "bash" ? kBash : shell == "zsh" ? kZsh : kFish;
}

// Returns what is wrong with the name of a shell, or "".
std::string CheckShell(const std::string& name) {
  if (name == "bash" || name == "zsh" || name == "fish") return "";
  return absl::StrCat("found ", Printable(name),
                      ", expected bash, zsh or fish");
}

}  // namespace

void AddCompletionCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "completion", "print what makes a shell complete these commands");
  const auto options = std::make_shared<CompletionOptions>();
  command->add_option("shell", options->shell, "the shell that is to complete")
      ->required()
      ->check(CLI::Validator(CheckShell, ""))
      ->type_name("bash|zsh|fish");
  command->add_flag("--json", options->json, "as one JSON document");
  command->footer(kCompletionFooter);
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation]() -> int {
      const char* script = ScriptFor(options->shell);
      if (options->json) {
        WriteJson({{"shell", options->shell}, {"script", script}},
                  invocation.out);
      } else {
        invocation.out << script;
      }
      return kExitOk;
    };
  });
}

}  // namespace fathom::client

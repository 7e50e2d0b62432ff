#!/usr/bin/env bash
# The tabulator in real shells, and the man pages: both know every option that
# --help shows, and man finds nothing wrong with the pages.
# Usage: completion_test.sh FOLDER_OF_THE_PROGRAMS
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/common.sh" "$1"
PATH=$bin:$PATH

# options PROGRAM [COMMAND...]: the long options in its help.
options() { "$@" --help | sed -n '/^Options:/,/^$/p' | grep -oE '^  (-[A-Za-z],)?--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort; }
# commands PROGRAM [COMMAND...]: those in its help.
commands() { "$@" --help | awk '/^Subcommands:/ { on = 1; next } /^[^ ]/ { on = 0 } on && NF { print $1 }'; }
# press WORD...: what bash offers in place of the last word, a line each.
press() {
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
  _fathom "$1" "${!#}" "${*: -2:1}"
  printf '%s\n' "${COMPREPLY[@]}"
}
# same NAME A B: two lists of words.
same() { [ "$2" = "$3" ] || fail "$1: $(diff <(echo "$2") <(echo "$3"))"; }

printf '%s\n' 'name: tab' 'data: {synthetic: {rows: 9, columns: 2}}' 'steps: 4' \
  'optimizer: {learning_rate: 0.1}' 'axes: {depth: [1, 2]}' >tab.yaml
expect 0 '2 trials' fathom run tab.yaml --no-plot
sed 's/tab/other/' tab.yaml >other.yaml
expect 0 '2 trials' fathom run other.yaml --db other.db --no-plot
mkdir folder

echo '-- bash'
fathom completion bash >fathom.bash
# shellcheck disable=SC1091
source ./fathom.bash
complete -p fathom-server fathom-worker >/dev/null || fail 'bash does not complete the other programs'
all=()
while read -ra words; do
  all+=("${words[*]}")
  same "the options of ${words[*]} in bash" "$(options "${words[@]}")" \
    "$(press "${words[@]}" -- | sort)"
  same "the commands of ${words[*]} in bash" "$(commands "${words[@]}")" \
    "$([ -z "$(commands "${words[@]}")" ] || press "${words[@]}" '')"
done < <(
  printf '%s\n' fathom fathom-server fathom-worker
  for command in $(commands fathom); do
    echo "fathom $command"
    for each in $(commands fathom "$command"); do echo "fathom $command $each"; done
  done
)
[ ${#all[@]} -ge 35 ] || fail "only ${#all[@]} commands"
grep -qx -- '--quiet' <<<"$(press fathom run --)" || fail 'fathom run has no --quiet in bash'
! grep -q . <<<"$(press fathom run --qqq)" || fail 'bash offers what does not fit'
grep -qx tab <<<"$(press fathom show '')" || fail 'bash does not know the sweep'
! grep -qx other <<<"$(press fathom show '')" || fail 'bash knows a sweep of another ledger'
same 'the sweeps of --db' other "$(press fathom show --db other.db '')"
same 'the sweeps of --db=' other "$(press fathom show --db = other.db '')"
! grep -q '^[^-]' <<<"$(press fathom show --server 127.0.0.1:1 '')" || fail 'bash knows the sweeps of a coordinator'
same 'a spec' tab.yaml "$(press fathom run tab.)"
grep -qx 'paper/l4-depth' <<<"$(press fathom run '')" || fail 'bash knows no preset'
same 'the value of an option' $'csv\njsonl\nsqlite' "$(press fathom export tab --format '')"
same 'the value behind =' jsonl "$(press fathom export tab --format = j)"
same 'a folder' folder "$(press fathom plot --out fold)"
grep -qx lp_error <<<"$(press fathom plot --y '')" || fail 'bash knows no metric'
same 'an option that was given' '' "$(press fathom run tab.yaml --db x.db --db | grep -x -- --db)"
same 'a shell' zsh "$(press fathom completion z)"
# A ledger that is damaged, or none, is no reason for a message.
head -c 5000 /dev/urandom >damaged.db
for ledger in damaged.db nothing.db folder; do
  same "the sweeps of $ledger" '' "$(press fathom show --db "$ledger" '' 2>&1 | grep -v '^-')"
done

echo '-- zsh'
fathom completion zsh >_fathom
if command -v zsh >/dev/null; then
  zsh -n _fathom || fail 'zsh does not read its script'
  # A terminal of its own, in which the tabulator is pressed.
  cat >press.zsh <<'ZSH'
zmodload zsh/zpty
zpty -b shell zsh -f -i
send() { zpty -w shell "$1"; }
send 'PS1=; unsetopt zle_bracketed_paste 2>/dev/null; autoload -Uz compinit; compinit -D -u; source ./_fathom; zstyle ":completion:*" list-prompt ""; print RE""ADY'
zpty -r shell output '*READY*' || exit 1
zpty -w -n shell $'fathom export tab --format j\t'
zpty -w shell $' >/dev/null 2>&1; print -r -- DO""NE $history[$HISTCMD]'
zpty -r shell output '*DONE*' || exit 1
print -r -- $output
ZSH
  timeout 60 zsh -f press.zsh >zsh.log 2>&1
  grep -q -- '--format jsonl' zsh.log || fail "zsh completes nothing: $(tr -d '\r' <zsh.log)"
else
  echo 'zsh is not here: skipped'
fi

echo '-- fish'
fathom completion fish >fathom.fish
if command -v fish >/dev/null; then
  export HOME=$work XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data
  fish --no-execute fathom.fish || fail 'fish does not read its script'
  # tab LINE: what fish offers at its end.
  tab() { fish --no-config -c "source fathom.fish; complete -C '$1'" | cut -f 1; }
  for words in 'fathom run' 'fathom' 'fathom-worker' 'fathom data import'; do
    # shellcheck disable=SC2086
    same "the options of $words in fish" "$(options $words)" "$(tab "$words --" | sort)"
  done
  same 'the sweep in fish' tab "$(tab 'fathom show t')"
  same 'the value behind = in fish' --format=jsonl "$(tab 'fathom export tab --format=j')"
  same 'a file in fish' --db=other.db "$(tab 'fathom show --db=other.d')"
  same 'a spec in fish' other.yaml "$(tab 'fathom run other.y')"
  unset XDG_CONFIG_HOME XDG_DATA_HOME
else
  echo 'fish is not here: skipped'
fi

echo '-- man pages'
mkdir man
for program in fathom fathom-server fathom-worker; do
  "$program" --write-manual man || fail "$program writes no manual"
done
expect 1 'cannot write no/such/fathom.1: No such file' fathom --write-manual no/such
for words in "${all[@]}"; do
  page=man/${words// /-}.1
  [ -s "$page" ] || {
    fail "$words has no page"
    continue
  }
  # shellcheck disable=SC2086
  same "the options of $page" "$(options $words)" \
    "$(sed -n '/^\.SH OPTIONS/,/^\.SH [^O]/p' "$page" | grep '^\\fB' | sed 's/\\-/-/g' | grep -oE -- '--[a-z-]+' | sort)"
done
[ "$(find man -name '*.1' | wc -l)" = ${#all[@]} ] || fail 'there are pages of nothing'
! LC_ALL=C grep -nP '[^\x00-\x7f]' man/*.1 || fail 'pages are not ASCII'
# What the machine decides is not in them.
! grep -nF -e "$(hostname)-" -e "$HOME/.cache" man/*.1 || fail 'pages tell of this machine'
if command -v groff >/dev/null; then
  for page in man/*.1; do
    said=$(groff -man -ww -Tascii -z "$page" 2>&1)
    [ -z "$said" ] || fail "groff on $page: $said"
  done
else
  echo 'groff is not here: skipped'
fi
if command -v man >/dev/null; then
  for page in man/fathom.1 man/fathom-run.1 man/fathom-server.1; do
    said=$(MANROFFOPT='-ww' LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l "$page" 2>&1 >page.txt)
    [ -z "$said" ] || fail "man on $page: $said"
  done
  grep -q 'fathom run quickstart  *depth against no depth' <<<"$(MANWIDTH=80 man -l man/fathom.1)" || fail 'the page has no example'
  # Examples can be pasted: their dashes are those of a keyboard.
  grep -qF -- '--scale quick' <<<"$(LC_ALL=C.UTF-8 man -l man/fathom-run.1)" || fail 'the dashes of an example are others'
else
  echo 'man is not here: skipped'
fi

finish

# shellcheck shell=bash disable=SC2034,SC2154  # The scripts that source it have the rest.
# What the scripts that do what a page of the documentation says share. Sourced
# behind common.sh, with `page` set to the page, and `skipped` to an expression
# for the lines of sh that no test can run. `elsewhere`, which the script defines,
# puts addresses of the test in the place of those of the page.
page_name=$(basename "$page")

# block LANGUAGE TEXT: the fenced blocks of that language with TEXT in them, each
# line after its number.
block() {
  awk -v language="$1" -v text="$2" '
    /^```/ {
      if (inside && index(body, text)) printf "%s", body
      inside = !inside && $0 == "```" language
      body = ""
      next
    }
    inside { body = body FNR "\t" $0 "\n" }' "$page"
}

# statement LINE TEXT: runs it in this shell. What it leaves in the background goes
# into `pids`.
statement() {
  local line=$1 text=$2 background=${!-} log=line-$1.log status=0
  ran=$((ran + 1))
  if [[ $text =~ ^fathom-(server|worker)\  && ! $text =~ \&\ *(#.*)?$ ]]; then
    fail "$page_name:$line: nothing after this line would ever run: $text"
    return
  fi
  eval "$text" >"$log" 2>&1 || status=$?
  [ $status = 0 ] || fail "$page_name:$line: exited with $status: $text: $(head -c 2000 "$log")"
  [ "${!-}" = "$background" ] || pids+=("$!")
  if [[ $text == fathom-server* ]]; then
    until_true 20 grep -q 'listening on' "$log" || fail "$page_name:$line: $(cat "$log")"
  fi
}
# run_block LANGUAGE TEXT: runs the statements of blocks of sh.
run_block() {
  local line first='' text='' number
  while IFS=$'\t' read -r number line; do
    [[ ! $line =~ $skipped ]] || continue
    text+=${text:+$'\n'}$line first=${first:-$number}
    # A statement ends where its quotes are closed.
    if [[ $line == *\\ ]] || ! bash -n <<<"$text" 2>/dev/null; then continue; fi
    [[ $text =~ ^[[:space:]]*(#.*)?$ ]] || statement "$first" "$text"
    text='' first=''
  done < <(block "$1" "$2" | elsewhere)
  [ -z "$text" ] || fail "$page_name:$first: never ends: $text"
}
ran=0
stop_all() {
  kill -TERM "${pids[@]}" 2>/dev/null
  wait "${pids[@]}" 2>/dev/null
  pids=()
}
# Sets `port` to one that is free, at least a moment ago.
find_port() {
  start_server port.db --listen 127.0.0.1:0
  port=${server##*:}
  kill -TERM "$server_pid"
  wait_for "$server_pid"
}

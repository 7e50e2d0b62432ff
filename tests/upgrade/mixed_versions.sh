#!/usr/bin/env bash
# Programs of two releases together: every combination of an older and a newer
# coordinator, worker and client runs a sweep to its end, with the same bits where
# the numerics are the same. By hand, with the programs of an earlier release.
# Usage: mixed_versions.sh FOLDER_OF_THE_OLDER_PROGRAMS FOLDER_OF_THE_NEWER_ONES
# shellcheck source-path=SCRIPTDIR
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../integration/common.sh" "$2"
older=$(cd "$OLDPWD" && cd "$1" && pwd) || exit 2
newer=$bin
source "$here/golden.sh"
write_specs

first=''
for coordinator in "$older" "$newer"; do
  for worker in "$older" "$newer"; do
    for client in "$older" "$newer"; do
      words=()
      for program in "$coordinator" "$worker" "$client"; do
        words+=("$([ "$program" = "$older" ] && echo older || echo newer)")
      done
      name="${words[0]} coordinator, ${words[1]} worker, ${words[2]} client"
      db=${words[0]}-${words[1]}-${words[2]}.db
      bin=$coordinator
      start_server "$db" --listen 127.0.0.1:0 --grace 0
      "$worker/fathom-worker" --server "$server" --slots 1 --name w --cache '' 2>"$db.worker.log" &
      worker_pid=$!
      pids+=("$worker_pid")
      for sweep in done rules imported; do
        expect 0 "$sweep" "$client/fathom" submit $sweep.yaml --server "$server" --wait --quiet
      done
      expect 0 'imported' "$client/fathom" list --server "$server"
      expect 0 'imported' "$client/fathom" list --server "$server" --json
      expect 0 'optimizer' "$client/fathom" show rules --server "$server"
      expect 0 'momentum' "$client/fathom" summary rules --server "$server"
      expect 0 '^w +connected' "$client/fathom" workers --server "$server"
      expect 0 '' "$client/fathom" audit --server "$server"
      kill "$worker_pid" && wait "$worker_pid"
      kill "$server_pid" && wait "$server_pid"
      bin=$newer
      export_results "$db" >"$db.txt"
      [ -n "$first" ] || first=$db.txt
      diff "$first" "$db.txt" >diff.log || fail "$name: other results: $(head -n 10 diff.log)"
      echo "ran: $name"
    done
  done
done
finish

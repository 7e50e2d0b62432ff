# shellcheck shell=bash disable=SC2154  # `bin` and `server` are of common.sh.
# What golden ledgers are made of, what they hold as text that no version of the
# program may change, and how they are brought to their end. Sourced after
# ../integration/common.sh.

spec() { # spec NAME STEPS AXES...
  printf 'name: %s\nsteps: %s\ndata: {synthetic: {rows: 24, columns: 3, noise: 0.1}}\n' "$1" "$2"
  printf 'model: {init: {scheme: balanced, norm: 0.1}}\nrecord: {points: 6}\naxes:\n'
  shift 2
  printf '  %s\n' "$@"
}
imported() { # imported NAME FILE
  printf 'name: %s\nsteps: 50\ndata: {file: %s, target: y, standardize: true}\nrecord: {points: 5}\n' "$1" "$2"
  printf 'model: {init: {scheme: balanced, norm: 0.1}}\noptimizer: {learning_rate: 0.01}\naxes:\n  depth: [1, 2]\n'
}
# write_specs: the sweeps of a golden ledger, in the words of the first release.
write_specs() {
  printf 'a,b,y\n1,2,3\n2,1,5\n3,5,4\n4,3,1\n5,8,2\n' >table.csv
  printf 'a,y\n7,1\n7,2\n7,5\n' >flat.csv
  spec done 200 'depth: [1, 2]' 'learning_rate: [0.001, 0.01]' 'seed: [0, 1]' >done.yaml
  printf 'summarize: {by: [depth], best_over: [learning_rate], average_over: [seed]}\n' >>done.yaml
  spec diverged 100 'learning_rate: [0.01, 1000]' >diverged.yaml
  spec rules 60 'optimizer.name: [gd, momentum, adam]' 'learning_rate: [0.001, 0.01]' >rules.yaml
  imported imported table.csv >imported.yaml
  imported failed flat.csv >failed.yaml
  spec cancelled 1000 'learning_rate: [0.001, 0.01]' >cancelled.yaml
  spec paused 80 'depth: [1, 3]' 'learning_rate: [0.001, 0.01]' >paused.yaml
  spec half 3000000 'seed: {range: [0, 4]}' 'learning_rate: [0.0001, 0.001]' >half.yaml
}

# ask DB SQL: as whom `reader` says; numbers come in the digits that name their
# double.
reader=()
ask() { "${reader[@]}" "$bin/fathom" query "$2" --db "$1" --format csv --limit 100000; }

# export_results DB: what does not depend on who worked when.
export_results() {
  ask "$1" "SELECT sweep, name, state, trials, succeeded, diverged, stopped, failed, cancelled, fingerprint
    FROM sweep_overview ORDER BY sweep"
  ask "$1" "SELECT sweep, trial, state, depth, lp, learning_rate, seed, hidden_width, steps, final_loss, best_loss,
      best_step, numerics, replace(parameters, '\"name\":', '\"optimizer\":') AS parameters, error
    FROM results ORDER BY sweep, trial"
  ask "$1" "SELECT m.sweep, m.trial, m.metric, m.step, m.value
    FROM metric_points AS m JOIN results AS r ON r.sweep = m.sweep AND r.trial = m.trial
    WHERE r.state IN ('succeeded', 'diverged', 'stopped') ORDER BY 1, 2, 3, 4"
}

# export_ledger DB: also how it came about, and the specs as they are stored.
export_ledger() {
  export_results "$1"
  ask "$1" "SELECT sweep, trial, attempt, outcome FROM attempts ORDER BY 1, 2, 3"
  ask "$1" "SELECT sweep_id, hex(spec) AS spec FROM sweep_specs ORDER BY 1"
}

# finish_ledger DB: what is open is trained to its end.
finish_ledger() {
  start_server "$1" --listen 127.0.0.1:0 --lease-ttl 2 --grace 0
  "$bin/fathom" resume paused --server "$server" >/dev/null 2>&1
  "$bin/fathom-worker" --server "$server" --slots 2 --name last --cache '' 2>last.log &
  local worker=$!
  pids+=("$worker")
  is_over() { [ "$(ask "$1" "SELECT COUNT(*) FROM sweep_overview WHERE state='running'" | tail -n 1)" = 0 ]; }
  until_true 300 is_over "$1" || fail "$1 does not come to its end: $(cat last.log)"
  kill "$worker" && wait "$worker"
  kill "$server_pid" && wait "$server_pid"
}

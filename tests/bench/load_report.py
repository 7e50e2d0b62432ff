"""Turns the results of load.sh into sections of docs/performance.md.

  load_report.py conditions --rounds N       prints the conditions of the measurement
  load_report.py write --results DIR --docs DIR
"""

import argparse
import json
import os
import statistics
import subprocess

import report

PEERS = ("optuna-sqlite", "optuna-journal", "dask", "ray", "hyperqueue")

# What a peer does for a trial, and what of it survives a power cut.
WHAT = {
    "optuna-sqlite": ("Optuna {version}, SQLite", "every change fsynced"),
    "optuna-journal": ("Optuna {version}, journal file", "every change fsynced"),
    "dask": ("Dask distributed {version}", "nothing on disk"),
    "ray": ("Ray {version}, remote functions", "nothing on disk"),
    "hyperqueue": ("HyperQueue {version}, a process `true` per task",
                   "no journal: nothing on disk"),
}


def read(results, part):
    """Returns the conditions and the records of a part, or None and [] where the part is missing."""
    path = os.path.join(results, part + ".jsonl")
    if not os.path.exists(path):
        return None, []
    with open(path) as file:
        lines = [json.loads(line) for line in file]
    return lines[0], lines[1:]


def medians(records, keys):
    """Groups records that agree on `keys`, and takes the median of every other number."""
    groups = {}
    for record in records:
        groups.setdefault(tuple(record[key] for key in keys), []).append(record)
    return [{name: group[0][name] if name in keys or isinstance(group[0][name], str)
             else statistics.median(record[name] for record in group)
             for name in group[0]} for group in groups.values()]


def short(number):
    """Returns a number with at most three significant digits, and with commas."""
    if number >= 1000:
        digits = len(str(int(number)))
        return f"{round(number, 3 - digits):,.0f}"
    return f"{number:.3g}"


def power(number):
    return f"{number:,.0f}"


def said(conditions):
    runs = conditions["rounds"]
    return (f"Measured on {conditions['machine']}, commit {conditions['commit']}, "
            + (f"medians of {runs} runs." if runs > 1 else "one run."))


CYCLE_HEAD = ["trials/s", "ack p50, ms", "ack p99, ms", "server, us/trial",
              "workers, us/trial", "server, MiB"]


def cycle_cells(row):
    return [short(row["trials_per_s"]), short(row["ack_p50_ms"]), short(row["ack_p99_ms"]),
            short(row["server_cpu_us_per_trial"]), short(row["fleet_cpu_us_per_trial"]),
            short(row["server_peak_mib"])]


PARTS = ("lease", "trials", "workers", "points", "idle")


def cycles_text(results):
    text = ["""## One coordinator under load

`bash tests/bench/load.sh` starts `fathom-server` as users do, as a process of its own on a new ledger, and loads it with
simulated workers over gRPC on loopback, on the same cores. They speak the worker protocol and train in no time: what is
leased is reported at once, and the slot then asks for the next lease. All sessions are in one process, on up to 16
connections (above 8,000 workers, one per 500). A life-cycle of a trial is lease, result, fsync, acknowledgement. Every
row is as durable as a real sweep: SQLite with `synchronous=FULL`, a lease is fsynced before it is sent, a result and its
points before they are acknowledged; many share one fsync. Whole sweeps are measured, their ends included, when leases
get small. `us/trial` is processor time; MiB is the most that the server process had resident.
"""]
    parts = [
        ("lease", ("lease",), "64 workers with one slot, by the number of trials per lease",
         ["trials per lease", "trials"], lambda r: [r["lease"], power(r["trials"])]),
        ("trials", ("trials",), "64 workers, leases of 16, by the size of the sweep",
         ["trials"], lambda r: [power(r["trials"])]),
        ("workers", ("workers",), "Leases of 16, by the number of workers",
         ["workers", "trials"], lambda r: [power(r["workers"]), power(r["trials"])]),
    ]
    for part, keys, title, head, cells in parts:
        conditions, records = read(results, part)
        if not records:
            continue
        rows = [cells(row) + cycle_cells(row) for row in medians(records, keys)]
        text.append(f"**{title}.** {said(conditions)}\n")
        text.append(report.table(head + CYCLE_HEAD, rows) + "\n")
    if os.path.exists(os.path.join(results, "lease.jsonl")):
        text.append("![Rate against lease size and sweep size](load.svg)\n")
    return "\n".join(text) + "\n" + points_text(results) + idle_text(results)


def points_text(results):
    conditions, records = read(results, "points")
    if not records:
        return ""
    rows = []
    grouped = medians(records,
                      ("points_per_trial", "metrics", "audited"))
    for row in grouped:
        rows.append([power(row["points_per_trial"]), row["metrics"], power(row["trials"]),
                     short(row["points_per_s"]), short(row["ack_p50_ms"]),
                     short(row["ack_p99_ms"]), short(row["most_unacknowledged_mib"]),
                     short(row["server_peak_mib"]), "yes" if row["audited"] else "no"])
    last = grouped[-1]
    # The number of points that the workers could send on one core if nobody held them up.
    offered = last["points_per_trial"] / last["fleet_cpu_us_per_trial"] * 1e6
    held = (f"In the last row the workers could make and send {short(offered)} points per second of "
            "processor time, many times what is stored: they are held back by the coordinator, which does not read what "
            "the disk does not take. Never more than the MiB of the column `unacknowledged` were on their way, and the "
            "audit then found every trial and every point in the ledger, once.")
    return (f"**Metric points, 64 workers, leases of 16, chunks of 100 points.** {said(conditions)}\n\n"
            + report.table(["points per trial", "metrics", "trials", "points/s", "ack p50, ms",
                            "ack p99, ms", "unacknowledged, MiB", "server, MiB", "audited"], rows)
            + "\n\n" + held + "\n\n")


def idle_text(results):
    conditions, records = read(results, "idle")
    if not records:
        return ""
    rows = [[power(r["workers"]), r["channels"], short(r["connect_seconds"]),
             short(r["server_mib"]), f"{100 * r['server_cores']:.1f} %"] for r in records]
    return (f"**Idle workers, a heartbeat every {records[0]['heartbeat_seconds']:g} s, an open demand each.** "
            f"{said({**conditions, 'rounds': 1})}\n\n"
            + report.table(["workers", "connections", "all welcome after, s", "server, MiB",
                            "of a core"], rows) + "\n")


def telemetry_text(results):
    conditions, records = read(results, "telemetry")
    if not records:
        return ""
    rows = []
    for row in medians(records, ("telemetry",)):
        rows.append(["every 2 s, asked for every 15 s" if row["telemetry"] else "none",
                     power(row["trials"]), *cycle_cells(row), power(row["scrapes"]),
                     short(row["scrape_max_ms"]) if row["scrapes"] else "-"])
    return (f"**10,000 workers with and without telemetry, leases of 16.** {said(conditions)} Heartbeats tell how the worker "
            "does, every session names a job, and a scraper asks for all of it; the rounds take turns, and the audit found "
            "every trial once.\n\n"
            + report.table(["telemetry", "trials", *CYCLE_HEAD, "scrapes", "slowest, ms"], rows) + "\n\n")


def joins_text(results):
    conditions, records = read(results, "joins")
    if not records:
        return ""
    row = medians(records, ("workers",))[0]
    rows = [[name, short(row[key + "_p50_ms"]), short(row[key + "_p99_ms"]), short(row[key + "_max_ms"])]
            for name, key in (("before", "quiet"), ("while they join", "joining"), ("while they are gone", "leaving"))]
    return (f"**{power(row['joining'])} workers join {power(row['workers'])} at work, and die.** {said(conditions)} Each has a "
            f"connection of its own, and leases last 2 to 4 s. All were welcome after {short(row['join_seconds'])} s and held a "
            f"lease after {short(row['join_to_lease_seconds'])} s, which took {short(row['join_server_cpu_seconds'])} s of the "
            f"coordinator's processor time. Then all connections were cut in {short(row['cut_seconds'])} s, without a word: what "
            f"they held was given out again when their leases had run out ({power(row['lost_attempts'])} attempts lost), and "
            f"the sweep of {power(row['trials'])} trials ended {short(row['end_after_cut_seconds'])} s after the cut, every trial "
            f"once. The coordinator took {short(row['server_peak_mib'])} MiB. Acknowledgements to the workers that stayed:\n\n"
            + report.table(["10 s", "ack p50, ms", "ack p99, ms", "slowest, ms"], rows) + "\n\n")


def herd_text(results):
    conditions, records = read(results, "herd")
    if not records:
        return ""
    rows = [[power(r["workers"]), power(r["channels"]), power(r["leases_held"]), short(r["listening_after_seconds"]),
             short(r["all_welcome_seconds"]), short(r["welcome_cpu_seconds"]), power(r["leases_dropped"]),
             power(r["reports_resent"]), power(r["lost_attempts"]), short(r["server_peak_mib"])]
            for r in medians(records, ("workers", "channels"))]
    return (f"**A coordinator is killed (SIGKILL) while all workers hold leases, and started again.** {said(conditions)} The workers "
            "come back as fathom-worker does: half of 0.1 to 3 s and a random rest between attempts, and up to a second of gRPC's "
            "own. They go on with their leases, and send again what was not acknowledged; the audit found every trial once.\n\n"
            + report.table(["workers", "connections", "leases held", "listens again, s", "all welcome, s", "of it processor, s",
                            "leases dropped", "reports sent again", "attempts lost", "server, MiB"], rows) + "\n")


def storms_text(results):
    tables = telemetry_text(results) + joins_text(results) + herd_text(results)
    return tables and f"""## Ten thousand workers at once

`bash tests/bench/load.sh --only telemetry --only joins --only herd`, as above; the 10,000 workers share the two cores.

{tables}"""


def peers_text(results):
    conditions, records = read(results, "own")
    rows, skipped = [], []
    for lease in (1, 16, 256):
        rates = {r["workers"]: r["trials_per_s"] for r in
                 medians([r for r in records if r["lease"] == lease], ("workers",))}
        if rates:
            name = "one by one" if lease == 1 else f"leases of {lease}"
            rows.append([f"fathom, {name}", short(rates[1]), short(rates[2]),
                         "lease and result fsynced"])
    for peer in PEERS:
        _, records = read(results, peer)
        measured = [r for r in records if "skipped" not in r]
        skipped += [f"{peer}: {r['skipped']}" for r in records if "skipped" in r]
        rates = {r["workers"]: r for r in medians(measured, ("workers",))}
        if 1 in rates and 2 in rates:
            name, durable = WHAT[peer]
            rows.append([name.format(version=rates[1]["version"]),
                         short(rates[1]["trials_per_s"]), short(rates[2]["trials_per_s"]), durable])
    if not rows or conditions is None:
        return ""
    text = f"""## Trials that do nothing, beside other systems

Trials per second with 1 and 2 workers on one machine, `bash tests/bench/load.sh --peers`. {said(conditions)}
fathom's workers are simulated ones with one slot, which keep one lease under way. Optuna: one process per worker, random
sampler, ask, run, tell. Dask and Ray: one process with one thread per worker, all tasks submitted at once, results
collected by the client. HyperQueue: the server and workers of its Python package; tasks are programs, so that each
includes the start of a process. Starting a system and its workers is not counted.

""" + report.table(["system", "1 worker", "2 workers", "after each trial"], rows)
    if skipped:
        text += "\n\nSkipped: " + "; ".join(skipped) + "."
    return text


PLOT = """
set terminal svg size 860,340 font "sans,12" background "white"
set output "{output}"
set multiplot layout 1,2
set logscale xy
set format y "10^{{%T}}"
set yrange [1e3:1e6]
set grid ytics lc rgb "#dddddd"
set ylabel "durable trials per second"
set xlabel "trials per lease (64 workers)"
set xrange [0.7:1500]
plot "-" with linespoints lw 2 pt 7 lc rgb "#1f5fa8" notitle
{lease}
e
set xlabel "trials in the sweep (leases of 16)"
set format x "10^{{%T}}"
set xrange [500:2e6]
plot "-" with linespoints lw 2 pt 7 lc rgb "#1f5fa8" notitle
{trials}
e
unset multiplot
"""


def plot(results, output):
    lines = {}
    for part in ("lease", "trials"):
        rows = medians(read(results, part)[1], (part,))
        if not rows:
            return
        lines[part] = "\n".join(f"{r[part]} {r['trials_per_s']}" for r in rows)
    subprocess.run(["gnuplot"], input=PLOT.format(output=output, **lines), text=True, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("conditions", "write"))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--results")
    parser.add_argument("--docs")
    options = parser.parse_args()
    if options.action == "conditions":
        print(json.dumps({"machine": report.machine(), "commit": report.commit(),
                          "rounds": options.rounds}))
        return
    path = os.path.join(options.docs, "performance.md")
    plot(options.results, os.path.join(options.docs, "load.svg"))
    # What was not measured here keeps the results that it has there.
    if any(os.path.exists(os.path.join(options.results, f"{part}.jsonl")) for part in PARTS):
        report.write_section(path, "load", cycles_text(options.results))
    for section, text in (("load-storms", storms_text(options.results)), ("load-peers", peers_text(options.results))):
        if text:
            report.write_section(path, section, text)


if __name__ == "__main__":
    main()

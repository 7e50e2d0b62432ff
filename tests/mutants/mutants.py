#!/usr/bin/env python3
"""Puts single mistakes into the product, one at a time, and says which of them no
test notices.

    tests/mutants/mutants.py --check          whether every mistake has its place
    tests/mutants/mutants.py                  all of them; hours on a small machine
    tests/mutants/mutants.py --only 'store'   those whose id or file matches
    tests/mutants/mutants.py --room-only      without the tests of other rooms

The mistakes are in mistakes.json: a file, a text that is in it exactly once, what
takes its place, and what that means. They are put into a copy of the tree in
build/mutants, which is built with ccache if there is one. First the tests of the
mistake's own room run, the one named after the file before the others; when none
of them fails, the tests of other rooms that are in FURTHER. Each test runs once
without a mistake before; one that fails then is left out. A test that does not
end counts as one that fails, and is told apart. Results go to
build/mutants/results.jsonl as they come; with --resume, what is there already is
not done again.
"""
import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TREE = HERE.parent.parent

# Rooms by the beginning of a path, of which the longest that fits counts.
ROOMS = [
    "worker/kernel", "worker/engine", "worker/session", "worker/data", "worker/theory", "worker/bench", "worker/verify",
    "server/coordinator", "server/store", "server/api", "server",
    "proto/sweep", "proto/shared", "proto/dataset", "proto/telemetry",
    "client/spec", "client/data", "client/analysis", "client/load", "client/view", "client/verify",
    "client/ui/http", "client/ui", "client/commands", "client",
]

# The tests of other rooms that run, in this order, when those of the room pass.
# Test programs are given by the beginning of their name, "simulate" and scripts by name.
FURTHER = {
    "worker/kernel": ["worker_engine", "worker_verify", "worker_theory"],
    "worker/engine": ["worker_verify", "worker_session", "integration_optimum", "integration_momentum"],
    "worker/session": ["integration_cluster"],
    "worker/verify": ["client_commands_verify"],
    "worker/data": ["worker_engine", "client_data"],
    "server/coordinator": ["simulate", "server_core", "server_api", "integration_cluster"],
    "server/store": ["simulate", "server_core", "server_api", "integration_curves"],
    "server/api": ["integration_cluster", "client_commands"],
    "server": ["simulate", "server_api", "integration_cluster"],
    "proto/sweep": ["client_spec", "client_presets", "server_coordinator", "server_api"],
    "proto/shared": ["server_api", "client_commands"],
    "proto/dataset": ["server_api", "client_data"],
    "proto/telemetry": ["server_telemetry", "client_ui"],
    "client/spec": ["client_presets", "client_commands"],
    "client/data": ["client_commands"],
    "client/analysis": ["client_view", "client_commands", "statistics"],
    "client/load": ["integration_curves", "client_commands"],
    "client/view": ["client_commands", "programs"],
    "client/verify": ["client_commands"],
    "client/ui/http": ["client_commands"],
    "client/ui": ["programs"],
    "client/commands": ["programs", "care"],
    "client": ["client_commands", "programs"],
}
PROGRAMS = ["fathom", "fathom-server", "fathom-worker"]
TEST_SECONDS = 90
BUILD_SECONDS = 1800


def room_of(path):
    return max((room for room in ROOMS if path.startswith(room + "/")), key=len)


def read_mistakes():
    mistakes = json.loads((HERE / "mistakes.json").read_text())
    errors = []
    seen = set()
    for mistake in mistakes:
        where = f'{mistake["id"]} ({mistake["file"]})'
        if mistake["id"] in seen:
            errors.append(f"{where}: the id comes twice")
        seen.add(mistake["id"])
        path = TREE / mistake["file"]
        if not path.exists():
            errors.append(f"{where}: there is no such file")
            continue
        found = path.read_text().count(mistake["old"])
        if found != 1:
            errors.append(f'{where}: found {found} times, expected once: {mistake["old"]!r}')
        if mistake["old"] == mistake["new"]:
            errors.append(f"{where}: changes nothing")
    return mistakes, errors


class Copy:
    """A copy of the tree, which is changed and built."""

    def __init__(self, folder, jobs):
        self.tree = folder / "tree"
        self.build = self.tree / "build" / "release"
        self.jobs = jobs
        self.environment = dict(os.environ)
        self.environment.setdefault("CCACHE_BASEDIR", str(self.tree))

    def update(self):
        """Makes the copy equal to the tree. Files that are equal already keep their time."""
        names = subprocess.run(["git", "-C", TREE, "ls-files", "-co", "--exclude-standard"], check=True,
                               capture_output=True, text=True).stdout.split("\n")
        names = {name for name in names if name and (TREE / name).is_file()}
        for name in names:
            source, target = TREE / name, self.tree / name
            content = source.read_bytes()
            if target.exists() and target.read_bytes() == content:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            shutil.copymode(source, target)
        for path in list(self.tree.rglob("*")):
            name = path.relative_to(self.tree)
            if path.is_file() and name.parts[0] != "build" and str(name) not in names:
                path.unlink()

    def configure(self):
        command = ["cmake", "-S", self.tree, "-B", self.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                   "-DFATHOM_TESTS=ON"]
        if shutil.which("ccache"):
            command.append("-DCMAKE_CXX_COMPILER_LAUNCHER=ccache")
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=self.environment)

    def tests(self):
        """Returns the names of all test programs."""
        listed = subprocess.run(["ninja", "-C", self.build, "-t", "targets", "all"], check=True, capture_output=True,
                                text=True, env=self.environment).stdout
        return sorted(re.findall(r"^tests/(\w+_test): CXX_EXECUTABLE", listed, re.M))

    def make(self, targets):
        """Builds the targets. Returns what the compiler says, or nothing when all is well."""
        run = subprocess.run(["ninja", "-C", self.build, f"-j{self.jobs}", *targets], capture_output=True, text=True,
                             timeout=BUILD_SECONDS, env=self.environment)
        return "" if run.returncode == 0 else run.stdout[-3000:] + run.stderr[-1000:]

    def run(self, name):
        """Runs a test. Returns "" when it passes, `hangs` when it does not end, and else its output."""
        tests = self.build / "tests"
        programs = self.build / "bin"
        seconds = TEST_SECONDS
        if name == "simulate":
            command = [tests / "fathom_simulate", "--seeds", "0", "300"]
            seconds *= 3
        elif name == "statistics":
            command = ["python3", "-B", self.tree / "tests/statistics/cases.py", programs / "fathom"]
            seconds *= 3
        elif name in ("programs", "care"):
            command = ["bash", self.tree / f"tests/integration/{name}_test.sh", programs]
            seconds *= 3
        else:
            command = [tests / name, "--gtest_brief=1"]
        child = subprocess.Popen(command, cwd=tests, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
                                 env=self.environment)
        try:
            output, _ = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)  # This ends all that the test has started.
            child.communicate()
            return "hangs"
        if child.returncode == 0:
            return ""
        failed = re.findall(r"^\[  FAILED  \] (\S+)", output, re.M)
        return failed[0] if failed else output.strip()[-200:] or f"ends with {child.returncode}"


def targets_of(test):
    if test == "simulate":
        return ["fathom_simulate"]
    return PROGRAMS if test in ("programs", "care", "statistics") else [test]


def stages(mistake, tests, room_only):
    """Returns groups of tests that are built and run together, the likeliest to fail first."""
    room = room_of(mistake["file"])
    of_room = [test for test in tests if test.startswith(room.replace("/", "_") + "_")
               and room_of_test(test) == room]
    stem = Path(mistake["file"]).stem
    near = [test for test in of_room if test == f'{room.replace("/", "_")}_{stem}_test']
    near += [test for test in mistake.get("near", []) if test in of_room and test not in near]
    yield "room", near
    yield "room", [test for test in of_room if test not in near]
    if room_only:
        return
    for name in FURTHER[room]:
        yield "later", [name] if name in ("simulate", "programs", "care", "statistics") else [
            test for test in tests if test.startswith(name)]


def room_of_test(test):
    return max((room for room in ROOMS if test.startswith(room.replace("/", "_") + "_")), key=len, default="")


class Runner:
    def __init__(self, copy, room_only):
        self.copy = copy
        self.tests = copy.tests()
        self.room_only = room_only
        self.sound = {}  # Whether a test passes without any mistake.

    def is_sound(self, test):
        if test not in self.sound:
            said = self.copy.run(test)
            self.sound[test] = not said
            if said:
                print(f"left out: {test} fails without any mistake: {said}", flush=True)
        return self.sound[test]

    def try_out(self, mistake):
        path = self.copy.tree / mistake["file"]
        right = path.read_text()
        for stage, group in stages(mistake, self.tests, self.room_only):
            group = [test for test in group if self.sound.get(test, True)]
            if not group:
                continue
            unknown = [test for test in group if test not in self.sound]
            if unknown:
                said = self.copy.make(sorted({target for test in unknown for target in targets_of(test)}))
                if said:
                    sys.exit(f"without a mistake the tree does not build:\n{said}")
                group = [test for test in group if self.is_sound(test)]
            path.write_text(right.replace(mistake["old"], mistake["new"]))
            try:
                said = self.copy.make(sorted({target for test in group for target in targets_of(test)}))
                if said:
                    return "does not compile", said
                for test in group:
                    said = self.copy.run(test)
                    if said == "hangs":
                        return "hangs", test
                    if said:
                        return stage, f"{test}: {said}"
            finally:
                path.write_text(right)
        return "survives", ""


def report(results):
    rows = {}
    for result in results:
        rows.setdefault(room_of(result["file"]), []).append(result["outcome"])
    lines = ["| room | mistakes | noticed in the room | later | by hanging | survived | rate |",
             "|---|---|---|---|---|---|---|"]
    total = [outcome for outcomes in rows.values() for outcome in outcomes]
    for room in [room for room in ROOMS if room in rows] + ["all"]:
        outcomes = rows.get(room, total)
        count = [sum(outcome == kind for outcome in outcomes) for kind in ("room", "later", "hangs", "survives")]
        rate = 100 * sum(count[:3]) / max(1, sum(count))
        lines.append(f"| {room} | {len(outcomes)} | {count[0]} | {count[1]} | {count[2]} | {count[3]} | {rate:.0f} % |")
    lines += [f'* {result["outcome"]}: {result["id"]} ({result["file"]}): {result["means"]}' for result in results
              if result["outcome"] not in ("room", "later")]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only whether every mistake has its place")
    parser.add_argument("--only", default="", help="those whose id or file matches this pattern")
    parser.add_argument("--room-only", action="store_true", help="no tests of other rooms")
    parser.add_argument("--resume", action="store_true", help="go on with the results that are there")
    parser.add_argument("--report", action="store_true", help="only the table of the results that are there")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--folder", type=Path, default=TREE / "build" / "mutants")
    arguments = parser.parse_args()
    mistakes, errors = read_mistakes()
    if errors:
        sys.exit("\n".join(errors))
    if arguments.check:
        print(f"{len(mistakes)} mistakes, each with its place")
        return
    file = arguments.folder / "results.jsonl"
    known = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    latest = {result["id"]: result for result in known}
    if not arguments.report:
        chosen = [m for m in mistakes if re.search(arguments.only, m["id"] + " " + m["file"])
                  and not (arguments.resume and m["id"] in latest)]
        copy = Copy(arguments.folder.resolve(), arguments.jobs)
        copy.update()
        copy.configure()
        runner = Runner(copy, arguments.room_only)
        for mistake in chosen:
            start = time.monotonic()
            outcome, said = runner.try_out(mistake)
            result = {**{key: mistake[key] for key in ("id", "file", "means")}, "outcome": outcome, "by": said,
                      "seconds": round(time.monotonic() - start)}
            latest[mistake["id"]] = result
            with file.open("a") as out:
                out.write(json.dumps(result) + "\n")
            print(f'{outcome:9} {mistake["id"]:12} {result["seconds"]:4} s  {mistake["means"]}  [{said[-150:]}]', flush=True)
    ids = {mistake["id"] for mistake in mistakes}
    print(report([result for result in latest.values() if result["id"] in ids]))


if __name__ == "__main__":
    main()

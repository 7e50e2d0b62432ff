#!/usr/bin/env python3
"""Holds what commands print with --json against the schemas in docs/json.

Calls every command that has --json, in each of its forms, on a small ledger and a
small cluster. A document must fit its schema, and have no field that the schema
does not name, although schemas allow that to others: newer programs may say more.
Also checks that docs/json.md names every command and every schema.

Usage: json_test.py FOLDER_OF_THE_PROGRAMS CHECKOUT
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not here: skipped")
    sys.exit(0)

PROGRAMS, CHECKOUT = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
DOCS = CHECKOUT / "docs"
SPEC = """
name: small
data: {synthetic: {rows: 40, columns: 4, noise: 0.1}}
model: {hidden_width: 1}
steps: 60
axes: {depth: [1, 2], learning_rate: [0.01, 0.1, 100], seed: {range: [0, 3]}}
record: {points: 10, metrics: [loss, excess_loss, weight_norm]}
summarize: {by: [depth], best_over: [learning_rate], average_over: [seed], metric: loss}
"""

failures = []


def fail(text):
    failures.append(text)
    print("FAILED:", text, file=sys.stderr)


def closed(schema):
    """Returns the schema with objects that have no fields but those it names."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: value if key == "enum" else closed(value) for key, value in schema.items()}
    if "properties" in result and "additionalProperties" not in result:
        result["additionalProperties"] = False
    return result


def read_schemas():
    schemas = {}
    for path in sorted((DOCS / "json").glob("*.schema.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        if schema.get("$id") != path.name:
            fail(f"{path.name} has the $id {schema.get('$id')}")
        schemas[path.name.removesuffix(".schema.json")] = closed(schema)
    return schemas


def validator_of(name):
    store = {f"{each}.schema.json": schema for each, schema in SCHEMAS.items()}
    resolver = jsonschema.RefResolver(f"{name}.schema.json", SCHEMAS[name], store)
    return jsonschema.Draft202012Validator(SCHEMAS[name], resolver=resolver)


SCHEMAS = read_schemas()
used = set()
commands_run = set()


def check(schema, *arguments):
    """Calls fathom with the arguments and --json; returns the document."""
    done = subprocess.run(
        [PROGRAMS / "fathom", *arguments, "--json"], capture_output=True, text=True, timeout=120, check=False
    )
    words = " ".join(map(str, arguments))
    if done.returncode != 0:
        fail(f"fathom {words} exited with {done.returncode}: {done.stderr[:2000]}")
        return None
    return hold(schema, arguments[0], words, done.stdout)


def hold(schema, command, words, text):
    """Holds a document against its schema, and returns it."""
    used.add(schema)
    commands_run.add(command)
    document = json.loads(text, parse_constant=lambda name: fail(f"fathom {words} prints {name}"))
    for error in list(validator_of(schema).iter_errors(document))[:5]:
        best = jsonschema.exceptions.best_match([error])
        fail(f"fathom {words}, {schema}: {best.json_path}: {best.message[:500]}")
    return document


def on_files():
    pathlib.Path("small.yaml").write_text(SPEC, encoding="utf-8")
    pathlib.Path("one.yaml").write_text(
        "name: one\ndata: {synthetic: {rows: 9, columns: 2}}\nsteps: 4\noptimizer: {learning_rate: 0.1}\n", "utf-8"
    )
    rows = "".join(f"{i * 3 % 7},{i},{i * i % 11}\n" for i in range(50))
    pathlib.Path("gas.csv").write_text("ppm,a,b\n" + rows, encoding="utf-8")
    db = ("--db", "a.db")
    check("check", "check", "small.yaml")
    check("dry_run", "run", "small.yaml", "--dry-run", *db)
    check("report", "run", "small.yaml", "--no-plot", "--quiet", *db)
    check("report", "run", "one.yaml", "--no-plot", "--quiet", *db)
    check("check", "check", "small.yaml", *db)
    check("sweeps", "list", *db)
    check("sweep", "show", "1", *db)
    trials = [check("trial", "show", f"1/{trial}", *db) for trial in (0, 8, 17)]
    if {trial["state"] for trial in trials} != {"succeeded", "diverged"}:
        fail("no trial diverged")
    check("report", "watch", "1", "--quiet", *db)
    check("report", "summary", "1", *db)
    check("report", "summary", "2", *db)
    check("best", "best", "1", *db)
    check("best", "best", "1", "--tuning", "--split", "--epsilon", "0.01", *db)
    check("best", "best", "1", "--by", "seed", *db)
    check("pictures", "plot", "1", "--out", ".", *db)
    check("pictures", "plot", "1", "-o", "x.svg", *db)
    check("picture", "plot", "--verify", "x.svg", *db)
    check("file", "report", "1", "-o", "x.html", *db)
    check("file", "export", "1", "--what", "points", "-o", "p.csv", *db)
    check("audit", "audit", *db)
    check("verification", "verify", "1", "--quiet", "--sample", "2", *db)
    check("verification", "run", "1/3", *db)
    check("explain", "explain", "1", *db)
    check("explain_trial", "explain", "1/8", *db)
    check("explain_trial", "explain", "1/0", *db)
    check("backup", "backup", "copy.db", *db)
    check("sweep", "retry", "1", *db)
    check("query", "query", "SELECT * FROM results", *db)
    check("query", "query", "SELECT NULL AS a, 'x' AS b, x'00' AS c, 1.5 AS d", *db)
    check("dataset", "data", "info", "gas.csv", "--target", "ppm")
    check("dataset_file", "data", "import", "gas.csv", "--target", "ppm", "--out", "again.csv")
    check("starter", "init", "gas.csv", "--target", "ppm", "--out", "starter.yaml")
    check("mirror", "data", "mirror", "starter.yaml", "--out", "mirror")
    check("theory", "theory", "--only", "warm-up")
    check("bench", "bench", "--quick", "--quiet", "--slots", "1")
    check("presets", "presets")
    check("preset", "presets", "show", "quickstart")
    check("token", "token", "new", "--role", "read", "--name", "ada")
    check("token", "token", "new", "--role", "read", "--name", "ada", "--out", "ada.token")
    check("config", "config")
    check("doctor", "doctor", *db)
    check("completion", "completion", "bash")
    check("version", "version")


def on_a_page():
    """Holds what is printed by the command that serves a page until it is ended."""
    words = ["ui", "--db", "a.db", "--listen", "127.0.0.1:0", "--json"]
    with subprocess.Popen(
        [PROGRAMS / "fathom", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as page:
        text = ""
        while not text.endswith("}\n"):
            line = page.stdout.readline()
            if not line:
                break
            text += line
        page.terminate()
    hold("page", "ui", " ".join(words), text)


def on_a_cluster():
    log = pathlib.Path("server.log")
    processes = []
    with open(log, "wb") as words:
        processes.append(
            subprocess.Popen([PROGRAMS / "fathom-server", "--db", "s.db", "--listen", "127.0.0.1:0"], stderr=words)
        )
    try:
        address = None
        while address is None and processes[0].poll() is None:
            found = re.search(r"listening on (\S+:\d+)", log.read_text(encoding="utf-8"))
            address = found and found[1]
        server = ("--server", address)
        check("sweeps", "list", *server)
        check("dry_run", "submit", "small.yaml", "--dry-run", *server)
        check("sweep", "submit", "small.yaml", *server)
        check("explain", "explain", "1", *server)
        check("explain_trial", "explain", "1/3", *server)
        check("trial", "show", "1/3", *server)
        check("report", "summary", "1", *server)
        check("sweep", "pause", "1", *server)
        check("sweep", "priority", "1", "--level", "2", *server)
        check("sweep", "resume", "1", *server)
        # A queue that is empty, whether or not there is one here.
        pathlib.Path("squeue").write_text("#!/bin/sh\n", encoding="utf-8")
        pathlib.Path("squeue").chmod(0o755)
        os.environ["PATH"] = f"{os.getcwd()}:{os.environ['PATH']}"
        check("scaling", "explain", "--scaling", *server)
        check("decision", "autoscale", "slurm", "--dry-run", "--max", "2", *server)
        processes.append(
            subprocess.Popen(
                [PROGRAMS / "fathom-worker", *server, "--slots", "1", "--name", "first", "--cache", ""],
                stderr=subprocess.DEVNULL,
            )
        )
        check("report", "submit", "small.yaml", "--wait", "--quiet", *server)
        check("workers", "workers", *server)
        check("scaling", "explain", "--scaling", *server)
        check("sweep", "submit", "small.yaml", "--new", "--set", "steps=100000", *server)
        check("sweep", "cancel", "2", *server)
        check("deletion", "delete", "2", "--yes", *server)
        check("workers", "drain", "first", *server)
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait()


def commands():
    """Returns the names of all commands; each has --json."""
    text = subprocess.run([PROGRAMS / "fathom", "--help"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"^  (\w+)", text.split("\nSubcommands:\n")[1].split("\n\n")[0], re.M))


def check_page():
    page = (DOCS / "json.md").read_text(encoding="utf-8")
    named = set(re.findall(r"json/(\w+)\.schema\.json", page))
    for schema in named - SCHEMAS.keys():
        fail(f"docs/json.md names {schema}.schema.json, which is not there")
    for schema in SCHEMAS.keys() - named:
        fail(f"docs/json.md does not name {schema}.schema.json")
    for schema in SCHEMAS.keys() - used - {"common"}:
        fail(f"no document was held against {schema}.schema.json")
    for command in commands():
        if not re.search(rf"`{command}[ `]", page):
            fail(f"docs/json.md does not name {command}")
        if command not in commands_run:
            fail(f"no document of {command} is held against a schema")


def main():
    for name in list(os.environ):
        if name.startswith("FATHOM_"):
            del os.environ[name]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = folder
        os.chdir(folder)
        on_files()
        on_a_page()
        on_a_cluster()
        check_page()
        os.chdir("/")
    print(f"{len(failures)} failures" if failures else f"{len(used)} schemas hold")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

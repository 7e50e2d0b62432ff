"""Lists the small sweeps on which program and reference are compared, and makes their ledgers."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import random
import sqlite3
import subprocess

# The data have heavy tails and are the same for all seeds.
DATA = "{synthetic: {rows: 40, columns: 5, condition: 20, noise: 0.2, tail: 6}, standardize: true}"

RATES = "{log: {from: 3e-3, to: 3, count: 6}}"

PRESET = "preset"


@dataclasses.dataclass(frozen=True)
class Case:
    """A sweep, with the options to ask `best` about it.

    `body` has the keys that differ from an everyday sweep (see `spec`), or a whole
    spec, or it is PRESET for the preset of this name. `edits` are SQL statements
    that make holes: they change the states of trials in the ledger, as a crash, a
    cancelled sweep or a failure would.
    """

    name: str
    body: str
    asks: tuple[str, ...] = ("",)
    edits: tuple[str, ...] = ()


def spec(name: str, body: str) -> str:
    """Returns a spec of this name, with the keys of an everyday sweep that `body` does not replace, line by line."""
    keys = {
        "data": DATA,
        "loss": "{lp: 4}",
        "model": "{init: {scheme: balanced, norm: 1e-2}}",
        "optimizer": "{name: gd}",
        "steps": "400",
        "record": "{points: 60, at: [40, 100], metrics: [loss, excess_loss]}",
        "summarize": "{by: [depth], best_over: [learning_rate], average_over: [seed], metric: excess_loss}",
    }
    for token, value in (("RATES", RATES), ("TABLE2", table(2)), ("TABLE4", table(4))):
        body = body.replace(token, value)
    for line in body.strip().splitlines():
        key, _, value = line.strip().partition(": ")
        keys[key] = value
    lines = [f"{key}: {value}" for key, value in keys.items() if value != "none"]
    return "\n".join([f"name: {name}", *lines]) + "\n"


def table(classes: int) -> str:
    """Returns a small csv with this many noisy classes, as data of a spec."""
    stream = random.Random(classes)
    rows = ["a,b,c,label"]
    for _ in range(60):
        label = stream.randrange(classes)
        rows.append(",".join(f"{stream.gauss(label if j < 2 else 0, 1):.3f}" for j in range(3)) + f",{label}")
    return "\\n".join(rows)


USUAL = ("", "--split", "--tuning", "--arrive 0.5", "--epsilon 0.02", "--metric loss --at 100")


def cases() -> list[Case]:
    """Returns all cases, the quick ones first."""
    return [
        Case(
            "divergence",
            "axes: {depth: [1, 2, 3], learning_rate: RATES, seed: {range: [0, 5]}}",
            USUAL,
        ),
        Case(
            "single-seed",
            """
            axes: {depth: [1, 2], learning_rate: RATES}
            summarize: {by: [depth], best_over: [learning_rate], metric: excess_loss}
            """,
            ("", "--split --tuning"),
        ),
        Case(
            "two-seeds",
            "axes: {depth: [1, 2], learning_rate: RATES, seed: [3, 8]}",
            ("", "--split"),
        ),
        Case(
            "three-seeds",
            "axes: {depth: [1, 3], learning_rate: RATES, seed: [3, 8, 9]}",
            ("", "--split"),
        ),
        Case(
            "many-seeds",
            """
            model: {init: {scheme: gaussian, std: 0.4}}
            axes: {depth: [1, 2, 4], learning_rate: {log: {from: 1e-2, to: 1, count: 4}},\
                seed: {range: [0, 20]}}
            """,
            USUAL + ("--arrive 0.8 --split --tuning",),
        ),
        Case(
            "censored",
            """
            model: {init: {scheme: gaussian, std: 0.25}}
            steps: 150
            axes: {depth: [2, 3], learning_rate: {log: {from: 1e-2, to: 0.3, count: 3}},\
                seed: {range: [0, 9]}}
            """,
            USUAL + ("--epsilon 0.2 --arrive 0.3", "--epsilon 0.1 --tuning"),
        ),
        Case(
            "ties",
            """
            axes: {depth: [1, 2], hidden_width: [4, 8], learning_rate: RATES, seed: [0, 1, 2, 3]}
            summarize: {by: [depth], average_over: [seed], metric: loss}
            """,
            (
                "",
                "--by depth --over learning_rate --average seed,hidden_width",
                "--by hidden_width --over learning_rate",
            ),
        ),
        Case(
            "holes",
            "axes: {depth: [1, 2, 3, 4], learning_rate: RATES, seed: {range: [0, 4]}}",
            USUAL,
            edits=(
                "DELETE FROM trials WHERE trial_index >= 80",
                "UPDATE trials SET state = 7 WHERE trial_index % 11 = 5",
                "UPDATE trials SET state = 2 WHERE trial_index = 30",
                "UPDATE trials SET state = 6 WHERE trial_index IN (13, 50)",
            ),
        ),
        Case(
            "no-reference",
            "axes: {depth: [1, 2, 3], learning_rate: RATES, seed: {range: [0, 3]}}",
            USUAL,
            edits=("UPDATE trials SET state = 7 WHERE trial_index < 18",),
        ),
        Case(
            "nothing",
            "axes: {depth: [1, 2], learning_rate: RATES, seed: [0, 1]}",
            ("", "--epsilon 0.1"),
            edits=("DELETE FROM trials",),
        ),
        Case(
            "stop-rule",
            """
            stop: {loss_below: 0.05}
            axes: {depth: [1, 2, 3], learning_rate: RATES, seed: {range: [0, 6]}}
            summarize: {by: [depth], best_over: [learning_rate], average_over: [seed], metric: loss}
            """,
            ("", "--metric excess_loss", "--epsilon 0.03", "--split --tuning", "--at 40"),
        ),
        Case(
            "starts-differ",
            """
            data: {synthetic: {rows: 40, columns: 2000}}
            model: {init: {scheme: gaussian}}
            steps: 300
            axes: {depth: [1, 2, 3], learning_rate: [1e-8, 1e-7, 1e-3], seed: {range: [0, 3]}}
            """,
            ("", "--metric loss", "--epsilon 0.2", "--epsilon 1e-40"),
        ),
        Case(
            "plateau",
            """
            model: {init: {scheme: gaussian, std: 1e-3}}
            steps: 100
            axes: {depth: [1, 4, 6], learning_rate: RATES, seed: [0, 1]}
            """,
            ("", "--metric loss"),
        ),
        Case(
            "steps-axis",
            """
            axes: {depth: [1, 2], learning_rate: RATES, steps: [100, 200, 400], seed: [0, 1, 2, 3, 4]}
            record: {points: 60, at: [100], metrics: [excess_loss, weight_norm]}
            """,
            (
                "",
                "--metric weight_norm",
                "--by depth,steps",
                "--average seed,steps",
                "--over steps --by depth,learning_rate",
                "--at 100 --tuning",
            ),
        ),
        Case(
            "optimizers",
            """
            axes: {optimizer: [gd, momentum, adam], lp: [2, 3], depth: [1, 2, 3],\
                learning_rate: {log: {from: 1e-3, to: 1, per_decade: 1}}, seed: {range: [0, 6, 2]}}
            summarize: none
            """,
            (
                "",
                "--by optimizer,lp,depth --metric excess_loss",
                "--by depth --average seed",
                "--by seed,depth --over lp,optimizer --average learning_rate",
            ),
        ),
        Case(
            "losses",
            """
            data: {synthetic: {rows: 60, columns: 4}}
            axes: {zip: {lp: [2, 3, 4], loss.factor: [one, one_over_p, one]}, depth: [1, 2],\
                precision: [double, float], learning_rate: {linspace: {from: 0.05, to: 0.4, count: 3}}, seed: [0, 1]}
            steps: 2000
            summarize: {by: [lp, precision, depth], best_over: [learning_rate], average_over: [seed],\
                metric: excess_loss}
            """,
            (
                "",
                "--by precision,depth --average seed",
                "--by depth --over learning_rate --average lp,seed,precision",
                "--metric loss",
            ),
        ),
        Case(
            "exact-fit",
            """
            data: {synthetic: {rows: 4, columns: 8}}
            loss: {lp: 2}
            steps: 3000
            axes: {depth: [1, 2], learning_rate: [0.1, 0.5, 1], seed: [0, 1, 2]}
            """,
            ("", "--metric loss --epsilon 1e-20"),
        ),
        Case(
            "steep",
            """
            loss: {lp: 24}
            axes: {depth: [1, 2], learning_rate: [1e-12, 1e-11, 1e-10, 1e-9, 1e-8], seed: [0, 1, 2]}
            record: {points: 60, metrics: [loss, lp_error]}
            summarize: {by: [depth], best_over: [learning_rate], average_over: [seed], metric: lp_error}
            """,
            ("",),
        ),
        Case(
            "data-axis",
            """
            axes: {data.synthetic.noise: [0.0, 0.1], depth: [1, 2], learning_rate: RATES,\
                data.synthetic.seed: [0, 1, 2, 3, 4]}
            summarize: {by: [depth], best_over: [learning_rate], average_over: [data.synthetic.seed],\
                metric: excess_loss}
            """,
            ("--by noise,depth", "--by depth --average noise,data.synthetic.seed", ""),
        ),
        Case(
            "zipped",
            """
            model: {init: {scheme: gaussian}}
            axes: {zip: {depth: [1, 2, 3], std: [0.1, 0.2, 0.3]}, learning_rate: RATES, seed: {range: [0, 5]}}
            """,
            ("", "--by std,depth"),
        ),
        Case(
            "unpaired",
            """
            model: {init: {scheme: gaussian, std: 0.3}}
            axes: {zip: {depth: [1, 1, 1, 1, 1, 2, 2, 2, 2, 2], seed: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]},\
                learning_rate: RATES}
            """,
            ("", "--split --tuning"),
        ),
        Case(
            "unequal",
            """
            model: {init: {scheme: gaussian, std: 0.3}}
            axes: {zip: {depth: [1, 1, 1, 2, 2, 2, 2, 2], seed: [0, 1, 2, 0, 1, 2, 3, 4]}, learning_rate: RATES}
            """,
            ("", "--split"),
        ),
        Case(
            "crowd",
            """
            model: {init: {scheme: gaussian, std: 0.2}}
            steps: 100
            axes: {depth: [1, 2], learning_rate: [0.05, 0.1], seed: {range: [0, 130]}}
            """,
            ("", "--split --tuning", "--epsilon 0.01 --arrive 0.9"),
        ),
        Case(
            "two-classes",
            """
            data: {table: "TABLE2", target: label, target_class: 1, standardize: true,\
                standardize_targets: false}
            loss: {kind: cross_entropy}
            axes: {depth: [1, 2, 3], learning_rate: RATES, seed: {range: [0, 5]}}
            record: {points: 60, at: [100], metrics: [loss, excess_loss, accuracy]}
            """,
            USUAL + ("--metric accuracy", "--metric accuracy --at 0"),
        ),
        Case(
            "classes",
            """
            data: {table: "TABLE4", target: label, one_hot: true, standardize: true}
            loss: {kind: cross_entropy}
            model: {init: {scheme: gaussian, std: 0.3}}
            axes: {depth: [1, 2, 3], learning_rate: RATES, seed: {range: [0, 7]}}
            record: {points: 60, at: [50], metrics: [loss, excess_loss, accuracy, effective_rank]}
            summarize: {by: [depth], best_over: [learning_rate], average_over: [seed], metric: loss}
            """,
            ("--metric accuracy", "--metric accuracy --at 50", "--metric excess_loss", "--metric effective_rank"),
        ),
        Case(
            "completion",
            """
            data: {completion: {matrix_rows: 6, matrix_columns: 6, rank: 1, observed: 20}}
            loss: {lp: 2}
            stop: {loss_below: 1e-5}
            axes: {depth: [1, 2, 3], learning_rate: {log: {from: 0.1, to: 30, count: 6}},\
                seed: {range: [0, 6]}}
            record: {points: 60, at: [50], metrics: [loss, reconstruction_error]}
            summarize: {by: [depth], best_over: [learning_rate], average_over: [seed],\
                metric: reconstruction_error, at: [50, 400]}
            """,
            ("", "--at 50", "--metric loss"),
        ),
        Case(
            "unpaired-levels",
            """
            data: {completion: {matrix_rows: 5, matrix_columns: 5, rank: 1, observed: 15}}
            loss: {lp: 2}
            model: {init: {scheme: gaussian, std: 0.2}}
            axes: {zip: {depth: [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3], seed: {range: [0, 12]}},\
                learning_rate: {log: {from: 0.1, to: 10, count: 4}}}
            record: {points: 60, metrics: [loss, reconstruction_error]}
            summarize: {by: [depth], best_over: [learning_rate], average_over: [seed], metric: reconstruction_error}
            """,
            ("",),
            edits=("UPDATE trials SET state = 7 WHERE trial_index = 47",),
        ),
        Case(
            "end-to-end",
            """
            axes: {depth: [1, 2, 3], learning_rate: RATES, seed: {range: [0, 4]}}
            record: {points: 60, metrics: [loss, e2e_deviation]}
            summarize: {by: [depth], best_over: [learning_rate], average_over: [seed], metric: e2e_deviation}
            """,
            ("", "--by learning_rate", "--by seed,depth"),
        ),
        Case("followup/convergence", PRESET, ("", "--metric loss")),
        Case("followup/matrix-completion", PRESET, ("", "--metric loss")),
        Case("paper/l2-depth", PRESET, ("", "--tuning")),
        Case("paper/toy-2d", PRESET, ("", "--tuning")),
    ]


def make_ledger(fathom: str, case: Case, folder: pathlib.Path) -> pathlib.Path:
    """Runs the sweep of a case into a ledger of its own, and then makes its holes."""
    path = folder / (case.name.replace("/", "-") + ".db")
    what, scale = case.name, ["--scale", "quick"]
    if case.body != PRESET:
        what, scale = str(folder / f"{case.name}.yaml"), []
        whole = case.body.startswith(("#", "name:"))
        pathlib.Path(what).write_text(case.body if whole else spec(case.name, case.body), encoding="utf-8")
    run(fathom, "run", what, *scale, "--db", str(path), "--no-plot", "--quiet", allowed=(0, 4))
    if case.edits:
        with sqlite3.connect(path) as db:
            for statement in case.edits:
                db.execute(statement)
        db.close()
    return path


def run(fathom: str, *arguments: str, allowed: tuple[int, ...] = (0,)) -> str:
    """Runs the program and returns its output. Exit code 4 means a sweep with failed trials."""
    done = subprocess.run(
        [fathom, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C", "FATHOM_CONFIG": os.devnull},
    )
    if done.returncode not in allowed:
        raise RuntimeError(f"fathom {' '.join(arguments)}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout

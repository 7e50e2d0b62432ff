#!/usr/bin/env python3
"""Writes docs/spec.md, the reference of the words of a spec, from the comments of
sweep.proto and from the tables of the code: defaults, the fields of optimizers and
the short names of axes.

Usage: spec_page.py SOURCE_DIR            whether the page is what it should be
       spec_page.py SOURCE_DIR --write    writes it anew
"""

import difflib
import pathlib
import re
import sys

PAGE = "docs/spec.md"
PROTO = "proto/fathom/v1/sweep.proto"

# What the proto does not say, as it is about the way in which a spec is written.
HEAD = """# What a spec can say

Every word of a spec: what it means, its unit, range and default. This page is written by `tests/spec_page.py` from
the comments of [`sweep.proto`](../{proto}) and the tables of the code; a test fails when it is not as they are.
`fathom check SPEC` says what a spec means and whether it holds, and `fathom init` writes one to begin with.

## How a spec is written

A spec is a YAML file. Its keys are the names below; a section is a map below its key:

```yaml
name: example
data: {{synthetic: {{rows: 100, columns: 5}}}}
loss: {{lp: 4}}
model: {{init: {{std: 0.1}}}}
optimizer: {{name: momentum}}
steps: 1000
axes:
  depth: [1, 2, 3]
  learning_rate: {{log: {{from: 1e-4, to: 1e-2, per_decade: 1}}}}
  zip: {{optimizer.momentum: [0.5, 0.9], seed: [1, 2]}}
scales:
  quick: {{steps: 10}}
```

- The fields of a trial (`data`, `loss`, `model`, `optimizer`, `steps`, `seed`, `record`, `stop`, `precision`,
  `regularizer`) stand at the top of the file, beside `name`, `axes` and `summarize`.
- `axes` maps fields to their values, the slowest first: a list, or one of `range: [from, to]` (or with a third number,
  the step), `log`, `linspace`. Axes below `zip` move together. Every field of a trial that holds a single value can be
  an axis, but for those that say how a file is read.
- Axes, `--set` and `--by` take a field by its path (`model.init.std`), by the end of it that no other field has
  (`init.std`), or by its short name, where one is given below.
- The fields of `data.import` are written in `data` itself: `data: {{file: gas.csv, target: ppm}}`.
- Words such as `gd` and `adam` are written in lower case.
- `scales` holds whole top-level keys by the name of a scale; `--scale quick` puts them in the place of those of the file.
"""


class Thing:
    """A message or an enum: its comment, and its members with theirs."""

    def __init__(self, kind, name, comment):
        self.kind, self.name, self.comment = kind, name, comment
        self.members = []  # (name, type, repeated, comment); for enums (name, "", False, comment)


def read_proto(text):
    """Returns the comment at the head and the messages and enums by name."""
    things, comment, current, head = {}, [], None, None
    group = []  # The names of fields that share one comment.
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("//"):
            comment.append(stripped[2:].removeprefix(" "))
            group = []
            continue
        opened = re.match(r"(message|enum) (\w+) \{", stripped)
        field = re.match(r"(?:(repeated|optional) )?([\w.]+) (\w+) = \d+;", stripped)
        value = re.match(r"([A-Z][A-Z0-9_]*) = \d+;", stripped)
        if opened:
            current = Thing(opened[1], opened[2], "\n".join(comment))
            things[current.name] = current
        elif value and current.kind == "enum":
            current.members.append((value[1], "", False, "\n".join(comment)))
        elif field:
            if comment:
                group = [len(current.members)]
                shared = "\n".join(comment)
            else:  # Fields right below each other share the comment above.
                shared = current.members[group[0]][3]
            current.members.append((field[3], field[2], field[1] == "repeated", shared))
        elif stripped.startswith("syntax") and head is None:
            head = "\n".join(comment)
        if stripped:
            comment = []
        if not stripped and current is not None and comment:
            # A remark between two members.
            current.members.append(("", "", False, "\n".join(comment)))
            comment = []
    return head, things


def rows(text, table):
    """Returns the rows {"a", b, ...} of a table of the code, as lists of texts."""
    body = re.search(re.escape(table) + r"[^{]*\{(.*?)\n\s*\};", text, re.S)[1]
    return [
        [part.strip().strip('"') for part in re.sub(r"\w+Value\((.*?)\)", r"\1", row).split(",")]
        for row in re.findall(r"\{([^{}]+)\}", body)
    ]


def words(enum):
    """Returns the names of an enum's values as people write them, with comments."""
    prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", enum.name).upper() + "_"
    found = []
    for name, _, _, comment in enum.members:
        if name == "":
            found.append(("", comment))
        elif not name.endswith("_UNSPECIFIED"):
            found.append((name.removeprefix(prefix).lower(), comment))
    return found


def paragraph(comment):
    """Returns a comment as Markdown: a line per paragraph, and formulas that stand
    on lines of their own as they are."""
    parts = []
    for line in comment.strip().splitlines() + [""]:
        kind = "formula" if line.startswith("  ") else "text" if line else ""
        if kind and parts and parts[-1][0] == kind:
            parts[-1][1].append(line.strip())
        else:
            parts.append((kind, [line.strip()]))
    texts = []
    for kind, lines in parts:
        if kind == "formula":
            texts.append("```\n" + "\n".join(lines) + "\n```")
        elif kind == "text":
            # What Markdown would take for its own.
            texts.append(re.sub(r"(?<!`)([*<|])(?![^`]*`[^`]*$)", lambda m: "\\" + m[1], " ".join(lines)))
    return "\n\n".join(texts)


def item(comment):
    """Returns a comment as what follows in an item of a list."""
    return paragraph(comment).replace("\n", "\n  ").replace("\n  \n", "\n\n")


TYPES = {
    "string": "text", "bool": "true or false", "double": "number", "int32": "integer", "int64": "integer",
    "uint64": "integer", "uint32": "integer",
}  # fmt: skip


class Page:
    def __init__(self, root):
        read = lambda path: (root / path).read_text(encoding="utf-8")
        self.head, self.things = read_proto(read(PROTO))
        self.defaults = {row[0]: row[1] for row in rows(read("proto/sweep/normalize.cc"), "new std::vector<Default>")}
        self.short = {row[0]: row[1] for row in rows(read("proto/sweep/field_names.cc"), "kFrozenNames[] =")}
        self.rules = rows(read("proto/sweep/facts/optimizers.cc"), "kRuleFields[] =")
        self.lines = [HEAD.format(proto=PROTO)]
        self.enums = []

    def add(self, *lines):
        self.lines.extend(lines)

    def member(self, path, name, kind, repeated, comment):
        thing = self.things.get(kind)
        what = TYPES.get(kind, "")
        if thing is not None and thing.kind == "enum":
            what = f"one of the [words below](#{thing.name.lower()})"
            if thing not in self.enums:
                self.enums.append(thing)
        elif thing is not None:
            what = f"section [`{path}`](#{path.replace('.', '')})" if path else f"a `{kind}`"
        notes = [f"list of {what}" if repeated else what]
        if path in self.defaults:
            notes.append(f"default {self.defaults[path]}")
        if path in self.short and self.short[path] != name:
            notes.append(f"short name `{self.short[path]}`")
        self.add(f"- **`{name}`** ({'; '.join(notes)}). {item(comment)}")

    def section(self, path, message):
        """Adds a section of the spec and, behind it, those within it."""
        self.add("", f"### `{path}`", "", paragraph(message.comment), "")
        inner = []
        for name, kind, repeated, comment in message.members:
            if name == "":
                continue
            below = f"{path}.{name}"
            self.member(below, name, kind, repeated, comment)
            thing = self.things.get(kind)
            if thing is not None and thing.kind == "message":
                inner.append((below, thing))
        seen = set()
        for below, thing in inner:
            if thing.name in seen:  # "test" and "validation" have the same fields.
                self.add("", f"### `{below}`", "", f"As `{path}.{self.first[thing.name]}`.")
                continue
            seen.add(thing.name)
            self.first = {**getattr(self, "first", {}), thing.name: below.rsplit(".", 1)[1]}
            self.section(below, thing)

    def text(self):
        sweep, trial = self.things["SweepSpec"], self.things["TrialSpec"]
        self.add("## The sweep", "", paragraph(sweep.comment), "")
        for name, kind, repeated, comment in sweep.members:
            if name == "trial":
                continue
            self.member("", name, kind, repeated, comment)
        for name in ("Axis", "AxisGroup", "IntegerRange", "LogRange", "Linspace", "SummarySpec"):
            thing = self.things[name]
            self.add("", f"### {name}", "", paragraph(thing.comment), "")
            for member in thing.members:
                self.member("", *member)
        self.add("", "## The trial", "", paragraph(trial.comment), "")
        for name, kind, repeated, comment in trial.members:
            self.member(name, name, kind, repeated, comment)
        for name, kind, _, _ in trial.members:
            thing = self.things.get(kind)
            if thing is not None and thing.kind == "message":
                self.section(name, thing)
        self.add("", "## Words", "", "What can stand where a field takes a word.")
        for enum in self.enums:
            self.add("", f"### {enum.name}", "", paragraph(enum.comment), "")
            for word, comment in words(enum):
                self.add("", paragraph(comment), "") if word == "" else self.add(f"- **`{word}`**: {item(comment)}")
        self.add("", "## Fields and defaults of optimizers", "")
        self.add("| optimizer | field | default |", "|---|---|---|")
        for rule, field, default in self.rules:
            self.add(f"| `{rule.split('OPTIMIZER_NAME_')[1].lower()}` | `{field}` | {default} |")
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self.lines)) + "\n"


def main():
    root = pathlib.Path(sys.argv[1])
    text = Page(root).text()
    page = root / PAGE
    if sys.argv[2:] == ["--write"]:
        page.write_text(text, encoding="utf-8")
        return 0
    found = page.read_text(encoding="utf-8") if page.exists() else ""
    if found == text:
        print(f"{PAGE} is as the code is")
        return 0
    difference = difflib.unified_diff(found.splitlines(), text.splitlines(), PAGE, "expected", lineterm="", n=1)
    print("\n".join(list(difference)[:40]), f"\nto write it anew: {sys.argv[0]} {root} --write")
    return 1


if __name__ == "__main__":
    sys.exit(main())

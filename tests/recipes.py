#!/usr/bin/env python3
"""Holds the recipes of CONTRIBUTING.md against the sources.

A recipe "Add a ..." says in its title how many files of the product it touches
and names each of them. What it says is compared with something that was added
in this way: the files in which that is mentioned. Every path that the page
names must exist, too.

Usage: recipes.py SOURCE_DIR
"""

import pathlib
import re
import subprocess
import sys

# Recipe, and what stands for everything that it makes: its names in the code.
EXAMPLES = {
    "a metric": r"EFFECTIVE_RANK|EffectiveRank|effective_rank",
    "an optimizer": r"(?i)adadelta",
    "a loss": r"(?i)cross_?entropy|kSoftmax|kLogistic",
    "a model": r"(?i)scalar_?product",
    "a field of specs": r"signal_decay",
    "a command": r"AddWorkersCommand|\bworkers\.cc",
    "a check of a claim": r"(?i)saxe",
}
PROGRAMS = ("proto", "server", "worker", "client")
SOURCES = (".h", ".cc", ".proto", ".txt")


def files_with(root, pattern):
    found = set()
    for program in PROGRAMS:
        for path in (root / program).rglob("*"):
            if path.suffix in SOURCES and re.search(
                pattern, path.read_text(encoding="utf-8")
            ):
                found.add(str(path.relative_to(root)))
    return found


def sections(text):
    """Title -> text of each section of the page."""
    parts = re.split(r"^## (.*)$", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def paths_in(text):
    """What is named as a path, from the root of the repository."""
    named = re.findall(r"`((?:proto|server|worker|client|tests|docs|deploy)/[\w./-]*)`", text)
    return set(named)


def main():
    root = pathlib.Path(sys.argv[1])
    page = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    problems = []
    for path in sorted(paths_in(page)):
        if not (root / path).exists() and "NAME" not in path:
            problems.append(f"CONTRIBUTING.md names {path}, which is not there")
    recipes = {}
    for title, text in sections(page).items():
        match = re.fullmatch(r"Add (.*?) \((\d+) files\)", title)
        if match:
            recipes[match[1]] = (int(match[2]), text)
        elif title.startswith("Add "):
            problems.append(f'"{title}" does not say "(N files)"')
    for thing, pattern in EXAMPLES.items():
        if thing not in recipes:
            problems.append(f'there is no recipe "Add {thing} (N files)"')
            continue
        count, text = recipes.pop(thing)
        named = paths_in(text)
        touched = files_with(root, pattern)
        for path in sorted(touched - named):
            generic = re.sub(r"[^/]*$", "NAME" + pathlib.Path(path).suffix, path)
            if not any(re.fullmatch(re.escape(n).replace("NAME", r"\w+"), path) for n in named):
                problems.append(f'"Add {thing}" does not name {path} (or {generic})')
        if len(touched) != count:
            problems.append(
                f'"Add {thing}" says {count} files, its example is in {len(touched)}: '
                + ", ".join(sorted(touched))
            )
    for thing in recipes:
        if thing not in ("an engine", "a preset"):
            problems.append(f'the recipe "Add {thing}" has no example in {sys.argv[0]}')
    print("\n".join(problems) or f"{len(EXAMPLES)} recipes name what they touch")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

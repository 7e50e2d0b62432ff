#!/usr/bin/env python3
"""Compares the recipes of CONTRIBUTING.md with the sources.

A recipe "Add a ... (N files)" names N files of the product. It is compared with
something that was added in this way: every file that mentions it must be among
the N files. Every path that the page names must exist, too.

Usage: recipes.py SOURCE_DIR
"""

import pathlib
import re
import sys

# For each recipe an example of what it makes, by its names in the code.
EXAMPLES = {
    "a metric": r"EFFECTIVE_RANK|EffectiveRank|effective_rank",
    "an optimizer": r"(?i)adadelta",
    "a loss": r"(?i)cross_?entropy|kSoftmax|kLogistic",
    "a field of specs": r"spectrum_bend",
    "a command": r"AddShowCommand|\bshow\.cc",
    "a check of a claim": r"(?i)saxe",
}
# Files that mention an example but would not mention a new thing, because the
# names that fields had in the first release are frozen.
FROZEN = {"proto/sweep/field_names.cc"}
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
    """Returns the text of each section of the page, by title."""
    parts = re.split(r"^## (.*)$", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def paths_in(text):
    """Returns what the text names as paths, from the root of the repository."""
    named = re.findall(r"`((?:proto|server|worker|client|tests|docs|deploy)/[\w./-]*)`", text)
    return set(named)


def is_file_of_product(path):
    return path.split("/")[0] in PROGRAMS and pathlib.Path(path).suffix in SOURCES


def main():
    root = pathlib.Path(sys.argv[1])
    page = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    problems = []
    for path in sorted(paths_in(page)):
        if not (root / path).exists() and "NAME" not in path:
            problems.append(f"CONTRIBUTING.md names {path}, which is not there")
    recipes = {}
    for title, text in sections(page).items():
        match = re.fullmatch(r"Add (.*?) \((\d+) files?\)", title)
        if match:
            recipes[match[1]] = (int(match[2]), text)
    for thing in EXAMPLES.keys() - recipes.keys():
        problems.append(f'there is no recipe "Add {thing} (N files)"')
    for thing, (count, text) in recipes.items():
        named = {p for p in paths_in(text) if is_file_of_product(p)}
        if len(named) != count:
            problems.append(
                f'"Add {thing}" says {count} files and names {len(named)}: '
                + ", ".join(sorted(named))
            )
        pattern = EXAMPLES.get(thing)
        if pattern is None:
            continue
        patterns = [re.escape(p).replace("NAME", r"\w+") for p in named]
        for path in sorted(files_with(root, pattern) - FROZEN):
            if not any(re.fullmatch(p, path) for p in patterns):
                problems.append(f'"Add {thing}" does not name {path}')
    print("\n".join(problems) or f"{len(EXAMPLES)} recipes name what they touch")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

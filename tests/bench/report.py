"""Writes sections of docs/performance.md.

Each benchmark script owns the sections between its markers,
`<!-- begin NAME -->` and `<!-- end NAME -->`, and replaces nothing else.
"""

import os
import platform
import subprocess


def machine():
    """Returns a line that describes this machine."""
    model, flags = "unknown processor", set()
    with open("/proc/cpuinfo") as file:
        for line in file:
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                model = value.strip()
            elif key.strip() == "flags":
                flags = set(value.split())
    isa = next((name for name, flag in (("AVX-512", "avx512f"), ("AVX2", "avx2"))
                if flag in flags), "SSE2")
    return f"{model}, {isa}, {os.cpu_count()} cores, Linux {platform.release()}"


def commit():
    """Returns the short hash of the commit that is checked out, with a + if files were changed."""
    here = os.path.dirname(os.path.abspath(__file__))
    return subprocess.run(["git", "describe", "--always", "--dirty=+"], cwd=here,
                          capture_output=True, text=True).stdout.strip() or "unknown"


def table(head, rows):
    """Returns a Markdown table whose first column is text and whose other columns are numbers."""
    lines = ["| " + " | ".join(head) + " |",
             "|---" + "|---:" * (len(head) - 1) + "|"]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def write_section(path, name, text):
    """Replaces section `name` of the file, or appends it."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    section = f"{begin}\n{text.strip()}\n{end}\n"
    old = open(path).read() if os.path.exists(path) else "# Performance\n"
    if begin in old:
        head, rest = old.split(begin, 1)
        tail = rest.split(end, 1)[1].lstrip("\n")
        new = head + section + ("\n" + tail if tail else "")
    else:
        new = old.rstrip("\n") + "\n\n" + section
    with open(path, "w") as file:
        file.write(new)

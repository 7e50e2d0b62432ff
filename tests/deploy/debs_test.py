#!/usr/bin/env python3
"""Tests that the systemd units, the Debian packages and the programs agree: options
and exit codes that units name exist, and every path is the same wherever it is said.
Each rule is also shown files with a mistake, and must notice it.

Usage: debs_test.py FOLDER_OF_THE_PROGRAMS SOURCE_DIR
"""

from __future__ import annotations

import functools
import pathlib
import re
import subprocess
import sys
import unittest

PROGRAMS, SOURCE = (pathlib.Path(each).resolve() for each in sys.argv[1:3])
SERVER, WORKER = "systemd/fathom-server.service", "systemd/fathom-worker@.service"
UNITS = {SERVER: "server", WORKER: "worker"}
CMAKE = "../CMakeLists.txt"

Files = dict[str, str]


def read() -> Files:
    """Returns the texts by their paths under deploy."""
    deploy = SOURCE / "deploy"
    files = {
        str(path.relative_to(deploy)): path.read_text()
        for folder in ("systemd", "debian")
        for path in (deploy / folder).iterdir()
    }
    return files | {CMAKE: (SOURCE / "CMakeLists.txt").read_text()}


@functools.cache
def help_of(program: str) -> str:
    done = subprocess.run(
        [PROGRAMS / program, "--help"], capture_output=True, text=True, check=True
    )
    return done.stdout


def values(unit: str, key: str) -> list[str]:
    """Returns what the lines KEY=VALUE of a unit say."""
    return re.findall(rf"^{re.escape(key)}=(.*)$", unit, re.MULTILINE)


def value(unit: str, key: str) -> str:
    """Returns what the only line KEY=VALUE says, and "" when there is not one."""
    found = values(unit, key)
    return found[0] if len(found) == 1 else ""


def option(command: str, name: str) -> str:
    found = re.search(rf"{name} (\S+)", command)
    return found[1] if found else ""


def settings(files: Files, unit: str) -> str:
    """Returns the unit and the file of settings that comes with it."""
    return files[unit] + files[f"systemd/{UNITS[unit]}.env"].replace("#FATHOM_", "FATHOM_")


def starts_the_program(files: Files, unit: str) -> list[str]:
    program = f"fathom-{UNITS[unit]}"
    start = value(files[unit], "ExecStart")
    wrong = []
    if not start.startswith(f"/usr/local/bin/{program} "):
        wrong.append(f"ExecStart is no /usr/local/bin/{program}")
    if value(files[unit], "Documentation") != f"man:{program}(1)":
        wrong.append(f"Documentation is not man:{program}(1)")
    return wrong


def options_exist(files: Files, unit: str) -> list[str]:
    known = help_of(f"fathom-{UNITS[unit]}")
    lines = re.findall(r"^(?:ExecStart|.*_OPTIONS)=.*$", settings(files, unit), re.MULTILINE)
    return [
        f"{name} is no option"
        for name in re.findall(r"--[a-z-]+", "\n".join(lines))
        if not re.search(rf"^ +{name}\b", known, re.MULTILINE)
    ]


def variables_are_read(files: Files, unit: str) -> list[str]:
    """Those that are set are read by the program, or put into its command."""
    start, known = value(files[unit], "ExecStart"), help_of(f"fathom-{UNITS[unit]}")
    names = re.findall(
        r"^(?:Environment=)?(FATHOM_\w+)=", settings(files, unit), re.MULTILINE
    )
    return [
        f"nobody reads {name}"
        for name in names
        if not re.search(rf"\$\{{?{name}\b", start) and f"(Env:{name})" not in known
    ]


def exit_codes_exist(files: Files, unit: str) -> list[str]:
    said = re.search(r"^Exit codes: (.*)$", help_of(f"fathom-{UNITS[unit]}"), re.MULTILINE)
    codes = re.findall(r"(?:^|[,;] )(\d+) ", said[1]) if said else []
    listed = value(files[unit], "RestartPreventExitStatus").split()
    return [f"exit code {code} is not in --help" for code in listed if code not in codes] or (
        [] if listed else ["no exit code is listed"]
    )


def folders_agree(files: Files, unit: str) -> list[str]:
    """Of the unit, of its program and of what the packages make and remove."""
    text, wrong = files[unit], []
    start = value(text, "ExecStart")
    if unit == SERVER:
        state = "/var/lib/" + value(text, "StateDirectory")
        ledger = pathlib.PurePath(option(start, "--db"))
        if str(ledger.parent) != state:
            wrong.append(f"the ledger is {ledger}, not in {state}")
        user = re.search(
            r'^u (\S+) \S+ ".*" (\S+) ', files["debian/fathom-server.sysusers"], re.MULTILINE
        )
        if not user or user.groups() != (value(text, "User"), state):
            wrong.append(f"sysusers makes another user than {value(text, 'User')} in {state}")
        if f"-d {state} ]" not in files["debian/fathom-server.postrm"]:
            wrong.append(f"postrm does not say that {state} stays")
    else:
        name = value(text, "CacheDirectory")
        if option(start, "--cache") != f"/var/cache/{name}":
            wrong.append(f"the cache is not /var/cache/{name}")
        removed = f"rm -rf /var/cache/{name} /var/cache/private/{name}\n"
        if removed not in files["debian/fathom-worker.postrm"]:
            wrong.append("postrm does not remove the cache")
    return wrong


def packages_have_the_files(files: Files, unit: str) -> list[str]:
    package, wrong = f"fathom-{UNITS[unit]}", []
    rules = files["debian/rules"]
    if f"$(call unit,{pathlib.PurePath(unit).name})\n" not in rules:
        wrong.append("debian/rules does not pack the unit")
    settings_file = value(files[unit], "EnvironmentFile").removeprefix("-")
    source = f"/deploy/systemd/{UNITS[unit]}.env' "
    if f"{source}debian/{package}{settings_file}\n" not in rules:
        wrong.append(f"debian/rules does not pack {settings_file}")
    if "/usr/local" in files[unit].replace("/usr/local/bin/", ""):
        wrong.append("a path under /usr/local would not be in the package")
    listed = re.findall(r"^Package: (.*)$", files["debian/control"], re.MULTILINE)
    if package not in listed:
        wrong.append("debian/control does not have the package")
    if f"packages = {' '.join(listed)}\n" not in rules:
        wrong.append("debian/rules has other packages than debian/control")
    if f"foreach(program {' '.join(listed)})" not in files[CMAKE]:
        wrong.append("CMakeLists.txt has other components than debian/control packages")
    return wrong


RULES = (
    starts_the_program,
    options_exist,
    variables_are_read,
    exit_codes_exist,
    folders_agree,
    packages_have_the_files,
)

# Rule, file, what is there, what a mistake makes of it.
MISTAKES = (
    (starts_the_program, SERVER, "bin/fathom-server", "bin/fathomd"),
    (starts_the_program, WORKER, "man:fathom-worker(1)", "man:fathom-worker(8)"),
    (options_exist, SERVER, "--listen", "--address"),
    (options_exist, WORKER, "--cache", "--cach"),
    (options_exist, "systemd/server.env", "--lease-ttl", "--ttl"),
    (options_exist, "systemd/worker.env", "--slots 4", "--cores 4"),
    (variables_are_read, "systemd/worker.env", "#FATHOM_SERVER=", "#FATHOM_COORDINATOR="),
    (variables_are_read, SERVER, "$FATHOM_SERVER_OPTIONS", ""),
    (exit_codes_exist, SERVER, "Status=2 6 7", "Status=2 6 17"),
    (exit_codes_exist, WORKER, "Status=2 4", "Status="),
    (folders_agree, SERVER, "StateDirectory=fathom", "StateDirectory=fathom-server"),
    (folders_agree, "debian/fathom-server.sysusers", "u fathom ", "u sweeps "),
    (folders_agree, "debian/fathom-server.postrm", "/var/lib/fathom ]", "/var/lib/sweeps ]"),
    (folders_agree, WORKER, "--cache /var/cache/fathom-worker", "--cache /var/cache/fathom"),
    (folders_agree, "debian/fathom-worker.postrm", "/private/", "/"),
    (packages_have_the_files, SERVER, "/etc/fathom/server.env", "/etc/fathom/coordinator.env"),
    (packages_have_the_files, SERVER, "[Unit]", "[Unit]\nBindsTo=/usr/local/share/it"),
    (packages_have_the_files, "debian/rules", "unit,fathom-worker@", "unit,fathom-work@"),
    (packages_have_the_files, "debian/control", "Package: fathom-worker", "Package: fathom-w"),
    (packages_have_the_files, "debian/rules", "packages = fathom ", "packages = "),
    (packages_have_the_files, CMAKE, "foreach(program fathom ", "foreach(program "),
)


class Debs(unittest.TestCase):
    def test_units_packages_and_programs_agree(self) -> None:
        files = read()
        for rule in RULES:
            for unit in UNITS:
                with self.subTest(rule=rule.__name__, unit=unit):
                    self.assertEqual(rule(files, unit), [])

    def test_every_mistake_is_noticed(self) -> None:
        for rule, path, old, new in MISTAKES:
            with self.subTest(rule=rule.__name__, path=path, new=new):
                files = read()
                self.assertIn(old, files[path])
                files[path] = files[path].replace(old, new)
                self.assertNotEqual([wrong for unit in UNITS for wrong in rule(files, unit)], [])

    def test_maintainer_scripts_are_shell_and_ask_debhelper(self) -> None:
        scripts = [name for name in read() if name.endswith(("inst", "rm"))]
        self.assertGreaterEqual(len(scripts), 4)
        for name in scripts:
            with self.subTest(script=name):
                text = read()[name]
                self.assertRegex(text, r"\A#!/bin/sh\nset -e\n")
                self.assertIn("\n#DEBHELPER#\n", text)
                done = subprocess.run(
                    ["sh", "-n"], input=text, text=True, capture_output=True, check=False
                )
                self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

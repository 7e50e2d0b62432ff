"""Writes the section on the data pass of docs/performance.md.

  python3 tests/bench/data_pass_table.py [BENCH] [PAGE]

BENCH is build/release/tests/data_pass_bench. Takes two or three minutes, and
wants the machine for itself.
"""

import os
import subprocess
import sys

import report

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def main():
    bench = sys.argv[1] if len(sys.argv) > 1 else f"{ROOT}/build/release/tests/data_pass_bench"
    page = sys.argv[2] if len(sys.argv) > 2 else f"{ROOT}/docs/performance.md"
    lines = subprocess.run([bench, "--table", "1", "--rounds", "3"], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")]
            for line in lines if line.startswith("|")]
    head, rows = rows[0], rows[2:]
    report.write_section(page, "data-pass", f"""## The data pass

Share, in per cent, of the fused multiply-adds of one core that the data pass reaches, p = 4, for K columns (a trial with k
outputs has k of them). Losses and powers count as time, not as work. Each figure is the median of three rounds, each
beside its own measurement of the peak.

{report.machine()}; commit {report.commit()}.

{report.table(head, rows)}
""")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the programs of `make coverage` and prints which lines and branches of the packet path they
reached, the union over both. Fails if a line was not, or if an uncovered branch is not named in
docs/coverage.md.

    tests/coverage/report.py build/coverage/egress build/coverage/gateway
"""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMED = ROOT / "docs" / "coverage.md"
# What llvm-cov says of a branch: where it stands, and how often it was true and false.
LINE, COLUMN, TRUE, FALSE = 0, 1, 4, 5


def wanted(name):
    path = os.path.relpath(name, ROOT)
    return path if path.startswith("bpf/") or path == "maps/lookup.h" else None


def run(program):
    raw, data = program + ".profraw", program + ".profdata"
    subprocess.run([program], check=True, cwd=ROOT,
                   env={**os.environ, "LLVM_PROFILE_FILE": os.path.abspath(raw)})
    subprocess.run(["llvm-profdata", "merge", "-sparse", raw, "-o", data], check=True)
    export = subprocess.run(["llvm-cov", "export", "-instr-profile", data, program],
                            check=True, capture_output=True)
    return json.loads(export.stdout)["data"][0]["files"]


def count_lines(segments, lines):
    """llvm-cov's own rule: a line's count is the highest of the regions that begin on it, or of
    the one that it lies in."""
    by_line = collections.defaultdict(list)
    for segment in segments:
        by_line[segment[0]].append(segment)
    wrapped = None
    for line in range(segments[0][0], segments[-1][0] + 1):
        here = by_line.get(line, [])
        starts = [s for s in here if s[3] and s[4] and not s[5]]
        if (wrapped and wrapped[3]) or starts:
            skipped = here and here[0][4] and not here[0][3]
            if not skipped:
                counts = [s[2] for s in starts] + ([wrapped[2]] if wrapped and wrapped[3] else [])
                lines[line] = max(lines.get(line, 0), max(counts))
        if here:
            wrapped = here[-1]


def count_branches(found, branches, at=None):
    for branch in found:
        place = (*(at or (branch[LINE], branch[COLUMN])), *((branch[LINE], branch[COLUMN])
                                                           if at else (0, 0)))
        true, false = branches.get(place, (0, 0))
        branches[place] = (true + branch[TRUE], false + branch[FALSE])


def measure(programs):
    lines, branches = collections.defaultdict(dict), collections.defaultdict(dict)
    for program in programs:
        for file in run(program):
            path = wanted(file["filename"])
            if not path or not file["segments"]:
                continue
            count_lines(file["segments"], lines[path])
            count_branches(file["branches"], branches[path])
            for expansion in file["expansions"]:
                count_branches(expansion["branches"], branches[path],
                               tuple(expansion["source_region"][:2]))
    return lines, branches


def say_table(lines, branches):
    print(f"{'file':24} {'lines':>12} {'branches':>14}")
    sums = [0] * 4
    for path in sorted(lines):
        ways = [count for pair in branches[path].values() for count in pair]
        row = [sum(map(bool, lines[path].values())), len(lines[path]),
               sum(map(bool, ways)), len(ways)]
        sums = [a + b for a, b in zip(sums, row)]
        print(f"{path:24} {row[0]:5} of {row[1]:3} {row[2]:7} of {row[3]:3}")
    print(f"{'all':24} {sums[0]:5} of {sums[1]:3} {sums[2]:7} of {sums[3]:3}   lines "
          f"{100 * sums[0] / sums[1]:.1f} %, branches {100 * sums[2] / max(sums[3], 1):.1f} %")


def source(path, line):
    return (ROOT / path).read_text().splitlines()[line - 1].strip()


def main():
    lines, branches = measure(sys.argv[1:])
    named = NAMED.read_text() if NAMED.exists() else ""
    failed = False
    say_table(lines, branches)
    for path in sorted(lines):
        for line, count in sorted(lines[path].items()):
            if not count:
                failed = True
                print(f"{path}:{line}: not reached: {source(path, line)}")
        for place, (true, false) in sorted(branches[path].items()):
            for way, count in (("true", true), ("false", false)):
                text = re.sub(r"\s+", " ", source(path, place[0]))
                if not count:
                    known = f"`{path}`: `{text}`" in named
                    failed |= not known
                    print(f"{path}:{place[0]}:{place[1]}: never {way}"
                          f"{'' if known else ', and docs/coverage.md does not name it'}: {text}")
    sys.exit(failed)


if __name__ == "__main__":
    main()

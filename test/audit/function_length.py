#!/usr/bin/env python3
"""Functions: the median at most 12 lines, 95 of 100 at most 50, none above 70."""
import statistics
import subprocess

from lib import source

MEDIAN, MOST, LONGEST = 12, 50, 70


def functions():
    """(lines, path, line, name) of every function with a body."""
    listing = subprocess.run(
        ["ctags", "--language-force=C++", "--c++-kinds=f", "--fields=+ne", "-o", "-", "--sort=no"]
        + source.files(".cc", ".h"),
        cwd=source.ROOT, capture_output=True, text=True, check=True).stdout
    for row in listing.splitlines():
        if row.startswith("!"):
            continue
        name, path, *rest = row.split("\t")
        fields = dict(field.split(":", 1) for field in rest if ":" in field)
        if "end" in fields:
            first, last = int(fields["line"]), int(fields["end"])
            yield last - first + 1, path, first, name


def complaints(found):
    for lines, path, line, name in found:
        if lines > LONGEST:
            yield f"{path}:{line}: {name} has {lines} lines (at most {LONGEST})"
    lengths = sorted(each[0] for each in found)
    if not lengths:
        return
    if statistics.median(lengths) > MEDIAN:
        yield f"the median is {statistics.median(lengths)} lines (at most {MEDIAN})"
    long = [each for each in found if each[0] > MOST]
    if len(long) * 20 > len(found):
        yield f"{len(long)} of {len(found)} functions have over {MOST} lines (at most one in 20)"


FOUND = list(functions())
source.finish(list(complaints(FOUND)), FOUND)

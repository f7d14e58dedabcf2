#!/usr/bin/env python3
"""Files: at most 400 lines; each .cc opens with a comment of 3 to 10 lines that says
what it is for; each header has #pragma once before any code."""
from lib import source

LONGEST = 400
OPENING = range(3, 11)


def opening(text):
    """How many comment lines stand at the top."""
    count = 0
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        count += 1
    return count


def complaints(path):
    text = source.read(path)
    lines = text.count("\n")
    if lines > LONGEST:
        yield f"{path}: {lines} lines (at most {LONGEST})"
    if not text.endswith("\n"):
        yield f"{path}: the last line does not end"
    if path.endswith(".cc") and opening(text) not in OPENING:
        yield f"{path}: opens with {opening(text)} lines of comment (3 to 10)"
    if path.endswith(".h"):
        first = [line for line in source.code(path).splitlines() if line.strip()]
        if not first or first[0] != "#pragma once":
            yield f"{path}: no #pragma once before its code"


FILES = source.files(".cc", ".h")
source.finish([c for path in FILES for c in complaints(path)], FILES)

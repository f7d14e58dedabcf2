#!/usr/bin/env python3
"""Every script of ours parses: shell files, Python files, and the Python programs that
stand inside shell files; and a file with a #! line may be executed."""
import ast
import os
import re
import subprocess

from lib import source

INSIDE = re.compile(r"python[^\n]*<<'END'[^\n]*\n(.*?\n)END\n|cat > \S+\.py\S* <<'END'\n(.*?\n)END\n", re.S)


def python_error(text, name):
    try:
        ast.parse(text, name)
    except SyntaxError as error:
        return f"{name}:{error.lineno}: {error.msg}"
    return None


def shell_complaints(path):
    parsed = subprocess.run(["bash", "-n", path], cwd=source.ROOT, capture_output=True, text=True)
    if parsed.returncode:
        yield parsed.stderr.strip()
    for match in INSIDE.finditer(source.read(path)):
        text = match.group(1) or match.group(2)
        lines_before = source.read(path).count("\n", 0, match.start(1 if match.group(1) else 2))
        error = python_error("\n" * lines_before + text, path)
        if error:
            yield error


def complaints(path):
    if path.endswith(".py"):
        error = python_error(source.read(path), path)
        yield from [error] if error else []
    else:
        yield from shell_complaints(path)
    if source.read(path).startswith("#!") and not os.access(os.path.join(source.ROOT, path), os.X_OK):
        yield f"{path}: has a #! line, and cannot be executed"


FILES = source.files(".sh", ".py", rooms=("test", "etc")) + [".ci/run"]
source.finish([c for path in FILES for c in complaints(path)], FILES)

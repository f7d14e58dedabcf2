"""What the audits share: the list of our C++ files, and their text without comments
and without the contents of string literals (line numbers stay as they are)."""
import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
ROOMS = ("common", "redird", "wfd", "authd")
TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_'])'(?:\\.|[^'\\\n])+'", re.S)


def files(*endings, rooms=ROOMS):
    """Paths, relative to the root, of the files below `rooms`."""
    found = []
    for room in rooms:
        for ending in endings:
            found += glob.glob(f"{ROOT}/{room}/**/*{ending}", recursive=True)
    return sorted(os.path.relpath(path, ROOT) for path in found)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def blank(match):
    text = match.group(0)
    lines = "\n" * text.count("\n")
    return lines if text.startswith(("//", "/*")) else '"' + lines + '"'


def code(path):
    """The text of a C++ file without comments and string contents."""
    return TOKEN.sub(blank, read(path))


def finish(complaints, looked_at):
    """Prints what is wrong and ends the program; nothing looked at is wrong as well."""
    for complaint in complaints:
        print(complaint)
    if not looked_at:
        print("nothing to look at: is the audit in the right place?")
    sys.exit(1 if complaints or not looked_at else 0)

#!/usr/bin/env python3
"""What the house does without: exceptions, threads, owning pointers, unbounded C
strings, shells, raw close(), switched-off code, unfinished work."""
import re

from lib import source

# in the code, comments and strings taken out      why it is refused
IN_CODE = (
    (r"\b(throw|try|catch)\b",                      "no exceptions"),
    (r"\b(dynamic_cast|typeid)\b",                  "no run-time types"),
    (r"\bnew\b(?! *\()|\bdelete\b(?!\s*;)",         "no new, no delete"),
    (r"\b(alloca|strdup)\s*\(",                  "no C memory"),
    (r"\bshared_ptr\b|\bweak_ptr\b",                "an object has one owner"),
    (r"std::(jthread|thread|async|mutex|atomic_thread_fence)\b|\bpthread_create\b", "no threads"),
    (r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|scanf|sscanf|strncpy)\s*\(", "no unbounded C strings"),
    (r"\b(system|popen|execlp|execvp|getenv|tmpnam|mktemp)\s*\(", "no shells, no environment"),
    (r"\b(localtime|localtime_r|ctime|asctime|setlocale)\s*\(", "UTC only, no locale"),
    (r"^\s*#\s*if\s+0\b",                           "no switched-off code"),
    (r"\brand\s*\(|\bsrand\b|mt19937",              "randomness comes from the kernel"),
)
RAW_CLOSE = re.compile(r"(?<![\w>])::close\s*\(")
MAY_CLOSE = {"common/unique_fd.h"}
C_MEMORY = re.compile(r"\b(malloc|calloc|realloc|free)\s*\(")
MAY_ALLOCATE = {"common/lent_room.cc", "wfd/tls_memory.cc"}  # they stand between others and the heap
MACRO = re.compile(r"^\s*#\s*define\s+(\w+)", re.M)
MAY_DEFINE = re.compile(r"TRY|TRY_VOID|_GNU_SOURCE|CATCH_\w+|OPENSSL_\w+")
# anywhere in our files, comments too; put together here so that this file passes
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def in_code(path):
    text = source.code(path)
    for pattern, why in IN_CODE:
        for match in re.finditer(pattern, text, re.M):
            yield f"{path}:{line_of(text, match.start())}: `{match.group(0).strip()}`: {why}"
    if path not in MAY_CLOSE:
        for match in RAW_CLOSE.finditer(text):
            yield f"{path}:{line_of(text, match.start())}: close() belongs to UniqueFd"
    if path not in MAY_ALLOCATE:
        for match in C_MEMORY.finditer(text):
            yield f"{path}:{line_of(text, match.start())}: `{match.group(0).strip()}`: no C memory"
    for match in MACRO.finditer(text):
        if not MAY_DEFINE.fullmatch(match.group(1)):
            yield f"{path}:{line_of(text, match.start())}: macro {match.group(1)}"


def unfinished(path):
    text = source.read(path)
    for match in UNFINISHED.finditer(text):
        yield f"{path}:{line_of(text, match.start())}: {match.group(0)}: finish it, or open an issue"


CODE = source.files(".cc", ".h")
ALL = source.files(".cc", ".h", ".sh", ".py", ".mk", ".conf", ".nft", ".html",
                   rooms=source.ROOMS + ("test", "etc", "chroot-skel"))
source.finish([c for path in CODE for c in in_code(path)]
              + [c for path in ALL for c in unfinished(path)], CODE)

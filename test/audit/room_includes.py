#!/usr/bin/env python3
"""Doors only where drawn: a room includes its own headers and common/ and no other
room's; the header of a library is included only behind its wall.  The walls are those of
the programs: a test may play the other side with whatever plays it best."""
import re

from lib import source

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.M)

# header (regular expression)                      files that may include it
WALLS = (
    (r"openssl/(ssl|tls1|dtls1|ssl3)\.h",           r"wfd/tls\w*\.(cc|h)"),
    (r"openssl/(core|core_dispatch|core_object|provider)\.h",   r"wfd/\w*(provider|tls)\w*\.(cc|h)"),
    (r"openssl/.*",                                 r"(common|wfd|authd)/\w+\.(cc|h)"),
    (r"ini\.h",                                     r"common/settings\w*\.cc"),
    (r"(seccomp|linux/seccomp|linux/audit|cap-ng|sys/capability)\.h", r"common/(jail|sandbox)\w*\.(cc|h)"),
    (r"sqlite3\.h",                                 r"authd/store\w*\.(cc|h)"),
    (r"qrencode\.h",                                r"authd/qr\.cc"),
    (r"(pthread|thread|mutex|future|condition_variable|shared_mutex|semaphore|threads)(\.h)?", r"(?!)"),
)


def rooms_seen_by(path):
    room = path.split("/")[0]
    if room == "test":
        return {path.split("/")[2], "common", "unit", "test"}
    return {room, "common"}


def complaints(path):
    for quote, header in INCLUDE.findall(source.read(path)):
        if quote == '"' and header.split("/")[0] not in rooms_seen_by(path):
            yield f'{path}: includes "{header}", which is not its own and not common/'
        for wall, allowed in () if path.startswith("test/") else WALLS:
            if quote == "<" and re.fullmatch(wall, header):
                if not re.fullmatch(allowed, path):
                    yield f"{path}: includes <{header}>, which belongs behind {allowed}"
                break


FILES = source.files(".cc", ".h", rooms=source.ROOMS + ("test/unit",))
source.finish([c for path in FILES for c in complaints(path)], FILES)

"""Messages as bytes: every one that a worker may send, good or spoilt.

    bytes_of("judge", ticket=T)      the message with that ticket (bytes), well-formed
    spoilt(ticket)                   (name, ticket): the same ticket, a bit of each part turned
    KINDS, MAY_SEND                  from the sources: the number of a kind, and who hears what"""
import os
import re

ROOT = os.environ["ROOT"]


def source(name):
    with open(f"{ROOT}/common/{name}", encoding="ascii") as file:
        return re.sub(r"//.*", "", file.read())


def read_kinds():
    body = re.search(r"enum class Kind[^{]*\{(.*?)\}", source("message_kind.h"), re.S).group(1)
    names = [word.strip() for word in body.split(",") if "=" not in word]
    return {name: number for number, name in enumerate(names)}


def read_routes():
    rows = re.findall(r"\{Kind::(\w+),\s*Role::worker,\s*Role::(\w+),\s*(\d)\}", source("messages.h"))
    return {(role, kind) for kind, role, descriptors in rows if descriptors == "0"}


KINDS = read_kinds()
MAY_SEND = read_routes()


def number(value, size):
    return value.to_bytes(size, "little")


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return number(len(value), 2) + value


TAG = number(7, 4)
COOKIE = text(b"c" * 32)
HOST = text("www.corp.example")
ID = text(b"i" * 32)
TLS13 = text(b" " * 64 + b"TLS 1.3, server CertificateVerify\0" + b"\x5a" * 32)

# What follows the kind, in order; a ticket stands where T does.
T = object()
FIELDS = {
    ("signer", "sign"): (TAG, T, number(0, 4), number(0x0403, 2), TLS13),
    ("signer", "keep_session"): (T, HOST, ID, text("state")),
    ("signer", "take_session"): (TAG, T, HOST, ID),
    ("broker", "dial"): (TAG, T, COOKIE, HOST, number(0, 1), number(0, 1), text("")),
    ("broker", "learned"): (T, HOST, number(3, 1)),
    ("sessions", "judge"): (TAG, T, COOKIE, number(0, 1)),
    ("sessions", "touch"): (T, number(0, 4), number(1, 8), number(0, 1)),
    ("sessions", "login"): (TAG, T, text("alice"), text("1234"), text("123456"), text(""), text("")),
    ("sessions", "logout"): (TAG, T, COOKIE, text(""), number(0, 1)),
    ("sessions", "look"): (TAG, T, COOKIE, number(0, 1), text("")),
    ("sessions", "list_own"): (TAG, T, COOKIE, number(0, 1)),
    ("sessions", "ended_seen"): (number(0, 4), number(1, 8)),
    ("sessions", "vouch"): (TAG, T, COOKIE, HOST),
    ("sessions", "list_keys"): (TAG, T),
    ("sessions", "verify"): (TAG, T, COOKIE),
    ("porter", "closed"): (T, number(1, 1)),
    ("porter", "closed_many"): (number(1, 2), T, number(1, 1)),
}
assert set(FIELDS) == MAY_SEND, f"not the messages that a worker may send: {set(FIELDS) ^ MAY_SEND}"
WITH_TICKET = [key for key, fields in FIELDS.items() if T in fields]


def bytes_of(role, kind, ticket, **exchanged):
    """`exchanged`: other bytes for the field of that number (_1=...)."""
    parts = list(FIELDS[role, kind])
    for place, value in exchanged.items():
        parts[int(place[1:])] = value
    return number(KINDS[kind], 1) + b"".join(ticket if part is T else part for part in parts)


def spoilt(ticket):
    """Tickets that the porter has never sealed."""
    def turned(at, bit=1):
        return ticket[:at] + bytes([ticket[at] ^ bit]) + ticket[at + 1:]
    yield "another connection id", turned(0)
    yield "another worker's number", turned(8)
    yield "a far worker's number", turned(15, 0x80)
    yield "another client", turned(20)
    yield "another destination or port", turned(len(ticket) - 33)
    yield "the seal's first bit", turned(len(ticket) - 32)
    yield "the seal's last bit", turned(len(ticket) - 1, 0x80)
    yield "no seal", ticket[:-32] + bytes(32)
    yield "no ticket", bytes(len(ticket))
    yield "half a ticket", ticket[:len(ticket) // 2]

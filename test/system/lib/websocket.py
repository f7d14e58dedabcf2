"""WebSocket frames (RFC 6455, 5) over anything with send() and exactly(), for the client
and the server of the tests.  Nothing is checked that a test does not ask for."""
import base64
import hashlib
import os
import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def accept_of(key):
    return base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()


def head_of(path, host, cookie=None, origin=None, key=KEY, extra="", leave_out=()):
    """A client's handshake; `leave_out` names fields that are not to be in it."""
    fields = {"Host": host, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
              "Sec-WebSocket-Key": key, "Origin": origin or f"https://{host}"}
    if cookie:
        fields["Cookie"] = f"SessionID={cookie}"
    lines = [f"{name}: {value}" for name, value in fields.items() if name not in leave_out]
    return (f"GET {path} HTTP/1.1\r\n" + "\r\n".join(lines) + f"\r\n{extra}\r\n").encode()


def frame(code, payload=b"", masked=False, final=True):
    size = len(payload)
    first = (0x80 if final else 0) | code
    bit = 0x80 if masked else 0
    if size < 126:
        head = struct.pack("!BB", first, bit | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", first, bit | 126, size)
    else:
        head = struct.pack("!BBQ", first, bit | 127, size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + xor(payload, mask)


def xor(payload, mask):
    key = mask * (len(payload) // 4 + 1)
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key[:len(payload)], "big")).to_bytes(len(payload), "big")


def read_frame(stream):
    """(code, payload, final) of the next frame."""
    first, second = stream.exactly(2)
    size = second & 127
    if size == 126:
        size, = struct.unpack("!H", stream.exactly(2))
    elif size == 127:
        size, = struct.unpack("!Q", stream.exactly(8))
    mask = stream.exactly(4) if second & 128 else None
    payload = stream.exactly(size)
    return first & 15, xor(payload, mask) if mask else payload, bool(first & 128)

"""NTLMv2 as it is spoken in HTTP ([MS-NLMP], [MS-NTHT]): enough of both sides for a login
that holds for the connection it was made on."""
import base64
import hmac
import os
import struct

SIGNATURE = b"NTLMSSP\0"
# unicode, target wanted, NTLM, always sign, target is a domain, extended security, target information
FLAGS = 0x1 | 0x4 | 0x200 | 0x8000 | 0x10000 | 0x80000 | 0x800000


def md4(data):
    """RFC 1320; OpenSSL 3 has it no more."""
    def turn(x, n):
        return ((x << n) | (x >> (32 - n))) & 0xffffffff
    rounds = ((lambda x, y, z: (x & y) | (~x & z), 0, (3, 7, 11, 19), range(16)),
              (lambda x, y, z: (x & y) | (x & z) | (y & z), 0x5a827999, (3, 5, 9, 13),
               (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)),
              (lambda x, y, z: x ^ y ^ z, 0x6ed9eba1, (3, 9, 11, 15),
               (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15)))
    state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]
    text = data + b"\x80" + b"\0" * ((55 - len(data)) % 64) + struct.pack("<Q", 8 * len(data))
    for at in range(0, len(text), 64):
        words = struct.unpack("<16I", text[at:at + 64])
        a, b, c, d = state
        for mix, constant, turns, order in rounds:
            for step, word in enumerate(order):
                a, b, c, d = d, turn((a + mix(b, c, d) + words[word] + constant) & 0xffffffff, turns[step % 4]), b, c
        state = [(old + new) & 0xffffffff for old, new in zip(state, (a, b, c, d))]
    return struct.pack("<4I", *state)


def hmac_md5(key, data):
    return hmac.new(key, data, "md5").digest()


def proof(user, domain, password, challenge, blob):
    key = hmac_md5(md4(password.encode("utf-16-le")), (user.upper() + domain).encode("utf-16-le"))
    return hmac_md5(key, challenge + blob)


def buffer_at(message, at):
    size, _, offset = struct.unpack_from("<HHI", message, at)
    return message[offset:offset + size]


def negotiate_message():
    return SIGNATURE + struct.pack("<II", 1, FLAGS) + b"\0" * 16


def challenge_message(challenge):
    domain = "LAB".encode("utf-16-le")
    information = struct.pack("<HH", 2, len(domain)) + domain + struct.pack("<HH", 0, 0)
    start = 48
    return (SIGNATURE + struct.pack("<IHHII", 2, len(domain), len(domain), start, FLAGS) + challenge + b"\0" * 8
            + struct.pack("<HHI", len(information), len(information), start + len(domain)) + domain + information)


def authenticate_message(user, password, challenge_text):
    challenge, information = challenge_text[24:32], buffer_at(challenge_text, 40)
    blob = b"\1\1" + b"\0" * 6 + b"\0" * 8 + os.urandom(8) + b"\0" * 4 + information + b"\0" * 4
    parts = (b"\0" * 24, proof(user, "", password, challenge, blob) + blob, b"", user.encode("utf-16-le"), b"", b"")
    heads, payload = b"", b""
    for part in parts:
        heads += struct.pack("<HHI", len(part), len(part), 64 + len(payload))
        payload += part
    return SIGNATURE + struct.pack("<I", 3) + heads + struct.pack("<I", FLAGS) + payload


def user_of(message, challenge, passwords):
    """The user whose password made this authenticate message for `challenge`, or None."""
    response, domain, user = (buffer_at(message, at) for at in (20, 28, 36))
    domain, user = domain.decode("utf-16-le"), user.decode("utf-16-le")
    wanted = proof(user, domain, passwords.get(user, ""), challenge, response[16:])
    return user if user in passwords and hmac.compare_digest(wanted, response[:16]) else None


def encode(message):
    return base64.b64encode(message).decode()

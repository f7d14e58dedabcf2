"""What the gate has to do with each message of the tables, said in Python: which head goes
on to the server, and which answer comes back.  Written anew and not from the C++, so that
an error there is not repeated here."""
import json
import re

DOMAIN = "corp.example"
METHODS = "GET HEAD POST PUT PATCH DELETE OPTIONS PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK".split()
ENDS_HERE = set("""host connection keep-alive proxy-connection proxy-authorization te trailer transfer-encoding
    content-length upgrade http2-settings expect forwarded x-real-ip early-data x-original-url x-rewrite-url
    proxy""".split())
ALWAYS_GOES_ON = {"cookie", "host", "authorization"}


def load(path):
    """{kind: rows}; what was in hexadecimal is bytes again."""
    kinds = {"request": [], "chunks": [], "answer": []}
    with open(path) as file:
        for line in file:
            row = json.loads(line)
            for name in ("bytes", "payload", "left", "method", "target"):
                if name in row:
                    row[name] = bytes.fromhex(row[name])
            kinds[row["kind"]].append(row)
    return kinds


def with_cookie(message, cookie):
    """`message` with our cookie behind its first line, if it has one."""
    match = re.match(rb"(?:\r\n)?[^\r\n]+\r\n", message)
    if not match:
        return message
    return message[:match.end()] + b"Cookie: SessionID=" + cookie + b"\r\n" + message[match.end():]


def folded(name):
    return re.sub("[^a-z0-9]", "-", name.lower())


def fields_of(head):
    for line in head.decode("latin-1").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        yield name, value.strip(" \t")


def goes_on(name, named):
    key = folded(name)
    if key in ENDS_HERE or key.startswith(("x-forwarded", "x-postern-")):
        return False
    return key in ALWAYS_GOES_ON or name.lower() not in named


def unchunked(data):
    """The payload of a chunked body, and what stands behind its end."""
    payload = b""
    while True:
        size, _, data = data.partition(b"\r\n")
        if not int(size, 16):
            break
        payload, data = payload + data[:int(size, 16)], data[int(size, 16) + 2:]
    while not data.startswith(b"\r\n"):
        data = data.partition(b"\r\n")[2]
    return payload, data[2:]


def expected_request(row):
    """(head, payload) as the server gets them."""
    head, _, body = row["bytes"].removeprefix(b"\r\n").partition(b"\r\n\r\n")
    named = {one.strip().lower() for name, value in fields_of(head) if name.lower() == "connection"
             for one in value.split(",")}
    lines = [row["method"].decode() + " " + row["target"].decode() + " HTTP/1.1", "Host: " + row["host"]]
    for name, value in fields_of(head):
        if name.lower() == "destination":  # the recorder speaks no TLS
            value = value.replace("https://" + row["host"], "http://" + row["host"])
        if goes_on(name, named):
            lines.append(f"{name}: {value}")
    if row["framing"] == "chunked":
        lines.append("Transfer-Encoding: chunked")
        body = unchunked(body)[0]
    elif row["framing"] == "length":
        lines.append(f"Content-Length: {row['length']}")
        body = body[:row["length"]]
    else:
        body = b""
        if row["method"] in (b"POST", b"PUT", b"PATCH"):
            lines.append("Content-Length: 0")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n", body


def expected_payload(row):
    """The body of an answer that the parser takes."""
    body = row["bytes"].partition(b"\r\n\r\n")[2]
    if row["framing"] == "chunked":
        return unchunked(body)[0]
    return {"none": b"", "length": body[:row["length"]], "until-close": body}[row["framing"]]


def expected_status(row):
    """(status, reason in the log) of a request that the parser takes; 200 goes on."""
    if row["port"] not in (0, 443):
        return 400, "host-port"
    if row["host"] != DOMAIN and not row["host"].endswith("." + DOMAIN):
        return 421, "misdirected"
    if row["method"].decode() not in METHODS:
        return 405, "method"
    return 200, None

"""raw_client.py CASES COOKIE OUTCOMES: sends each message of the tables through the gate, as
raw bytes over TLS, many at once, and writes down what came back, one JSON object a line.
Before each message a good request, GET /mark/KEY, opens the way to the server: KEY is what
the server's records are found by."""
import concurrent.futures
import json
import re
import ssl
import sys

import raw_cases
import wire

CASES, COOKIE, OUTCOMES = sys.argv[1], sys.argv[2].encode(), sys.argv[3]
context = ssl.create_default_context(cafile=wire.LAB + "/certs/gate-ca.pem")
context.check_hostname = False  # without SNI, any Host below the domain may be named


def connect():
    return wire.Connection(context.wrap_socket(wire.tcp("record.corp.example", 443)))


def final(c, method):
    """The answer after those that are on the way to it; a 100 is not meant for everybody."""
    while True:
        status, _, body = c.answer(method)
        if status >= 200:
            return status, body


def outcome(key, c, method="GET"):
    try:
        status, body = final(c, method)
    except (wire.Closed, TimeoutError):  # the verdict will say which message that was
        status, body = 0, b""
    match = re.search(rb"\b[0-9a-f]{16}\b", body)
    return {"key": key, "status": status, "id": match.group().decode() if match else "", "body": body.hex()}


def mark(key, host):
    return wire.get(host, "/mark/" + key, cookie=COOKIE.decode())


def send(key, message, host="a.corp.example", method="GET", at_once=False, ends=True):
    with connect() as c:
        if at_once:
            c.send(mark(key, host) + message)
            first = c.answer()[0]
        else:
            first = c.ask(mark(key, host))[0]
            c.send(message)
        row = outcome(key, c, method)
        row["mark"] = first
        row["closed"] = c.closed_within(5) if ends else None
        return row


def send_request(number, row):
    message = raw_cases.with_cookie(row["bytes"], COOKIE)
    if "fault" in row:
        return [send(f"{number}-then", message), send(f"{number}-at-once", message, at_once=True)]
    good = raw_cases.expected_status(row)[0] == 200
    return [send(f"{number}", message, row["host"] if good else "a.corp.example", row["method"].decode(), ends=False)]


def send_chunks(number, row):
    head = wire.get("a.corp.example", "/chunks", cookie=COOKIE.decode(), method="POST", extra="Transfer-Encoding: chunked\r\n")
    return [send(f"c{number}", head + row["bytes"], ends=row["fault"] != "-")]


def ask_for_answer(number, row):
    with connect() as c:
        method = "HEAD" if row.get("to_head") else "GET"
        c.send(wire.get("a.corp.example", f"/answer/{number}", cookie=COOKIE.decode(), method=method))
        return [outcome(f"a{number}", c, method)]


def jobs():
    kinds = raw_cases.load(CASES)
    for kind, work in (("request", send_request), ("chunks", send_chunks), ("answer", ask_for_answer)):
        for number, row in enumerate(kinds[kind]):
            yield work, number, row


with concurrent.futures.ThreadPoolExecutor(16) as pool, open(OUTCOMES, "w") as out:
    for done in [pool.submit(*job) for job in jobs()]:
        for row in done.result():
            print(json.dumps(row), file=out)

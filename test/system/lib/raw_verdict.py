"""raw_verdict.py CASES OUTCOMES DIRECTORY SYSLOG: compares what was sent (raw_client.py), what
the server recorded (recorder.py) and what the gate logged with what should have been."""
import collections
import json
import os
import re
import sys

import raw_cases

CASES, OUTCOMES, DIRECTORY, SYSLOG = sys.argv[1:]
problems = []


def check(good, *what):
    if not good:
        problems.append(" ".join(map(str, what)))


def outcomes():
    with open(OUTCOMES) as file:
        return {row["key"]: row for row in map(json.loads, file)}


def records():
    """{key: what came on the connection that the mark of that key opened}; nothing else
    may have come to the server."""
    found = collections.defaultdict(list)
    for name in os.listdir(DIRECTORY):
        with open(f"{DIRECTORY}/{name}", "rb") as file:
            data = file.read()
        match = re.match(rb"(?:GET|HEAD) /(mark|answer)/([^ ]+) HTTP/1.1\r\nHost: [a-z0-9.-]+\r\n\r\n", data)
        check(match or not data, "the server got something by itself:", data[:300])
        if match and match.group(1) == b"mark":
            found[match.group(2).decode()].append(data[match.end():])
    return found


def reasons():
    """{connection: [(status, reason)]} of the lines event=refuse."""
    found = collections.defaultdict(list)
    with open(SYSLOG, encoding="utf-8", errors="replace") as file:
        for line in file:
            match = re.search(r"event=refuse id=([0-9a-f]{16}) .*status=(\S+) reason=(\S+)", line)
            if match:
                found[match.group(1)].append((match.group(2), match.group(3)))
    return found


def check_refused(key, row, status, reason, what):
    check(row["mark"] == 200, key, "the mark got", row["mark"])
    check(row["status"] == status, key, what, "got", row["status"], "instead of", status)
    check(said[row["id"]] == [(str(status), reason)], key, what, "is logged as", said[row["id"]], "instead of", reason)
    check(seen[key] == [b""], key, what, "reached the server:", seen[key])


def check_request(number, row):
    if "fault" in row:
        for key in (f"{number}-then", f"{number}-at-once"):
            check_refused(key, came[key], row["status"], row["fault"], row["bytes"][:300])
            check(came[key]["closed"], key, row["bytes"][:300], "was not the end of the connection")
        return "refused"
    key = str(number)
    status, reason = raw_cases.expected_status(row)
    if status != 200:
        check_refused(key, came[key], status, reason, row["bytes"])
        return "not allowed"
    check(came[key]["status"] == 200, key, row["bytes"], "got", came[key]["status"])
    check(len(seen[key]) == 1, key, row["bytes"], "came on", len(seen[key]), "connections")
    check_arrived(key, row["bytes"], b"".join(seen[key]), *raw_cases.expected_request(row))
    return "accepted"


def check_arrived(key, what, data, head, payload):
    check(data.startswith(head), key, what, "arrived as", data, "instead of", head)
    body = data[len(head):]
    if b"\r\nTransfer-Encoding: chunked\r\n" in head and data.startswith(head):
        body, rest = raw_cases.unchunked(body)
        check(rest == b"", key, what, "has something behind it:", rest)
    check(body == payload, key, what, "brought the body", body, "instead of", payload)


def check_chunks(number, row):
    key = f"c{number}"
    if row["fault"] != "-":
        check_refused(key, came[key], 400, row["fault"], row["bytes"])
        check(came[key]["closed"], key, row["bytes"], "was not the end of the connection")
        return "body refused"
    head = b"POST /chunks HTTP/1.1\r\nHost: a.corp.example\r\nTransfer-Encoding: chunked\r\n\r\n"
    check(came[key]["status"] == 200, key, row["bytes"], "got", came[key]["status"])
    check_arrived(key, row["bytes"], b"".join(seen[key]), head, row["payload"])
    return "body accepted"


def check_answer(number, row):
    key = f"a{number}"
    if "fault" in row:
        check(came[key]["status"] == 502, key, row["bytes"], "got", came[key]["status"])
        check(said[came[key]["id"]] == [("502", row["fault"])], key, row["bytes"], "is logged as", said[came[key]["id"]])
        return "answer refused"
    if row["status"] < 200 or row["length"] > 100:
        return "answer not complete"
    check(came[key]["status"] == row["status"], key, row["bytes"], "got", came[key]["status"])
    check(bytes.fromhex(came[key]["body"]) == raw_cases.expected_payload(row), key, row["bytes"], "brought", came[key]["body"])
    return "answer accepted"


came, seen, said = outcomes(), records(), reasons()
kinds = raw_cases.load(CASES)
counts = collections.Counter()
for kind, work in (("request", check_request), ("chunks", check_chunks), ("answer", check_answer)):
    for each, case in enumerate(kinds[kind]):
        counts[work(each, case)] += 1
for problem in problems[:20]:
    print(problem)
print("  " + ", ".join(f"{n} {what}" for what, n in counts.items()))
sys.exit(1 if problems else 0)

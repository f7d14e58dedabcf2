"""recorder.py ADDRESS DIRECTORY CASES: a plain HTTP server (port 80) that keeps every byte.
What comes on its connection N is in DIRECTORY/N, as it comes; the file is called N.done
once the connection is over.  Each request gets a small answer; /answer/K gets the answer
of case K of CASES (the file that http_cases makes), byte for byte, and then the end."""
import json
import os
import sys

import stream

ADDRESS, DIRECTORY, CASES = sys.argv[1:4]
with open(CASES) as file:
    rows = [json.loads(line) for line in file]
answers = [bytes.fromhex(row["bytes"]) for row in rows if row["kind"] == "answer"]


class Recorder(stream.Peer):
    def __init__(self, connection):
        super().__init__(connection)
        self.name = f"{DIRECTORY}/{self.number}"
        self.file = open(self.name, "wb", buffering=0)

    def more(self):
        before = len(self.buffer)
        super().more()
        self.file.write(self.buffer[before:])

    def play(self):
        line, head = self.head()
        self.body(head)
        method, target, _ = line.split(" ", 2)
        if target.startswith("/answer/"):
            self.send(answers[int(target.rsplit("/")[-1])])
            return False
        self.send(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n" + (b"" if method == "HEAD" else b"recorded"))
        return True

    def serve(self):
        super().serve()
        self.file.close()
        os.rename(self.name, self.name + ".done")


listener = stream.listen(ADDRESS, 80)
print("ready", flush=True)
stream.serve(Recorder, listener)

"""recorder.py ADDRESS DIRECTORY CASES: a plain HTTP server (port 80) that keeps every byte.
What comes on its connection N is in DIRECTORY/N, as it comes; the file is called N.done
once the connection is over.  Each request gets a small answer; /answer/K gets the answer
of case K of CASES (the file that http_cases makes), byte for byte, and then the end."""
import asyncio
import json
import os
import sys

ADDRESS, DIRECTORY, CASES = sys.argv[1:4]
with open(CASES) as file:
    rows = [json.loads(line) for line in file]
answers = [bytes.fromhex(row["bytes"]) for row in rows if row["kind"] == "answer"]
numbers = iter(range(1, 1 << 30))


class Recorder:
    """One connection."""

    def __init__(self, reader, writer, name):
        self.reader, self.writer = reader, writer
        self.buffer = b""
        self.file = open(name, "wb", buffering=0)

    async def more(self):
        piece = await self.reader.read(65536)
        if not piece:
            raise EOFError
        self.file.write(piece)
        self.buffer += piece

    async def until(self, mark):
        while mark not in self.buffer:
            await self.more()
        head, _, self.buffer = self.buffer.partition(mark)
        return head

    async def exactly(self, size):
        while len(self.buffer) < size:
            await self.more()
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    async def request(self):
        """The head's lines; the body is read and dropped."""
        lines = (await self.until(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines[1:])
        if "Transfer-Encoding" in fields:
            while size := int(await self.until(b"\r\n"), 16):
                await self.exactly(size + 2)
            await self.until(b"\r\n")
        else:
            await self.exactly(int(fields.get("Content-Length", 0)))
        return lines

    async def serve(self):
        while True:
            method, target, _ = (await self.request())[0].split(" ", 2)
            if target.startswith("/answer/"):
                self.writer.write(answers[int(target.rsplit("/")[-1])])
                return await self.writer.drain()
            body = b"" if method == "HEAD" else b"recorded"
            self.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n" + body)
            await self.writer.drain()


async def welcome(reader, writer):
    name = f"{DIRECTORY}/{next(numbers)}"
    recorder = Recorder(reader, writer, name)
    try:
        await recorder.serve()
    except (EOFError, ConnectionError, ValueError):
        pass
    writer.close()
    os.rename(name, name + ".done")


async def main():
    server = await asyncio.start_server(welcome, ADDRESS, 80, backlog=1024)
    print("ready", flush=True)
    await server.serve_forever()


asyncio.run(main())

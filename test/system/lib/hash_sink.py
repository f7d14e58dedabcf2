"""hash_sink.py CERTIFICATE KEY ADDRESS...: an HTTPS server (port 443) that answers
each POST or PUT with "LENGTH SHA256" of the body, which it never keeps."""
import hashlib
import http.server
import sys
import threading

import stream


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pieces(self):
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return
        left = int(self.headers.get("Content-Length", 0))
        while left:
            piece = self.rfile.read(min(left, 1 << 18))
            if not piece:
                raise ConnectionError("the body ended early")
            left -= len(piece)
            yield piece

    def do_POST(self):
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        total, digest = 0, hashlib.sha256()
        for piece in self.pieces():
            total += len(piece)
            digest.update(piece)
        answer = f"{total} {digest.hexdigest()}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_PUT = do_POST

    def handle_expect_100(self):
        return True  # said in do_POST

    def log_message(self, *_):
        pass


for address in sys.argv[3:]:
    server = stream.HttpsServer(Handler, address, stream.tls(*sys.argv[1:3]))
    threading.Thread(target=server.serve_forever).start()
print("ready", flush=True)

"""syslog_sink.py SOCKET FILE: a system log.  Each datagram becomes one line of FILE,
line feeds inside it shown as \\n so that a forged line would be seen."""
import os
import socket
import sys

path, file = sys.argv[1:]
sink = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
sink.bind(path + ".new")
os.chmod(path + ".new", 0o666)
with open(file, "ab", buffering=0) as out:
    os.rename(path + ".new", path)
    while True:
        out.write(sink.recv(65536).replace(b"\n", b"\\n") + b"\n")

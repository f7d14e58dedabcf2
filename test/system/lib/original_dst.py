"""original_dst.py redirect|tproxy ADDRESS PORT: a listener that knows what the gate's
porter has to know.  Each connection is told, in one line, which client and which
destination the kernel names for it: "CLIENT DESTINATION PORT"."""
import socket
import struct
import sys

SO_ORIGINAL_DST = 80  # the same number for IPv6 (linux/netfilter_ipv6/ip6_tables.h)
IP_TRANSPARENT, IPV6_TRANSPARENT = 19, 75

mode, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
v6 = ":" in address
listener = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
if v6:
    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
if mode == "tproxy":
    level, option = (socket.IPPROTO_IPV6, IPV6_TRANSPARENT) if v6 else (socket.SOL_IP, IP_TRANSPARENT)
    listener.setsockopt(level, option, 1)
listener.bind((address, port))
listener.listen()


def destination(connection):
    if mode == "tproxy":
        return connection.getsockname()[:2]
    if v6:
        raw = connection.getsockopt(socket.IPPROTO_IPV6, SO_ORIGINAL_DST, 28)
        return socket.inet_ntop(socket.AF_INET6, raw[8:24]), struct.unpack("!H", raw[2:4])[0]
    raw = connection.getsockopt(socket.SOL_IP, SO_ORIGINAL_DST, 16)
    return socket.inet_ntop(socket.AF_INET, raw[4:8]), struct.unpack("!H", raw[2:4])[0]


print("ready", flush=True)
while True:
    connection, client = listener.accept()
    to, to_port = destination(connection)
    connection.sendall(f"{client[0]} {to} {to_port}\n".encode())
    connection.close()

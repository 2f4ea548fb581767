"""The first two packets of an SCTP association (RFC 9260), sent by raw sockets: INIT, and INIT ACK with a text in it.

Translation of addresses by the kernel can be seen with them, even if the kernel has no SCTP of its own.
"""
import itertools
import random
import socket
import struct
import time

PROTOCOL = 132
INIT, INIT_ACK = 1, 2
STATE_COOKIE = 7
ports = itertools.count(random.randrange(20000, 50000))


def table():
    values = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        values.append(value)
    return values


TABLE = table()


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ TABLE[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


def packet(source, destination, tag, kind, text=b""):
    """Source and destination are ports."""
    cookie = b""
    if text:
        cookie = struct.pack("!HH", STATE_COOKIE, 4 + len(text)) + text + bytes(-len(text) % 4)
    chunk = struct.pack("!BBHIIHHI", kind, 0, 20 + len(cookie), random.randrange(1, 1 << 32), 65536, 1, 1, 1) + cookie
    head = struct.pack("!HHI", source, destination, tag)
    return head + struct.pack("<I", crc32c(head + bytes(4) + chunk)) + chunk


def raw_socket(six):
    return socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_RAW, PROTOCOL)


def receive(raw):
    """The peer's address, both ports, the kind of the first chunk, its tag and the text of its cookie."""
    data, peer = raw.recvfrom(2000)
    if raw.family == socket.AF_INET:
        data = data[(data[0] & 15) * 4:]
    if len(data) < 32:
        return peer[0], 0, 0, 0, 0, ""
    source, destination = struct.unpack_from("!HH", data)
    kind, _, _, tag = struct.unpack_from("!BBHI", data, 12)
    text = ""
    if len(data) >= 36 and struct.unpack_from("!H", data, 32)[0] == STATE_COOKIE:
        text = data[36:32 + struct.unpack_from("!H", data, 34)[0]].decode()
    return peer[0], source, destination, kind, tag, text


def answer(raw, name, served):
    """Says `NAME:PORT SOURCE` to whoever wants to begin an association."""
    peer, source, destination, kind, tag, _ = receive(raw)
    if kind == INIT and destination in served:
        raw.sendto(packet(destination, source, tag, INIT_ACK, f"{name}:{destination} {peer}".encode()), (peer, 0))


def ask(raw, address, port, timeout):
    """Returns what was answered, `refused`, or `nothing`."""
    own = 20000 + next(ports) % 30000
    raw.connect((address, 0))
    end = time.monotonic() + timeout
    try:
        raw.send(packet(own, port, 0, INIT))
        while (left := end - time.monotonic()) > 0:
            raw.settimeout(left)
            _, source, destination, kind, _, text = receive(raw)
            if (source, destination, kind) == (port, own, INIT_ACK):
                return text
    except ConnectionRefusedError:
        return "refused"
    except (TimeoutError, PermissionError):
        pass
    return "nothing"

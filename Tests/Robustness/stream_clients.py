"""Hand-written clients of the protocols that pods are talked to with: WebSockets with channels, and SPDY/3.1."""
import base64
import hashlib
import os
import socket
import struct
import time
import zlib

WORDS = ("options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow "
         "authorization cache-control connection content-base content-encoding content-language content-length "
         "content-location content-md5 content-range content-type date etag expect expires from host if-match "
         "if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma "
         "proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade "
         "user-agent vary via warning www-authenticate method get status").split() + [
             "200 OK", "version", "HTTP/1.1", "url", "public", "set-cookie", "keep-alive", "origin"]
TEXT = ("100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
        "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden"
        "404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug "
        "Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,"
        "application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdch"
        "charset=utf-8charset=iso-8859-1,utf-,*,enq=0.")
# What SPDY/3 compresses headers against (draft 3, 2.6.10.1).
DICTIONARY = b"".join(struct.pack(">I", len(word)) + word.encode() for word in WORDS) + TEXT.encode()


class Refused(Exception):
    """The connection stayed with HTTP."""

    def __init__(self, status, body):
        super().__init__(f"{status} {body[:300]!r}")
        self.status, self.body = status, body


class Raw:
    """A socket with a buffer."""

    def __init__(self, url, timeout=30):
        host, port = url.removeprefix("http://").rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb", 1 << 16)

    def upgrade(self, method, path, headers):
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: Upgrade"] + headers
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        line = self.file.readline()
        if not line:
            raise ConnectionError("closed without an answer")
        found, length = {}, None
        while (field := self.file.readline()) not in (b"\r\n", b""):
            name, _, value = field.decode().partition(":")
            found[name.lower()] = value.strip()
        if int(line.split()[1]) != 101:
            length = int(found.get("content-length", "0"))
            raise Refused(int(line.split()[1]), self.file.read(length))
        return found

    def exactly(self, count):
        data = self.file.read(count)
        if len(data) < count:
            raise EOFError
        return data

    def close(self):
        self.file.close()
        self.socket.close()


class WebSocket(Raw):
    def __init__(self, url, path, protocol="v5.channel.k8s.io", timeout=30):
        super().__init__(url, timeout)
        key = base64.b64encode(os.urandom(16)).decode()
        headers = ["Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", "Origin: http://localhost"]
        if protocol:
            headers.append(f"Sec-WebSocket-Protocol: {protocol}")
        try:
            found = self.upgrade("GET", path, headers)
        except BaseException:
            self.close()
            raise
        digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        self.is_proper = found.get("sec-websocket-accept") == base64.b64encode(digest).decode() \
            and found.get("sec-websocket-protocol", "") == (protocol or "")
        self.pongs = []
        # The code of the closing frame.
        self.code = None

    @staticmethod
    def frame(opcode, data, last=True, mask=b"\x01\x02\x03\x04"):
        size = len(data)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack(">H", size) if size < 65536 \
            else b"\xff" + struct.pack(">Q", size)
        repeated = (mask * (size // 4 + 1))[:size]
        masked = (int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")
        return bytes([(0x80 if last else 0) | opcode]) + length + mask + masked

    def send(self, data, opcode=2):
        self.socket.sendall(self.frame(opcode, data))

    def channel(self, number, data):
        self.send(bytes([number]) + data)

    def receive(self):
        """The next message; None at the end."""
        while True:
            try:
                first, second = self.exactly(2)
                size = second & 127
                if size == 126:
                    size = struct.unpack(">H", self.exactly(2))[0]
                elif size == 127:
                    size = struct.unpack(">Q", self.exactly(8))[0]
                data = self.exactly(size)
            except (EOFError, ConnectionError):
                return None
            opcode = first & 15
            if opcode == 8:
                self.code = struct.unpack(">H", data[:2])[0] if len(data) >= 2 else 0
                return None
            if opcode == 9:
                self.socket.sendall(self.frame(10, data))
            elif opcode == 10:
                self.pongs.append(data)
            else:
                return data

    def all(self):
        """{channel: bytes} up to the end."""
        found = {}
        while (message := self.receive()) is not None:
            if message:
                found[message[0]] = found.get(message[0], b"") + message[1:]
        return found


class SPDY:
    """Frames over anything that has `write(bytes)` and `read()`, which gives some bytes, or nothing at the end."""

    def __init__(self, write, read):
        self.write, self.read, self.buffer = write, read, b""
        self.compressor = zlib.compressobj(9, zlib.DEFLATED, 15, 8, zlib.Z_DEFAULT_STRATEGY, DICTIONARY)
        self.decompressor = zlib.decompressobj(zdict=DICTIONARY)
        self.next = 1
        self.data, self.ended, self.replied, self.reset, self.pings, self.away = {}, set(), set(), {}, [], False

    def control(self, kind, body, flags=0):
        self.write(struct.pack(">HHI", 0x8003, kind, flags << 24 | len(body)) + body)

    def open(self, last=False, **headers):
        number, self.next = self.next, self.next + 2
        plain = struct.pack(">I", len(headers))
        for name, value in headers.items():
            plain += struct.pack(">I", len(name)) + name.lower().encode() + struct.pack(">I", len(value)) + value.encode()
        block = self.compressor.compress(plain) + self.compressor.flush(zlib.Z_SYNC_FLUSH)
        self.control(1, struct.pack(">IIH", number, 0, 0) + block, 1 if last else 0)
        return number

    def send(self, number, data, last=False):
        self.write(struct.pack(">II", number, (1 if last else 0) << 24 | len(data)) + data)

    def ping(self, number):
        self.control(6, struct.pack(">I", number))

    def exactly(self, count):
        while len(self.buffer) < count:
            more = self.read()
            if not more:
                raise EOFError
            self.buffer += more
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def frame(self):
        """Reads one frame into the fields of this object; False at the end."""
        try:
            first, second = struct.unpack(">II", self.exactly(8))
            body = self.exactly(second & 0xFFFFFF)
        except (EOFError, ConnectionError):
            return False
        last = second >> 24 & 1
        if not first >> 31:
            self.data[first] = self.data.get(first, b"") + body
            if last:
                self.ended.add(first)
            return True
        kind, number = first & 0xFFFF, struct.unpack(">I", body[:4])[0]
        if kind == 2:
            assert self.decompressor.decompress(body[4:])[:4] == b"\0\0\0\0"
            self.replied.add(number)
        elif kind == 3:
            self.reset[number] = struct.unpack(">I", body[4:8])[0]
        elif kind == 6:
            self.pings.append(number)
        elif kind == 7:
            self.away = True
        return True

    def until(self, done):
        while not done():
            if not self.frame():
                return False
        return True


class SPDYSocket(SPDY):
    """After an upgrade of the connection."""

    def __init__(self, url, path, *protocols, timeout=30):
        self.raw = Raw(url, timeout)
        headers = ["Upgrade: SPDY/3.1", "Content-Length: 0"] + [f"X-Stream-Protocol-Version: {name}" for name in protocols]
        try:
            self.headers = self.raw.upgrade("POST", path, headers)
        except BaseException:
            self.raw.close()
            raise
        super().__init__(self.raw.socket.sendall, lambda: self.raw.file.read1(65536))

    def close(self):
        self.raw.close()


class SPDYTunnel(SPDY):
    """In the messages of a WebSocket."""

    def __init__(self, url, path, timeout=30):
        self.socket = WebSocket(url, path, "SPDY/3.1+portforward.k8s.io", timeout)
        super().__init__(self.socket.send, self.socket.receive)

    def close(self):
        self.socket.close()


def wait_until(done, limit=60):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if done():
            return True
        time.sleep(0.05)
    return False

"""What strangers try on the door with TLS: handshakes that never end, records that are cut, renegotiation, floods."""
import os
import resource
import socket
import ssl
import struct
import subprocess
import time

HALF_OPEN = 10_000


def hang_up(one):
    """Sends no more; the server may have closed the connection first."""
    try:
        one.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Strangers:
    """`access` is the group of checks that this is part of."""

    def __init__(self, access):
        self.access, self.port, self.server = access, access.port, access.server
        self.check = access.check

    def run(self):
        descriptors, began = self.descriptors(), time.monotonic()
        # Nothing more comes on it: the server has to end it.
        forgotten = self.raw()
        forgotten.sendall(hello()[:50])
        self.half_open()
        self.broken()
        self.records()
        self.renegotiation()
        self.floods()
        self.check("others are answered", self.access.answers())
        forgotten.settimeout(max(1, began + 40 - time.monotonic()))
        self.check("a handshake that does not go on has an end", self.ends(forgotten))
        forgotten.close()
        end = time.monotonic() + 20
        while self.descriptors() > descriptors + 4 and time.monotonic() < end:
            time.sleep(0.2)
        self.check("no descriptor is left", self.descriptors() <= descriptors + 4, (descriptors, self.descriptors()))

    def settled(self, bound):
        """How many descriptors are open once those that are being closed are: a busy machine takes a moment."""
        end = time.monotonic() + 10
        while (count := self.descriptors()) > bound and time.monotonic() < end:
            time.sleep(0.1)
        return count

    # Handshakes

    def half_open(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        count = min(HALF_OPEN, hard - 200)
        if count < HALF_OPEN:
            print(f"SKIPPED {HALF_OPEN - count} of {HALF_OPEN} half-open handshakes: only {hard} files may be open")
        memory, descriptors, most, slowest = self.memory(), self.descriptors(), 0, 0.0
        whole, held = hello(), []
        try:
            for number in range(count):
                one = self.raw()
                held.append(one)
                # Nothing at all, a part of the first message, or all of it, after which the server has said its part.
                one.sendall((b"", whole[:100], whole)[number % 3])
                if number % 1000 == 999:
                    began = time.monotonic()
                    self.check(f"{number + 1} handshakes that do not end: others are answered", self.access.answers())
                    slowest = max(slowest, time.monotonic() - began)
                    most = max(most, self.settled(descriptors + 600 * (os.cpu_count() or 1)))
            self.check("at most some hundred of them are kept for each event loop", most <= descriptors + 600 * (os.cpu_count() or 1), (descriptors, most))
            grown = self.memory() - memory
            self.check("they take less than 128 MiB", grown < 128, f"{grown:.0f} MiB")
        finally:
            for one in held:
                one.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        # The heaps are trimmed every 20 s if that is worth it.
        end = time.monotonic() + 45
        while self.memory() > memory + 24 and time.monotonic() < end:
            time.sleep(0.5)
        self.check("and it is given back", self.memory() <= memory + 24, f"{memory:.0f} MiB before, {self.memory():.0f} after")
        print(f"     {count} half-open handshakes: {grown:.0f} MiB, slowest answer to others {slowest:.2f} s")

    def broken(self):
        whole = hello()
        for claim, bytes_ in (("plain HTTP", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), ("a truncated record", b"\x16\x03\x01\x02\x00\x01"),
                              ("a ClientHello cut in the middle", whole[:len(whole) // 2]), ("a record that is too long", b"\x16\x03\x01\xff\xff" + bytes(4096)),
                              ("a ClientHello whose length lies", whole[:6] + b"\xff\xff\xff" + whole[9:]), ("SSL 2", b"\x80\x2e\x01\x00\x02" + bytes(43)),
                              ("noise", os.urandom(4096)), ("an empty record", b"\x17\x03\x03\x00\x00")):
            with self.raw() as one:
                one.settimeout(10)
                one.sendall(bytes_)
                hang_up(one)
                self.check(f"{claim} on the port with TLS ends the connection", self.ends(one))

    # Sessions

    def records(self):
        """Records that are cut, changed or repeated: what was in them is not carried out."""
        path = "/api/v1/namespaces/default/configmaps"
        body = b'{"metadata":{"generateName":"cut-"}}'
        request = (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer of-an-admin\r\n"
                   f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body
        for claim, change in (("cut", lambda record: record[:-1]), ("changed", lambda record: record[:-1] + bytes([record[-1] ^ 1])),
                              ("cut and padded", lambda record: record[:-20] + bytes(20)),
                              ("preceded by an empty one", lambda record: b"\x17\x03\x03\x00\x00" + record)):
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                with self.raw() as one:
                    one.settimeout(10)
                    session = Session(one, version)
                    one.sendall(change(session.encrypted(request)))
                    hang_up(one)
                    self.check(f"a record that is {claim} ends the connection, {version.name}", self.ends(one))
        with self.raw() as one:
            one.settimeout(10)
            session = Session(one, ssl.TLSVersion.TLSv1_3)
            one.sendall(session.encrypted(request[:-10]))
            hang_up(one)
            self.check("a request that ends without a farewell ends the connection", self.ends(one))
        code, text, _ = self.access.curl(path, "-H", "Authorization: Bearer of-an-admin")
        self.check("nothing of that was carried out", code == 200 and '"cut-' not in text, (code, text[-300:]))

    def renegotiation(self):
        for claim, version, letter, most in (("renegotiation", "-tls1_2", b"R\n", 3), ("a flood of new keys", "-tls1_3", b"k\n", 200)):
            client = subprocess.Popen(["openssl", "s_client", version, "-connect", f"127.0.0.1:{self.port}"], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            time.sleep(0.5)
            ended = False
            for _ in range(most):
                try:
                    client.stdin.write(letter)
                    client.stdin.flush()
                    client.wait(timeout=0.02 if most > 10 else 3)
                    ended = True
                    break
                except subprocess.TimeoutExpired:
                    continue
                except BrokenPipeError:
                    ended = True
                    break
            client.kill()
            text = client.communicate()[0].decode(errors="replace")
            self.check(f"{claim} ends the connection", ended and ("RENEGOTIATING" in text or "KEYUPDATE" in text), text[-600:])

    # HTTP/2

    def floods(self):
        for claim, flood in (("resets", self.resets), ("settings", lambda n: frame(4, 0, 0)), ("pings", lambda n: frame(6, 0, 0, b"12345678")),
                             ("continuations", self.continuations), ("empty data", self.empty_data), ("priorities", lambda n: frame(2, 0, 1, b"\0\0\0\0\1"))):
            self.check(f"a flood of {claim} over HTTP/2 ends its connection", self.flood(flood))

    def flood(self, make):
        context = ssl._create_unverified_context()
        context.set_alpn_protocols(["h2"])
        with context.wrap_socket(self.raw(), server_hostname="localhost") as one:
            if one.selected_alpn_protocol() != "h2":
                return False
            one.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0))
            end = time.monotonic() + 15
            number = 0
            while time.monotonic() < end:
                try:
                    one.settimeout(5)
                    one.sendall(b"".join(make(number + n) for n in range(200)))
                    number += 200
                    one.settimeout(0.001)
                    if not one.recv(65536):
                        return True
                except (ssl.SSLWantReadError, TimeoutError):
                    continue
                except OSError:
                    return True
            return False

    @staticmethod
    def request(number, flags=0x5):
        return frame(1, flags, 2 * number + 1, b"\x82\x87\x84\x41\x09localhost")

    def resets(self, number):
        return self.request(number) + frame(3, 0, 2 * number + 1, b"\0\0\0\x08")

    def continuations(self, number):
        return self.request(0, 0x1) if number == 0 else frame(9, 0, 1, b"\x40\x01a\x01b" * 100)

    def empty_data(self, number):
        return self.request(0, 0x4) if number == 0 else frame(0, 0, 1)

    # The server's process

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.server.process.pid}/fd"))

    def memory(self):
        """Resident MiB."""
        with open(f"/proc/{self.server.process.pid}/status") as file:
            return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))

    def raw(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    @staticmethod
    def ends(connection):
        """Whether the other end closes it, whatever it says before."""
        try:
            while connection.recv(65536):
                pass
            return True
        except (ConnectionResetError, ssl.SSLError):
            return True
        except OSError:
            return False


class Session:
    """A session of TLS whose records can be seen."""

    def __init__(self, connection, version):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl._create_unverified_context()
        context.minimum_version = context.maximum_version = version
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                connection.sendall(self.outgoing.read())
                received = connection.recv(65536)
                if not received:
                    raise ConnectionError("the handshake was ended") from None
                self.incoming.write(received)
        connection.sendall(self.outgoing.read())

    def encrypted(self, text):
        self.tls.write(text)
        return self.outgoing.read()


def hello():
    """The first message of a handshake."""
    outgoing = ssl.MemoryBIO()
    try:
        ssl._create_unverified_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload

#!/usr/bin/env python3
"""Asks the DNS server for more than it should give: large answers, bursts, connections that nobody reads, upstream
servers that send queries back. Each must have a bounded cost, and other clients must still be answered.

    dns_bounds.py --binary .build/debug/fairlead
"""
import argparse
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Checks, Fairlead  # noqa: E402

BIG = "big.default.svc.cluster.local"
SMALL = "kubernetes.default.svc.cluster.local"
SLICES = 50


def question(name, kind=1, size=None, ident=1):
    """A query, with an OPT record if a size is given."""
    packet = struct.pack(">HHHHHH", ident, 0x0100, 1, 0, 0, 0 if size is None else 1)
    packet += b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    packet += struct.pack(">HH", kind, 1)
    if size is not None:
        packet += b"\0" + struct.pack(">HHIH", 41, size, 0, 0)
    return packet


def framed(packet):
    return struct.pack(">H", len(packet)) + packet


def is_cut(answer):
    return bool(answer[2] & 0x02)


def code(answer):
    return answer[3] & 15


def post(url, path, body):
    request = urllib.request.Request(url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.status


def make_big(url):
    """A headless Service with fifty thousand endpoints, and one with a hundred."""
    for name, slices, size in [("big", SLICES, 1000), ("hundred", 1, 100)]:
        post(url, "/api/v1/namespaces/default/services", {
            "metadata": {"name": name}, "spec": {"clusterIP": "None", "ports": [{"port": 80, "name": "http"}]}})
        for index in range(slices):
            post(url, "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", {
                "metadata": {"name": f"{name}-{index}", "labels": {"kubernetes.io/service-name": name}},
                "addressType": "IPv4", "ports": [{"port": 80, "name": "http"}],
                "endpoints": [{"addresses": [f"10.{index}.{n // 250}.{n % 250 + 1}"]} for n in range(size)]})


class Process:
    """What the kernel knows of the server."""

    def __init__(self, pid):
        self.pid = pid

    def seconds(self):
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def await_stop(self):
        """Waits until every thread has stopped."""
        for thread in os.listdir(f"/proc/{self.pid}/task"):
            until = time.monotonic() + 10
            while time.monotonic() < until:
                with open(f"/proc/{self.pid}/task/{thread}/stat") as file:
                    if file.read().rsplit(")", 1)[1].split()[0] == "T":
                        break
                time.sleep(0.01)

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def resident(self):
        """MiB."""
        with open(f"/proc/{self.pid}/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize() / (1 << 20)


class Bounds(Checks):
    def __init__(self, server):
        super().__init__()
        self.server = server
        self.dns = server.dns
        self.process = Process(server.process.pid)

    def log(self):
        with open(self.server.log.name) as file:
            return file.read()

    def udp(self, packet, timeout=5, dns=None):
        """One answer, or None if none comes in time."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(timeout)
            client.sendto(packet, dns or self.dns)
            try:
                return client.recv(70000)
            except OSError:
                return None

    def tcp(self, packet, timeout=10):
        with socket.create_connection(self.dns, timeout=timeout) as client:
            client.sendall(framed(packet))
            head = self.exactly(client, 2)
            return head and self.exactly(client, struct.unpack(">H", head)[0])

    @staticmethod
    def exactly(client, count):
        data = b""
        try:
            while len(data) < count:
                part = client.recv(count - len(data))
                if not part:
                    return None
                data += part
        except OSError:
            return None
        return data

    def answers(self, after):
        answer = self.udp(question(SMALL, ident=77), timeout=3)
        self.check(f"a small question is answered {after}", answer is not None and code(answer) == 0, answer)

    # The cost and size of answers.

    def sizes(self):
        for asked, most in [(None, 512), (512, 512), (1232, 1232), (4096, 1232), (65535, 1232)]:
            answer = self.udp(question(BIG, size=asked))
            self.check(f"asked for {asked} bytes by UDP, at most {most} come, cut",
                       answer is not None and most - 40 < len(answer) <= most and is_cut(answer), answer and len(answer))
        whole = self.tcp(question("hundred.default.svc.cluster.local"))
        self.check("a hundred addresses come whole by TCP", whole is not None and not is_cut(whole), whole)
        answer = self.udp(question(BIG, size=65535))
        self.check("whoever has asked by TCP gets more by UDP", answer is not None and 4000 < len(answer) <= 4096,
                   answer and len(answer))

    def cost(self):
        """CPU time of the server, which does not depend on who else is running."""
        def spent(name, kind, count=1500):
            before = self.process.seconds()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.settimeout(5)
                for _ in range(count):
                    client.sendto(question(name, kind, size=1232), self.dns)
                    try:
                        client.recv(4096)
                    except OSError:
                        return None
            return self.process.seconds() - before

        # Warm-up: whatever is built on first use is built now.
        self.udp(question("10-1-0-1." + BIG))
        self.udp(question("10-0-0-1.hundred.default.svc.cluster.local"))
        for claim, label, kind in [("A", "", 1), ("SRV", "", 33), ("AAAA", "", 28), ("MX", "", 15),
                                   ("one endpoint", "10-0-0-1.", 1), ("no endpoint", "x.", 1)]:
            few = max(spent(label + "hundred.default.svc.cluster.local", kind) or 0, 0.05)
            many = spent(label + BIG, kind)
            self.check(f"{claim} of fifty thousand endpoints costs about what it does of a hundred",
                       many is not None and many < 4 * few, f"{many} s of CPU, {few} s of a hundred")

    # Waiting queries.

    def burst(self):
        """As if the server had had no CPU time for three seconds while clients went on asking."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(1)
            self.server.process.send_signal(signal.SIGSTOP)
            self.process.await_stop()
            for ident in range(3000):
                client.sendto(question(BIG, ident=ident), self.dns)
            time.sleep(3)
            self.server.process.send_signal(signal.SIGCONT)
            answer = self.udp(question(SMALL), timeout=1)
            self.check("after a burst a new question is answered at once", answer is not None, answer)
            stale = 0
            try:
                while client.recv(2000):
                    stale += 1
            except OSError:
                pass
            # One or two batches are read before the clock is read for the first time.
            self.check("what had waited three seconds is not answered", stale <= 128, stale)
        self.check("the log says so", "old ones are dropped" in self.log(), self.log()[-2000:])

    # TCP.

    def idle(self):
        before = self.process.descriptors()
        idle = [socket.create_connection(self.dns, timeout=10) for _ in range(900)]
        answer = self.tcp(question(SMALL))
        self.check("nine hundred idle connections do not keep others out", answer is not None, answer)
        held = self.process.descriptors() - before
        self.check("and not all of them are kept", held < 700, held)
        for client in idle:
            client.close()
        self.answers("after idle connections")

    def dribble(self):
        """A message of 65,535 bytes that never arrives completely."""
        clients = [socket.create_connection(self.dns, timeout=10) for _ in range(20)]
        began = time.monotonic()
        open_ones = set(clients)
        while open_ones and time.monotonic() - began < 30:
            for client in list(open_ones):
                try:
                    client.send(b"\xff\xff" + b"x" * 50)
                except OSError:
                    open_ones.discard(client)
            time.sleep(0.2)
        self.check("who dribbles is closed", not open_ones, len(open_ones))
        for client in clients:
            client.close()

    def unread(self):
        """Connections that keep asking for large answers and never read one."""
        before = self.process.resident()
        packets = framed(question(BIG)) * 500
        clients = []
        for _ in range(60):
            client = socket.create_connection(self.dns, timeout=10)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.setblocking(False)
            clients.append(client)
        until = time.monotonic() + 5
        while time.monotonic() < until:
            for client in clients:
                try:
                    client.send(packets)
                except OSError:
                    pass
            self.answers_quietly()
        grown = self.process.resident() - before
        self.check("sixty connections that read nothing cost less than 60 MiB", grown < 60, f"{grown:.0f} MiB")
        self.answers("while nobody reads")
        for client in clients:
            client.close()

    def answers_quietly(self):
        if self.udp(question(SMALL), timeout=2) is None:
            self.check("a question is answered while others read nothing", False)

    def garbage(self):
        head = struct.pack(">HHHHHH", 5, 0x0100, 1, 0, 0, 0)
        for claim, packet in [
            ("a name that points to itself", head + b"\xc0\x0c" + b"\0\1\0\1"),
            ("names that point to each other", head + b"\xc0\x0e\xc0\x0c" + b"\0\1\0\1"),
            ("a pointer behind the end", head + b"\xff\xff" + b"\0\1\0\1"),
            ("65535 questions", struct.pack(">HHHHHH", 5, 0x0100, 65535, 65535, 65535, 65535) + b"\0\0\1\0\1"),
        ]:
            answer = self.udp(packet, timeout=2)
            self.check(f"{claim}: a format error", answer is not None and code(answer) == 1, answer)
        self.answers("after garbage")


def forward_checks(binary):
    """One server whose upstream never answers, and one whose upstream sends queries back."""
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    with Fairlead(binary, "--bare", "--dns-forward", "127.0.0.1:%d" % silent.getsockname()[1]) as server:
        checks = Bounds(server)
        before = checks.process.descriptors()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            for number in range(4000):
                client.sendto(question(f"n{number}.example.com", ident=number), checks.dns)
                if number % 100 == 0:
                    time.sleep(0.01)
            most = checks.process.descriptors() - before
            checks.check("four thousand names nobody answers for cost at most some hundred descriptors", most <= 300, most)
            checks.answers("while the other server is silent")
            client.settimeout(10)
            answer = None
            try:
                answer = client.recv(2000)
            except OSError:
                pass
            checks.check("who asks for them is told SERVFAIL", answer is not None and code(answer) == 2, answer)
        until = time.monotonic() + 20
        while "no answer from the server" not in checks.log() and time.monotonic() < until:
            time.sleep(0.2)
        checks.check("the log says that there is no answer", "no answer from the server" in checks.log(),
                     checks.log()[-2000:])
    silent.close()

    relay = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    relay.bind(("127.0.0.1", 0))
    with Fairlead(binary, "--bare", "--dns-forward", "127.0.0.1:%d" % relay.getsockname()[1]) as server:
        looped = Bounds(server)
        passed = [0]

        def pass_back():
            """Sends queries back where they came from, like a resolver that is told to ask the cluster."""
            while True:
                try:
                    packet, sender = relay.recvfrom(4096)
                except OSError:
                    return
                if not packet or packet == b"end":
                    return
                passed[0] += 1
                threading.Thread(target=lambda: relay_one(packet, sender), daemon=True).start()

        def relay_one(packet, sender):
            answer = looped.udp(packet, timeout=3)
            if answer:
                relay.sendto(answer, sender)

        thread = threading.Thread(target=pass_back, daemon=True)
        thread.start()
        until = time.monotonic() + 45
        answer = None
        while time.monotonic() < until:
            answer = looped.udp(question("www.example.com"), timeout=10)
            if "passes questions back" in looped.log():
                break
        looped.check("a server that passes questions back is noticed", "passes questions back" in looped.log(), looped.log()[-2000:])
        before = passed[0]
        answer = looped.udp(question("other.example.com"), timeout=3)
        looped.check("and nothing is forwarded to it any more", answer is not None and code(answer) == 5 and passed[0] == before,
                     f"{answer} {passed[0] - before}")
        relay.sendto(b"end", relay.getsockname())
        thread.join(5)
    relay.close()

    refused = subprocess.run(
        [binary, "serve", "--bare", "--data", ":memory:", "--listen", "127.0.0.1:0", "--dns-listen", "127.0.0.1:5399",
         "--dns-forward", "127.0.0.1:5399"], capture_output=True, text=True, timeout=60)
    looped.check("a server that would ask itself does not start",
                 refused.returncode != 0 and "--dns-forward" in refused.stderr, refused.stderr)
    return checks, looped


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    binary = os.path.abspath(parser.parse_args().binary)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    with Fairlead(binary, "--bare") as server:
        bounds = Bounds(server)
        make_big(server.url)
        bounds.sizes()
        bounds.cost()
        bounds.garbage()
        bounds.burst()
        bounds.idle()
        bounds.unread()
        bounds.dribble()
        bounds.answers("in the end")
    for other in forward_checks(binary):
        bounds.passed += other.passed
        bounds.failed += other.failed
    with Fairlead(binary, "--bare", "--dns-udp-size", "65507") as server:
        large = Bounds(server)
        make_big(server.url)
        answer = large.udp(question(BIG, size=65535))
        large.check("where it is allowed an answer by UDP has up to 65,507 bytes",
                    answer is not None and 65400 < len(answer) <= 65507, answer and len(answer))
        bounds.passed += large.passed
        bounds.failed += large.failed
    return bounds.finish()


if __name__ == "__main__":
    sys.exit(main())

"""Several members of etcd and several servers that share them, on loopback."""
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Fairlead  # noqa: E402


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class Member:
    """One member of etcd. Its data outlives its process."""

    def __init__(self, name, folder, client, peer):
        self.name, self.folder, self.client, self.peer = name, folder, client, peer
        self.url = f"http://127.0.0.1:{client}"
        self.peer_url = f"http://127.0.0.1:{peer}"
        self.process = None

    def start(self, cluster, fsync=True):
        with open(self.folder + ".log", "a") as log:
            self.process = subprocess.Popen(
                ["etcd", "--name", self.name, "--data-dir", self.folder, "--listen-client-urls", self.url,
                 "--advertise-client-urls", self.url, "--listen-peer-urls", self.peer_url,
                 "--initial-advertise-peer-urls", self.peer_url,
                 "--initial-cluster", ",".join(f"{m.name}={m.peer_url}" for m in cluster)],
                stdout=log, stderr=log)

    def signal(self, number):
        self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.process.wait()


class Etcd:
    """A cluster of members."""

    def __init__(self, count):
        self.scratch = tempfile.TemporaryDirectory(prefix="fairlead-etcd-")
        ports = free_ports(2 * count)
        self.members = [Member(f"m{i}", os.path.join(self.scratch.name, f"m{i}"), ports[2 * i], ports[2 * i + 1])
                        for i in range(count)]

    def __enter__(self):
        for member in self.members:
            self.start(member)
        # A member whose client port is open knows of a leader soon; servers wait for that.
        for member in self.members:
            wait_for(lambda: is_open(member.client), f"{member.name} does not start", 30)
        return self

    def __exit__(self, *_):
        for member in self.members:
            if member.process is not None and member.process.poll() is None:
                member.signal(signal.SIGCONT)
                member.signal(signal.SIGKILL)
        self.scratch.cleanup()

    def start(self, member):
        member.start(self.members)

    @property
    def storage(self):
        return "etcd:" + ",".join(member.url for member in self.members)


class Replicas:
    """Servers that share an etcd, and the keys beside the data of the first one."""

    def __init__(self, binary, etcd, count, *flags):
        self.servers = [Fairlead(binary, "--storage", etcd.storage, *flags) for _ in range(count)]
        for server in self.servers[1:]:
            # The cluster's authority and the keys for tokens are there.
            server.data = self.servers[0].data

    def __enter__(self):
        # The first one makes the keys.
        for server in self.servers:
            server.start()
        return self

    def __exit__(self, *_):
        for server in reversed(self.servers):
            if server.process is not None and server.process.poll() is None:
                server.process.send_signal(signal.SIGCONT)
            try:
                server.stop()
            except subprocess.TimeoutExpired:
                server.kill()
        for server in self.servers:
            server.scratch.cleanup()


class Spread:
    """A balancer: each new connection goes to the next server."""

    def __init__(self, addresses):
        self.addresses = addresses
        self.turn = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.served = [0] * len(addresses)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            turn = self.turn % len(self.addresses)
            self.turn += 1
            self.served[turn] += 1
            threading.Thread(target=self.relay, args=(client, self.addresses[turn]), daemon=True).start()

    @staticmethod
    def relay(client, address):
        try:
            server = socket.create_connection(address)
        except OSError:
            client.close()
            return

        def pump(source, target):
            try:
                while data := source.recv(65536):
                    target.sendall(data)
            except OSError:
                pass
            for end in (source, target):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

        back = threading.Thread(target=pump, args=(server, client), daemon=True)
        back.start()
        pump(client, server)
        back.join()
        client.close()
        server.close()

    def close(self):
        self.listener.close()


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition, complaint, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(complaint)
        time.sleep(0.05)

"""A small cluster's network in namespaces of its own: three nodes and a machine outside, joined by a bridge, and a
namespace for every pod, with an echo for TCP, UDP and SCTP on port 8080 and 8081. The nodes themselves have one, too: a
pod in the host network.

Nothing of it touches the machine's own network. What pods answer: their name and the source address that they see.
"""
import contextlib
import ctypes
import os
import selectors
import socket
import subprocess
import threading

import sctp

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
NODES = ["n1", "n2", "n3"]
PODS_PER_NODE = 4
PORTS = [8080, 8081]
OUTSIDE = "203.0.113.9"
OUTSIDE6 = "2001:db8:9::9"
SYSCTLS = ["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.conf.all.rp_filter=0",
           "net.ipv4.conf.default.rp_filter=0", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0",
           "net.netfilter.nf_conntrack_udp_timeout=60"]


class Refused(Exception):
    """The kernel does not let us have namespaces."""


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr or done.stdout}")
    return done.stdout


def node_address(node, six=False):
    return ("2001:db8::" if six else "192.0.2.") + node[1:]


class Pod:
    def __init__(self, node, index):
        self.node = node
        self.name = f"{node}-{index}"
        self.ip = f"10.244.{node[1:]}.{index}"
        self.ip6 = f"fd00:244:0:{node[1:]}::{index}"

    def address(self, six=False):
        return self.ip6 if six else self.ip


class HostPod:
    """A pod in the network of its node."""

    def __init__(self, node):
        self.node = node
        self.name = f"host-{node}"
        self.ip = node_address(node)
        self.ip6 = node_address(node, True)

    def address(self, six=False):
        return self.ip6 if six else self.ip


class Network:
    def __init__(self):
        self.prefix = f"flp{os.getpid()}-"
        self.names = []
        self.descriptors = {}
        self.own = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.pods = [Pod(node, index) for node in NODES for index in range(1, PODS_PER_NODE + 1)]
        self.host_pods = [HostPod(node) for node in NODES]
        self.echo = None

    # namespaces

    def add(self, name):
        path = self.prefix + name
        try:
            run("ip", "netns", "add", path)
        except RuntimeError as error:
            raise Refused(str(error)) from error
        self.names.append(name)
        self.descriptors[name] = os.open(f"/run/netns/{path}", os.O_RDONLY)
        self.ip(name, "link set lo up")

    def ip(self, name, *commands):
        script = "\n".join(commands)
        run("ip", "-n", self.prefix + name, "-batch", "-", input=script)

    def sysctl(self, name, *settings):
        run("ip", "netns", "exec", self.prefix + name, "sysctl", "-q", *sum((["-w", s] for s in settings), []))

    @contextlib.contextmanager
    def inside(self, name):
        """The calling thread is in the namespace: sockets made there stay there."""
        try:
            self.enter(self.descriptors[name])
            yield
        finally:
            self.enter(self.own)

    @staticmethod
    def enter(descriptor):
        if LIBC.setns(descriptor, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def command(self, name, *command):
        """What runs a program in a namespace."""
        return ["ip", "netns", "exec", self.prefix + name, *command]

    # the plan

    def build(self):
        self.add("bridge")
        self.ip("bridge", "link add br0 type bridge", "link set br0 up")
        for node in NODES + ["outside"]:
            self.add(node)
            self.join(node)
        self.ip("outside", f"addr add {OUTSIDE}/32 dev lo", f"addr add {OUTSIDE6}/128 dev lo")
        self.ip("outside", "route add 198.18.0.0/15 via 192.0.2.1 src " + OUTSIDE,
                f"route add 2001:db8:5::/48 via 2001:db8::1 src {OUTSIDE6}")
        for node in NODES:
            self.sysctl(node, *SYSCTLS)
            for other in NODES:
                if other != node:
                    self.ip(node, f"route add 10.244.{other[1:]}.0/24 via {node_address(other)}",
                            f"route add fd00:244:0:{other[1:]}::/64 via {node_address(other, True)}")
            self.ip(node, "route add default via 192.0.2.100", "route add ::/0 via 2001:db8::100")
        for pod in self.pods:
            self.add(pod.name)
            self.connect(pod)
        self.echo = Echo(self)

    def join(self, name):
        number = name[1:] if name in NODES else "100"
        run("ip", "link", "add", "eth0", "netns", self.prefix + name, "type", "veth", "peer", "name", f"to-{name}",
            "netns", self.prefix + "bridge")
        self.ip("bridge", f"link set to-{name} master br0 up")
        self.sysctl(name, "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0")
        self.ip(name, "link set eth0 up", f"addr add 192.0.2.{number}/24 dev eth0",
                f"addr add 2001:db8::{number}/64 dev eth0 nodad")

    def connect(self, pod):
        device = f"p{pod.name.split('-')[1]}"
        run("ip", "link", "add", "eth0", "netns", self.prefix + pod.name, "type", "veth", "peer", "name", device,
            "netns", self.prefix + pod.node)
        self.ip(pod.node, f"link set {device} up", f"route add {pod.ip} dev {device} src {node_address(pod.node)}",
                f"addr add fe80::1/64 dev {device} nodad",
                f"route add {pod.ip6} dev {device} src {node_address(pod.node, True)}")
        self.ip(pod.name, "link set eth0 up", f"addr add {pod.ip}/32 dev eth0",
                f"addr add {pod.ip6}/128 dev eth0 nodad", f"route add {node_address(pod.node)} dev eth0",
                f"route add default via {node_address(pod.node)} dev eth0", "route add ::/0 via fe80::1 dev eth0")

    def remove(self):
        if self.echo:
            self.echo.stop()
        for name in reversed(self.names):
            os.close(self.descriptors[name])
            subprocess.run(["ip", "netns", "del", self.prefix + name], capture_output=True)
        self.names = []
        os.close(self.own)

    # packets

    def warm_up(self):
        """Neighbours are found out: the first packet of IPv6 takes a second."""
        for node in NODES + ["outside"]:
            for other in NODES:
                for six in (False, True):
                    self.ask(node, node_address(other, six), 1, timeout=3)
        for pod in self.pods:
            for six in (False, True):
                self.ask(pod.node, pod.address(six), 8080, timeout=3)
                self.ask(pod.name, node_address("n1", six), 1, timeout=3)

    def ask(self, where, address, port, transport="tcp", source=None, timeout=1.0):
        """Sends a connection or a datagram; returns `POD SOURCE`, `refused`, or `nothing`."""
        if transport == "sctp":
            return self.ask_sctp(where, address, port, source, timeout)
        udp = transport == "udp"
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with self.inside(where):
            connection = socket.socket(family, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM)
        try:
            connection.settimeout(timeout)
            if source:
                connection.bind(source if isinstance(source, tuple) else (source, 0))
            try:
                connection.connect((address, port))
                if udp:
                    connection.send(b"?")
                text = connection.recv(200).decode().strip()
            except ConnectionRefusedError:
                return "refused"
            except (TimeoutError, PermissionError):
                # A datagram that is dropped on its way out of the machine is an error at once.
                return "nothing"
            except ConnectionResetError:
                return "reset"
            except OSError as error:
                return f"error {error.errno}"
            return text or "empty"
        finally:
            connection.close()


    def ask_sctp(self, where, address, port, source=None, timeout=1.0):
        """The same with the first packet of an SCTP association, by a raw socket: the kernel need not know SCTP."""
        with self.inside(where):
            raw = sctp.raw_socket(":" in address)
        with raw:
            if source:
                raw.bind((source, 0))
            return sctp.ask(raw, address, port, timeout)


class Echo:
    """All pods' servers, in one thread."""

    def __init__(self, network):
        self.selector = selectors.DefaultSelector()
        self.sockets = []
        self.isStopping = False
        for pod in network.pods + network.host_pods:
            with network.inside(pod.node if pod in network.host_pods else pod.name):
                for six in (False, True):
                    for port in PORTS:
                        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                            self.listen(pod, pod.address(six), port, six, kind)
                    self.listen_raw(pod, six)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def listen(self, pod, address, port, six, kind):
        listening = socket.socket(socket.AF_INET6 if six else socket.AF_INET, kind)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, port))
        if kind == socket.SOCK_STREAM:
            listening.listen(128)
        listening.setblocking(False)
        self.sockets.append(listening)
        self.selector.register(listening, selectors.EVENT_READ, f"{pod.name}:{port}")

    def listen_raw(self, pod, six):
        raw = sctp.raw_socket(six)
        raw.bind((pod.address(six), 0))
        raw.setblocking(False)
        self.sockets.append(raw)
        self.selector.register(raw, selectors.EVENT_READ, pod.name)

    def serve(self):
        while not self.isStopping:
            for key, _ in self.selector.select(0.2):
                with contextlib.suppress(OSError):
                    self.answer(key.fileobj, key.data)

    @staticmethod
    def answer(listening, name):
        if listening.type == socket.SOCK_STREAM:
            connection, peer = listening.accept()
            connection.sendall(f"{name} {peer[0]}".encode())
            connection.close()
        elif listening.type == socket.SOCK_RAW:
            sctp.answer(listening, name, PORTS)
        else:
            _, peer = listening.recvfrom(100)
            listening.sendto(f"{name} {peer[0]}".encode(), peer)

    def stop(self):
        self.isStopping = True
        self.thread.join(2)
        for listening in self.sockets:
            listening.close()
        self.selector.close()


class Relay:
    """A socket in a namespace whose connections are joined to the API server on the machine's loopback."""

    def __init__(self, network, name, port):
        self.port = port
        with network.inside(name):
            self.listening = socket.create_server(("127.0.0.1", port))
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                inner, _ = self.listening.accept()
            except OSError:
                return
            try:
                outer = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                inner.close()
                continue
            for one, other in ((inner, outer), (outer, inner)):
                threading.Thread(target=self.pipe, args=(one, other), daemon=True).start()

    @staticmethod
    def pipe(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                sink.sendall(data)
        for end, how in ((sink, socket.SHUT_WR), (source, socket.SHUT_RD)):
            with contextlib.suppress(OSError):
                end.shutdown(how)

    def close(self):
        self.listening.close()

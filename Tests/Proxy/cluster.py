"""An API server, the objects that stand for the namespaces, and a proxy on each node."""
import http.client
import json
import os
import subprocess
import sys
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Fairlead  # noqa: E402
from network import NODES, OUTSIDE, OUTSIDE6, PORTS, Relay, node_address  # noqa: E402

NAMESPACE = "/api/v1/namespaces/default"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
FLAGS = ["--bare", "--pod-cidr", "10.244.0.0/16,fd00:244::/56", "--service-cluster-ip-range",
         "10.96.0.0/16,fd00:96::/108", "--dns-listen", "none"]
PROXY_FLAGS = ["--cluster-cidr", "10.244.0.0/16,fd00:244::/56"]


class Cluster:
    def __init__(self, binary, network):
        self.binary = binary
        self.network = network
        self.server = Fairlead(binary, *FLAGS)
        self.proxies = {}
        self.relays = []
        self.fence_number = 1000

    # the server

    def call(self, method, path, body=None, kind="application/json", good=True):
        connection = http.client.HTTPConnection(self.server.url.removeprefix("http://"), timeout=20)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": kind})
            answer = connection.getresponse()
            text = answer.read()
            value = json.loads(text or b"null")
            if good and answer.status >= 300:
                raise RuntimeError(f"{method} {path}: {answer.status} {text.decode()}")
            return value
        finally:
            connection.close()

    def patch(self, path, body):
        return self.call("PATCH", path, body, "application/merge-patch+json")

    def start(self):
        self.server.start()
        self.make_objects()
        port = int(self.server.url.rsplit(":", 1)[1])
        self.relays = [Relay(self.network, node, port) for node in NODES]

    def restart(self, data=None):
        """Another server takes the place of this one: with this data file, or with nothing."""
        address = self.server.url.removeprefix("http://")
        self.server.stop()
        scratch = self.server.scratch
        self.server = Fairlead(self.binary, *FLAGS, "--listen", address)
        # The proxies' logs stay where they are.
        self.server.scratch, _ = scratch, self.server.scratch.cleanup()
        self.server.data = data or os.path.join(scratch.name, f"other-{time.monotonic_ns()}.db")
        self.server.start()
        if not data:
            self.make_objects()

    def make_objects(self):
        """Nodes, pods and the fence."""
        for node in NODES:
            self.call("POST", "/api/v1/nodes", {"metadata": {"name": node}})
            self.patch(f"/api/v1/nodes/{node}/status", {"status": {
                "addresses": [{"type": "InternalIP", "address": node_address(node, six)} for six in (False, True)],
                "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "",
                                "lastHeartbeatTime": None, "lastTransitionTime": None}]}})
        for pod in self.network.pods + self.network.host_pods:
            ports = [{"containerPort": port, "protocol": p} for port in PORTS for p in ("TCP", "UDP", "SCTP")]
            self.call("POST", f"{NAMESPACE}/pods", {"metadata": {"name": pod.name}, "spec": {
                "nodeName": pod.node, "hostNetwork": pod in self.network.host_pods,
                "containers": [{"name": "echo", "image": "echo", "ports": ports}]}})
            self.patch(f"{NAMESPACE}/pods/{pod.name}/status", {"status": {
                "phase": "Running", "podIP": pod.ip, "podIPs": [{"ip": pod.ip}, {"ip": pod.ip6}]}})
        self.create("fence", {"ports": [{"name": "p", "port": self.fence_number}]})
        self.slice("fence", [self.endpoint(self.network.pods[0])], ports=[("p", self.fence_number, "TCP")])

    def stop(self):
        for node in list(self.proxies):
            self.stop_proxy(node)
        for relay in self.relays:
            relay.close()
        self.server.__exit__()

    # proxies

    def start_proxy(self, node, *flags, path=None):
        log = open(os.path.join(self.server.scratch.name, f"proxy-{node}.log"), "a")
        command = [self.binary, "proxy", "--node", node, "--server", self.server.url, *PROXY_FLAGS, *flags]
        self.proxies[node] = subprocess.Popen(self.network.command(node, *command), stdout=log, stderr=log,
                                              env={**os.environ, "PATH": path or os.environ["PATH"]})
        log.close()

    def proxy_log(self, node):
        return open(os.path.join(self.server.scratch.name, f"proxy-{node}.log")).read()

    def wait_for_proxy(self, node, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.page(node, 10256, "/healthz")[0] == 200:
                return True
            if self.proxies[node].poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"the proxy of {node} is not well: {self.proxy_log(node)}")

    def stop_proxy(self, node, how="terminate"):
        """Returns how many seconds it took to end."""
        process = self.proxies.pop(node)
        began = time.monotonic()
        getattr(process, how)()
        process.wait(timeout=10)
        return time.monotonic() - began

    def page(self, node, port, path):
        import socket
        with self.network.inside(node):
            connection = socket.socket()
        connection.settimeout(2)
        try:
            connection.connect(("127.0.0.1", port))
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            data = b""
            while piece := connection.recv(1 << 16):
                data += piece
            head, _, body = data.partition(b"\r\n\r\n")
            return int(head.split()[1]), body.decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def nft(self, node, *words, good=True):
        done = subprocess.run(self.network.command(node, "nft", *words), capture_output=True, text=True)
        if good and done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout if done.returncode == 0 else None

    def contents(self, node):
        """What the table of a node says, whatever the order in which it was told and the fence's port."""
        table = self.nft(node, "-j", "list", "table", "inet", "fairlead")
        table = json.loads(table.replace(f", {self.fence_number}", ", 1"))["nftables"]
        found = {}
        for item in table:
            for kind in ("set", "map"):
                elements = item.get(kind, {}).get("elem", [])
                if item.get(kind, {}).get("name", "").startswith("endpoints-"):
                    # Endpoints are numbered as they come.
                    groups = {}
                    for (key, target) in elements:
                        address, port, number = key["concat"]
                        groups.setdefault(f"{address} {port} {number // 10_000_000}", set()).add(json.dumps(target))
                    elements = [[key, sorted(targets)] for key, targets in groups.items()]
                if elements:
                    found[item[kind]["name"]] = sorted(json.dumps(element, sort_keys=True) for element in elements)
        return found

    def fence(self, nodes=NODES, seconds=20):
        """Returns when the proxies have carried out everything that has been written before; how long that took."""
        began = time.monotonic()
        self.fence_number += 1
        number = self.fence_number
        self.slice("fence", [self.endpoint(self.network.pods[0])], ports=[("p", number, "TCP")])
        service = self.patch(f"{NAMESPACE}/services/fence", {"spec": {"ports": [{"name": "p", "port": number}]}})
        element = f"{{ {service['spec']['clusterIP']} . {number} . 0 }}"
        for node in nodes:
            while f". {number} }}" not in (self.nft(
                    node, "get", "element", "inet", "fairlead", "endpoints-tcp4", element, good=False) or ""):
                if time.monotonic() - began > seconds:
                    raise RuntimeError(f"{node} does not follow: {self.proxy_log(node)[-3000:]}")
                time.sleep(0.01)
        return time.monotonic() - began

    # objects

    def create(self, name, spec, vips=()):
        service = self.call("POST", f"{NAMESPACE}/services", {"metadata": {"name": name}, "spec": spec})
        if vips:
            service = self.patch(f"{NAMESPACE}/services/{name}/status", {
                "status": {"loadBalancer": {"ingress": [{"ip": vip, "ipMode": "VIP"} for vip in vips]}}})
        return service

    def delete(self, name):
        self.call("DELETE", f"{NAMESPACE}/services/{name}")
        for six in ("", "-6"):
            self.call("DELETE", f"{SLICES}/{name}{six}", good=False)

    @staticmethod
    def endpoint(pod, six=False, ready=True, serving=None, terminating=False, zones=(), nodes=()):
        endpoint = {"addresses": [pod.address(six)], "nodeName": pod.node,
                    "targetRef": {"kind": "Pod", "namespace": "default", "name": pod.name},
                    "conditions": {"ready": ready, "serving": ready if serving is None else serving,
                                   "terminating": terminating}}
        hints = {}
        if zones:
            hints["forZones"] = [{"name": zone} for zone in zones]
        if nodes:
            hints["forNodes"] = [{"name": node} for node in nodes]
        if hints:
            endpoint["hints"] = hints
        return endpoint

    def slice(self, service, endpoints, ports, six=False):
        name = service + ("-6" if six else "")
        body = {"metadata": {"name": name, "labels": {
                    "kubernetes.io/service-name": service, "endpointslice.kubernetes.io/managed-by": "test"}},
                "addressType": "IPv6" if six else "IPv4", "endpoints": endpoints,
                "ports": [{"name": n, "port": number, "protocol": transport} for n, number, transport in ports]}
        if self.call("PUT", f"{SLICES}/{name}", body, good=False).get("code") == 404:
            self.call("POST", SLICES, body)

    # the model

    def path(self, source, target, seed):
        query = urllib.parse.urlencode({"from": source, "to": target, "output": "json", "seed": seed})
        return self.call("GET", f"/debug/path?{query}")

    def model(self, source, target, node=None):
        """What the model says: the outcomes of all throws of the dice, the endpoints that could be chosen, and for each
        the source that it would see and the outcome. With `node` only what that node decides counts."""
        outcomes, candidates, chosen = set(), set(), {}
        for seed in range(60):
            path = self.path(source, target, seed)
            if node and path.get("node") != node:
                continue
            candidates |= {e["endpoint"] for e in path["endpoints"] if not e["exclusion"]}
            outcomes.add(path["outcome"])
            if "chosen" in path:
                chosen[path["chosen"]] = (path["sourceSeen"], path["outcome"])
            if seed > 3 and set(chosen) == candidates:
                break
        return outcomes, candidates, chosen


def source_text(where, six=False):
    if where == "outside":
        return f"outside/{OUTSIDE6 if six else OUTSIDE}"
    return f"node/{where}" if where in NODES else f"pod/default/{where}"


def source_address(where, six=False):
    """What a client binds to; None to leave it to the system."""
    return (OUTSIDE6 if six else OUTSIDE) if where == "outside" else None

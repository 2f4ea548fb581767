#!/usr/bin/env python3
"""`fairlead proxy` in a kernel: real packets go where the model says, on three nodes made of network namespaces.

    proxy.py --binary .build/release/fairlead [--seed N] [--rounds N] [--only PART]

Needs root, ip, nft and conntrack. Where the kernel refuses namespaces it is skipped with a message. Takes about four
minutes. The seed is printed.
"""
import argparse
import collections
import json
import math
import os
import random
import select
import shutil
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.dirname(HERE))
from cluster import Cluster, NAMESPACE, source_address, source_text  # noqa: E402
from fairlead_process import Checks  # noqa: E402
from network import NODES, Network, OUTSIDE, PORTS, Refused, node_address  # noqa: E402

CONNECTIONS = 300
PATIENCE = 0.4  # seconds until a packet counts as dropped


def bracket(address):
    return f"[{address}]" if ":" in address else address


def chi_squared_bound(degrees):
    """Exceeded by chance once in some ten million times (Wilson and Hilferty)."""
    if degrees == 0:
        return 1e-9
    return degrees * (1 - 2 / (9 * degrees) + 5.2 * math.sqrt(2 / (9 * degrees))) ** 3


class ProxyTest:
    def __init__(self, cluster, network, checks, seed, rounds):
        self.cluster = cluster
        self.network = network
        self.checks = checks
        self.random = random.Random(seed)
        self.rounds = rounds
        self.names = {f"{bracket(pod.address(six))}:{port}": f"{pod.name}:{port}"
                      for pod in network.pods + network.host_pods for six in (False, True) for port in PORTS}
        self.questions = 0
        # A node's own echo is there in any case.
        self.has_sctp = network.ask("n1-1", node_address("n1"), 8080, "sctp") == "host-n1:8080 10.244.1.1"
        if not self.has_sctp:
            print("SKIPPED SCTP: the kernel does not pass its packets on")

    # one packet's way, by the kernel and by the model

    def disagreement(self, where, address, port, transport="tcp", node=None, connections=CONNECTIONS,
                     source_seen=None):
        """None if kernel and model agree about connections from somewhere to an address.

        `source_seen`: what endpoints see, where the proxy has options that the server's model does not know."""
        six = ":" in address
        target = f"{bracket(address)}:{port}" + ("" if transport == "tcp" else f"/{transport}")
        outcomes, candidates, chosen = self.cluster.model(source_text(where, six), target, node)
        if source_seen:
            chosen = {endpoint: (source_seen, outcome) for endpoint, (_, outcome) in chosen.items()}
        if not outcomes:
            return None
        self.questions += 1
        source = source_address(where, six)
        if "Delivered" not in outcomes:
            # A datagram that is rejected on its way out of the machine is lost before its ICMP answer can be seen.
            wanted = {"Rejected": {"refused"} | ({"nothing"} if transport != "tcp" else set()), "Dropped": {"nothing"}}
            expected = set().union(*(wanted.get(outcome, {outcome}) for outcome in outcomes))
            found = {self.network.ask(where, address, port, transport, source, PATIENCE) for _ in range(2)}
            return None if found <= expected else f"{where} > {target}: {found}, not {outcomes}"
        # Of some endpoints, the answer goes astray.
        wanted = {self.answer(e, *chosen[e]) for e in candidates if e in chosen}
        isLossy = "nothing" in wanted
        if isLossy:
            connections = 30
        found = collections.Counter(
            self.network.ask(where, address, port, transport, source, PATIENCE if isLossy else 2)
            for _ in range(connections))
        if set(found) != wanted:
            return f"{where} > {target}: {dict(found)}, not {sorted(wanted)}"
        mean = connections / len(candidates)
        distance = sum((count - mean) ** 2 / mean for count in found.values())
        if not isLossy and distance > chi_squared_bound(len(wanted) - 1) + 1e-6:
            return f"{where} > {target}: uneven: {dict(found)}"
        return None

    def answer(self, endpoint, seen, outcome):
        """What a client hears from an endpoint."""
        return f"{self.names.get(endpoint, endpoint)} {seen}" if outcome == "Delivered" else "nothing"

    def lasting_disagreement(self, *packet, **options):
        """The same; but a node's zone comes by another watch than the fence, and may be late on a busy machine."""
        text = self.disagreement(*packet, **options)
        if text:
            print(f"     looking again: {text}")
            time.sleep(1)
            text = self.disagreement(*packet, **options)
        return text

    def agree(self, claim, packets, **options):
        wrong = [text for packet in packets if (text := self.lasting_disagreement(*packet, **options))]
        return self.checks.check(f"{claim} ({len(packets)} ways)", not wrong, "\n     ".join(wrong[:6]))

    # parts

    def test_start(self):
        cluster = self.cluster
        for node in NODES:
            cluster.start_proxy(node)
        for node in NODES:
            cluster.wait_for_proxy(node)
        self.checks.check("the proxies program their tables", cluster.fence() < 20)
        _, metrics = cluster.page("n1", 10249, "/metrics")
        names = ["kubeproxy_sync_proxy_rules_duration_seconds_count", "fairlead_proxy_nft_duration_seconds_count",
                 "kubeproxy_sync_proxy_rules_last_timestamp_seconds"]
        self.checks.check("metrics have kube-proxy's names", all(name in metrics for name in names), metrics[:500])
        self.checks.check("livez answers", cluster.page("n2", 10256, "/livez")[0] == 200)

    def test_ways(self):
        """Every rule that can be seen from outside, once."""
        cluster, pods = self.cluster, {pod.name: pod for pod in self.network.pods}
        tcp = [("", 8080, "TCP")]
        web = cluster.create("web", {"type": "NodePort", "ports": [{"port": 80}],
                                     "ipFamilyPolicy": "RequireDualStack"})
        for six in (False, True):
            cluster.slice("web", [cluster.endpoint(pods[name], six) for name in ("n1-1", "n2-1", "n3-1")], tcp, six)
        ip, ip6 = web["spec"]["clusterIPs"]
        node_port = web["spec"]["ports"][0]["nodePort"]
        local = cluster.create("local", {"type": "LoadBalancer", "ports": [{"port": 80}],
                                         "externalTrafficPolicy": "Local", "internalTrafficPolicy": "Local",
                                         "externalIPs": ["198.18.1.1"]}, vips=["198.18.0.1"])
        cluster.slice("local", [cluster.endpoint(pods["n1-2"]), cluster.endpoint(pods["n2-2"])], tcp)
        local_ip, local_port = local["spec"]["clusterIP"], local["spec"]["ports"][0]["nodePort"]
        empty = cluster.create("empty", {"type": "NodePort", "ports": [{"port": 80},
                                         {"name": "u", "port": 53, "protocol": "UDP"}][:1]})
        fallback = cluster.create("fallback", {"ports": [{"port": 80}]})
        cluster.slice("fallback", [
            cluster.endpoint(pods["n1-3"], ready=False, serving=True, terminating=True),
            cluster.endpoint(pods["n2-3"], ready=False, serving=False, terminating=True),
            cluster.endpoint(pods["n3-3"], ready=False)], tcp)
        ranges = cluster.create("ranges", {"type": "LoadBalancer", "ports": [{"port": 80}],
                                           "loadBalancerSourceRanges": ["10.244.1.0/30", "10.244.1.0/31",
                                                                        "203.0.113.0/24"]}, vips=["198.18.0.2"])
        cluster.slice("ranges", [cluster.endpoint(pods["n3-4"])], tcp)
        dns = cluster.create("dns", {"ports": [{"port": 53, "protocol": "UDP"}]})
        cluster.slice("dns", [cluster.endpoint(pods["n1-4"]), cluster.endpoint(pods["n2-4"])], [("", 8081, "UDP")])
        cluster.fence()

        everywhere = ["n1-1", "n2-3", "n3-4", "n1", "n3"]
        self.agree("cluster IP, hairpin and masquerading", [(w, ip, 80) for w in everywhere])
        self.agree("cluster IP of the other family", [(w, ip6, 80) for w in everywhere])
        self.agree("node ports of every node", [(w, node_address(n), node_port) for w in everywhere + ["outside"]
                                                for n in NODES], connections=90)
        self.agree("node ports of the other family", [(w, node_address("n2", True), node_port)
                                                      for w in ("n1-1", "n2", "outside")])
        self.agree("internalTrafficPolicy Local", [(w, local_ip, 80) for w in ("n1-1", "n2-1", "n3-1", "n3")])
        self.agree("externalTrafficPolicy Local", [
            (w, a, p) for w in ("n1-2", "n3-1", "n3", "n1", "outside") for a, p in (
                ("192.0.2.1", local_port), ("192.0.2.3", local_port))] + [
                    (w, a, 80) for w in ("n1-2", "n3-1", "n3", "n1") for a in ("198.18.0.1", "198.18.1.1")],
                   connections=120)
        for address in ("198.18.0.1", "198.18.1.1"):
            self.agree(f"{address} from outside, by the way of n1", [("outside", address, 80)], node="n1")
        self.agree("no endpoints: rejected", [(w, empty["spec"]["clusterIP"], 80) for w in ("n1-1", "n2")] + [
            ("outside", "192.0.2.1", empty["spec"]["ports"][0]["nodePort"])])
        self.agree("unknown port: rejected; unknown cluster IP: dropped", [
            ("n1-1", ip, 81), ("n1", ip, 81), ("n2-1", "10.96.250.250", 80), ("n2", "10.96.250.250", 80)])
        self.agree("terminating endpoints if no other is left", [(w, fallback["spec"]["clusterIP"], 80)
                                                                 for w in ("n1-1", "n1-3", "n3")])
        self.agree("source ranges", [(w, "198.18.0.2", 80) for w in ("n1-1", "n1-4", "n2-1", "n1")])
        self.agree("source ranges from outside", [("outside", "198.18.0.2", 80)], node="n1")
        self.agree("UDP", [(w, dns["spec"]["clusterIP"], 53, "udp") for w in ("n1-1", "n2-4", "n3")])
        self.health_checks(local)
        for name in ("web", "local", "empty", "fallback", "ranges", "dns"):
            cluster.delete(name)
        cluster.fence()
        self.agree("deleted Services are unknown", [("n1-1", ip, 80), ("outside", "192.0.2.1", node_port)])

    def health_checks(self, service):
        port = service["spec"]["healthCheckNodePort"]
        answers = {node: self.cluster.page(node, port, "/") for node in NODES}
        self.checks.check("health check node ports answer",
                          [answers[node][0] for node in NODES] == [200, 200, 503], answers)
        body = json.loads(answers["n1"][1] or "{}")
        self.checks.check("... with kube-proxy's body", body == {
            "service": {"namespace": "default", "name": "local"}, "localEndpoints": 1,
            "serviceProxyHealthy": True}, body)

    def test_sctp(self):
        cluster, pods = self.cluster, {pod.name: pod for pod in self.network.pods}
        if not self.has_sctp:
            return
        service = cluster.create("calls", {"type": "NodePort", "ipFamilyPolicy": "RequireDualStack", "ports": [
            {"name": "calls", "port": 5060, "protocol": "SCTP"}, {"name": "none", "port": 5061, "protocol": "SCTP"}]})
        for six in (False, True):
            cluster.slice("calls", [cluster.endpoint(pods[name], six) for name in ("n1-1", "n2-1", "n3-1")],
                          [("calls", 8080, "SCTP")], six)
        cluster.fence()
        port = service["spec"]["ports"][0]["nodePort"]
        ips = service["spec"]["clusterIPs"]
        self.agree("SCTP to a cluster IP, and back to its sender", [
            (where, ip, 5060, "sctp") for where in ("n1-1", "n2-3", "n1") for ip in ips])
        self.agree("SCTP to a node port", [
            (where, node_address("n2", six), port, "sctp") for where in ("n1-1", "n2", "outside")
            for six in (False, True)])
        self.agree("SCTP without endpoints, and to a port of TCP", [
            ("n1-1", ips[0], 5061, "sctp"), ("n1-1", ips[0], 5060), ("n1", ips[0], 5061, "sctp")])
        cluster.delete("calls")

    def test_host_network(self):
        """Endpoints with a node's own address."""
        cluster = self.cluster
        hosts, pods = {pod.node: pod for pod in self.network.host_pods}, {pod.name: pod for pod in self.network.pods}
        web = cluster.create("metal", {"type": "LoadBalancer", "ports": [{"port": 80}],
                                       "ipFamilyPolicy": "RequireDualStack"}, vips=["198.18.0.1"])
        for six in (False, True):
            cluster.slice("metal", [cluster.endpoint(hosts["n1"], six), cluster.endpoint(hosts["n2"], six),
                                    cluster.endpoint(pods["n2-1"], six)], [("", 8080, "TCP")], six)
        local = cluster.create("iron", {"type": "NodePort", "ports": [{"port": 80}], "externalTrafficPolicy": "Local",
                                        "internalTrafficPolicy": "Local"})
        cluster.slice("iron", [cluster.endpoint(hosts["n1"]), cluster.endpoint(hosts["n3"])], [("", 8081, "TCP")])
        cluster.fence()
        port, local_port = web["spec"]["ports"][0]["nodePort"], local["spec"]["ports"][0]["nodePort"]
        everywhere = ["n1-1", "n2-2", "n3-3", "n1", "n2", "n3"]
        for ip in web["spec"]["clusterIPs"]:
            self.agree(f"endpoints in the host network by cluster IP {ip}", [(w, ip, 80) for w in everywhere],
                       connections=120)
        self.agree("... by node port", [(w, node_address(node, six), port) for w in everywhere + ["outside"]
                                        for node in ("n1", "n3") for six in (False, True)], connections=60)
        self.agree("... by balancer", [(w, "198.18.0.1", 80) for w in everywhere], connections=60)
        self.agree("... by balancer from outside", [("outside", "198.18.0.1", 80)], node="n1")
        self.agree("... with policy Local", [(w, local["spec"]["clusterIP"], 80) for w in ("n1-1", "n2-1", "n1", "n3")]
                   + [(w, node_address(node), local_port) for w in ("n1-1", "n2-2", "n1", "n2", "outside")
                      for node in NODES], connections=40)
        # A client outside is seen by the node that decides, and not by others.
        found = {self.network.ask("outside", node_address("n1"), port, source=OUTSIDE) for _ in range(60)}
        self.checks.check("a client outside is seen by the asked node's own endpoint only", found == {
            f"host-n1:8080 {OUTSIDE}", "host-n2:8080 192.0.2.1", "n2-1:8080 192.0.2.1"}, found)
        for name in ("metal", "iron"):
            cluster.delete(name)

    def test_flags(self):
        """--masquerade-all and --nodeport-addresses. The server's model has no such flags: it is asked for the rest."""
        cluster, pods = self.cluster, {pod.name: pod for pod in self.network.pods}
        service = cluster.create("flags", {"type": "NodePort", "ports": [{"port": 80}],
                                           "ipFamilyPolicy": "RequireDualStack"})
        local = cluster.create("checked", {"type": "LoadBalancer", "ports": [{"port": 80}],
                                           "externalTrafficPolicy": "Local"}, vips=["198.18.0.1"])
        for six in (False, True):
            cluster.slice("flags", [cluster.endpoint(pods[name], six) for name in ("n1-1", "n2-1")],
                          [("", 8080, "TCP")], six)
        cluster.slice("checked", [cluster.endpoint(pods["n1-2"])], [("", 8080, "TCP")])
        (ip, ip6), port = service["spec"]["clusterIPs"], service["spec"]["ports"][0]["nodePort"]
        check_port = local["spec"]["healthCheckNodePort"]
        cluster.stop_proxy("n1")
        cluster.start_proxy("n1", "--masquerade-all")
        cluster.wait_for_proxy("n1")
        cluster.fence()
        self.agree("--masquerade-all: endpoints see the node", [("n1-1", ip, 80), ("n1-2", ip, 80), ("n1", ip, 80)],
                   source_seen="192.0.2.1")
        self.agree("... of both families", [("n1-1", ip6, 80), ("n1-3", ip6, 80)], source_seen="2001:db8::1")
        self.agree("... and other nodes are as they were", [("n2-1", ip, 80), ("n3-1", ip, 80)])
        self.agree("... and so are addresses outside", [
            ("outside", "192.0.2.1", port), ("n1-1", "192.0.2.2", port), ("n1-3", "198.18.0.1", 80)])
        cluster.stop_proxy("n1")
        cluster.start_proxy("n1", "--nodeport-addresses", "192.0.2.0/24")
        cluster.wait_for_proxy("n1")
        cluster.fence()
        self.agree("--nodeport-addresses: the addresses in it take node ports", [
            (where, "192.0.2.1", port) for where in ("outside", "n2-1", "n1-1", "n1")])
        found = {self.network.ask(where, "2001:db8::1", port, timeout=PATIENCE) for where in ("n2-1", "n1", "n1-1")}
        self.checks.check("... the others do not", found == {"refused"}, found)
        self.agree("... and other nodes' do", [("n1-1", "2001:db8::2", port), ("n1", "2001:db8::2", port)])
        self.agree("... and cluster IPs are as they were", [("n1-1", ip, 80), ("n1-1", ip6, 80)])
        with self.network.inside("n1"):
            opened = [self.opens(address, check_port) for address in ("192.0.2.1", "2001:db8::1", "127.0.0.1")]
        self.checks.check("... health check node ports neither", opened == [True, False, False], opened)
        cluster.stop_proxy("n1")
        cluster.start_proxy("n1")
        cluster.wait_for_proxy("n1")
        cluster.fence()
        self.agree("without the flag all take them again", [("n2-1", "2001:db8::1", port), ("n1", "2001:db8::1", port)])
        for name in ("flags", "checked"):
            cluster.delete(name)

    @staticmethod
    def opens(address, port):
        """Whether something listens there, in the namespace of the calling thread."""
        try:
            socket.create_connection((address, port), timeout=2).close()
            return True
        except OSError:
            return False

    def test_established(self):
        """A connection that is there stays, whatever becomes of its endpoint's readiness."""
        cluster, network = self.cluster, self.network
        chosen = [pod for pod in network.pods if pod.name in ("n1-1", "n2-1")]
        service = cluster.create("talk", {"type": "NodePort", "ports": [{"port": 80}]})
        ip, node_port = service["spec"]["clusterIP"], service["spec"]["ports"][0]["nodePort"]
        cluster.slice("talk", [cluster.endpoint(pod) for pod in chosen], [("", 9090, "TCP")])
        cluster.fence()
        listening = {}
        for pod in chosen:
            with network.inside(pod.name):
                listening[pod.name] = socket.create_server((pod.ip, 9090))
        try:
            for where, address, port in (("n3-1", ip, 80), ("n3", ip, 80), ("outside", "192.0.2.3", node_port)):
                with network.inside(where):
                    client = socket.create_connection((address, port), timeout=5)
                ready, _, _ = select.select(listening.values(), [], [], 5)
                home = next(name for name in listening if listening[name] in ready)
                served, _ = listening[home].accept()
                with client, served:
                    for step in ("unready", "terminating", "gone"):
                        is_ending = step == "terminating"
                        state = {"ready": False, "serving": is_ending, "terminating": is_ending}
                        left = [pod for pod in chosen if step != "gone" or pod.name != home]
                        cluster.slice("talk", [cluster.endpoint(pod, **(state if pod.name == home else {}))
                                               for pod in left], [("", 9090, "TCP")])
                        cluster.fence()
                        client.sendall(step.encode())
                        served.settimeout(5)
                        heard = served.recv(100).decode()
                        served.sendall(b"yes")
                        client.settimeout(5)
                        self.checks.check(f"from {where}: a connection goes on while its pod is {step}",
                                          heard == step and client.recv(10) == b"yes", heard)
                    with network.inside(where):
                        later = [socket.create_connection((address, port), timeout=5) for _ in range(8)]
                    ready, _, _ = select.select([listening[home]], [], [], 0.2)
                    self.checks.check("... and new ones go elsewhere", not ready, home)
                    for connection in later:
                        connection.close()
                cluster.slice("talk", [cluster.endpoint(pod) for pod in chosen], [("", 9090, "TCP")])
                cluster.fence()
                for one in listening.values():
                    while select.select([one], [], [], 0.05)[0]:
                        one.accept()[0].close()
        finally:
            for one in listening.values():
                one.close()
        cluster.delete("talk")

    def test_hanging_nft(self):
        """An nft that hangs, with a child that keeps its pipes open: whoever waits for those waits forever."""
        cluster, pods = self.cluster, self.network.pods
        folder = os.path.join(cluster.server.scratch.name, "bin")
        os.makedirs(folder)
        switch, script = os.path.join(folder, "hang"), os.path.join(folder, "nft")
        with open(script, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n[ ! -e {switch} ] || sleep 120\nPATH=${{PATH#*:}} exec nft \"$@\"\n")
        os.chmod(script, 0o755)
        service = cluster.create("slow", {"ports": [{"port": 80}]})
        cluster.stop_proxy("n1")
        cluster.start_proxy("n1", path=folder + ":" + os.environ["PATH"])
        cluster.wait_for_proxy("n1")
        open(switch, "w").close()
        cluster.nft("n1", "flush", "ruleset")
        # The present nft refuses this; the whole table is for the next one, which hangs.
        cluster.slice("slow", [cluster.endpoint(pods[0])], [("", 8080, "TCP")])
        time.sleep(3)
        os.unlink(switch)
        cluster.fence(["n1"], seconds=90)
        self.agree("a hanging nft is given up", [("n1-2", service["spec"]["clusterIP"], 80)])
        cluster.stop_proxy("n1")
        cluster.start_proxy("n1")
        cluster.wait_for_proxy("n1")
        cluster.fence()
        cluster.delete("slow")

    def test_restored(self):
        """The server is reset, or restored from a backup, while the proxies run: older revisions, fewer objects."""
        cluster, pods = self.cluster, {pod.name: pod for pod in self.network.pods}
        kept = cluster.create("kept", {"ports": [{"port": 80}]})
        cluster.slice("kept", [cluster.endpoint(pods["n1-1"])], [("", 8080, "TCP")])
        cluster.fence()
        cluster.server.stop()
        backup = cluster.server.data + ".backup"
        shutil.copy(cluster.server.data, backup)
        cluster.restart(cluster.server.data)
        later = cluster.create("later", {"type": "NodePort", "ports": [{"port": 80}]})
        for number in range(100):
            cluster.slice("kept", [cluster.endpoint(pods[f"n2-{number % 4 + 1}"])], [("", 8080, "TCP")])
        cluster.slice("later", [cluster.endpoint(pods["n3-1"])], [("", 8080, "TCP")])
        cluster.fence(seconds=60)
        self.agree("the proxies follow a server that was started again", [
            ("n1-2", kept["spec"]["clusterIP"], 80), ("n1-2", later["spec"]["clusterIP"], 80)])
        cluster.restart(backup)
        self.becomes_right("a server that was restored from a backup", later["spec"]["clusterIP"])
        self.agree("... what it knows is in the kernel, and what it does not is not", [
            ("n1-2", kept["spec"]["clusterIP"], 80), ("n1-2", later["spec"]["clusterIP"], 80),
            ("outside", "192.0.2.1", later["spec"]["ports"][0]["nodePort"])])
        for number in range(100):
            cluster.slice("kept", [cluster.endpoint(pods[f"n2-{number % 4 + 1}"])], [("", 8080, "TCP")])
        cluster.fence(seconds=60)
        cluster.restart()
        fresh = cluster.create("fresh", {"ports": [{"port": 80}]})
        cluster.slice("fresh", [cluster.endpoint(pods["n2-1"]), cluster.endpoint(pods["n3-1"])], [("", 8080, "TCP")])
        self.becomes_right("a server that was reset", kept["spec"]["clusterIP"])
        self.agree("... the table is the new one's", [
            (where, ip, 80) for where in ("n1-2", "n2") for ip in (
                fresh["spec"]["clusterIP"], kept["spec"]["clusterIP"], later["spec"]["clusterIP"])])
        cluster.fence()
        before = {node: cluster.contents(node) for node in NODES}
        for node in NODES:
            cluster.stop_proxy(node, "kill")
            cluster.start_proxy(node)
            cluster.wait_for_proxy(node)
        cluster.fence()
        cluster.fence()
        after = {node: cluster.contents(node) for node in NODES}
        differing = [node for node in NODES if before[node] != after[node]]
        self.checks.check("... to the last element", not differing, [
            (before[node], after[node]) for node in differing])
        cluster.delete("fresh")

    def becomes_right(self, claim, gone, seconds=60):
        """Until no node's table has the cluster IP that has gone."""
        began = time.monotonic()
        left = list(NODES)
        while left and time.monotonic() - began < seconds:
            left = [node for node in left if self.cluster.nft(
                node, "get", "element", "inet", "fairlead", "cluster-ips4", f"{{ {gone} }}", good=False) is not None]
            time.sleep(0.1)
        took = time.monotonic() - began
        self.checks.check(f"{claim} is followed", not left, f"not by {left} after {took:.0f} s")
        print(f"     after {took:.1f} s")

    def test_random(self):
        """Random Services and slices; several hundred connections each."""
        before = self.questions
        wrong = []
        for number in range(self.rounds):
            for node in NODES:
                zone = self.random.choice(["a", "b", None])
                self.cluster.patch(f"/api/v1/nodes/{node}", {"metadata": {"labels": {
                    "topology.kubernetes.io/zone": zone}}})
            services = [self.random_service(f"r{number}-{index}", index) for index in range(5)]
            self.cluster.fence()
            for packet, options in self.random_packets(services):
                if text := self.lasting_disagreement(*packet, **options):
                    wrong.append(f"round {number}: {text}")
            for service in services:
                self.cluster.delete(service["metadata"]["name"])
        asked = self.questions - before
        self.checks.check(f"random Services: kernel and model agree about {asked} ways in {self.rounds} rounds",
                          not wrong and asked > 20 * self.rounds, "\n     ".join(wrong[:8]))

    def random_service(self, name, index):
        dice = self.random
        transport = dice.choice(["TCP", "TCP", "TCP", "UDP", "SCTP" if self.has_sctp else "UDP"])
        spec = {"type": dice.choice(["ClusterIP", "NodePort", "LoadBalancer"]),
                "ports": [{"name": "p", "port": 80 + index, "protocol": transport}],
                "internalTrafficPolicy": dice.choice(["Cluster", "Cluster", "Local"]),
                "ipFamilyPolicy": dice.choice(["SingleStack", "RequireDualStack"])}
        vips = []
        if spec["type"] != "ClusterIP":
            spec["externalTrafficPolicy"] = dice.choice(["Cluster", "Local"])
            if dice.random() < 0.5:
                spec["externalIPs"] = [f"198.18.1.{dice.randint(1, 3)}"]
        if spec["type"] == "LoadBalancer":
            vips = [f"198.18.0.{dice.randint(1, 3)}"]
            if dice.random() < 0.4:
                spec["loadBalancerSourceRanges"] = ["10.244.1.0/24", "203.0.113.0/24", "192.0.2.2/32"]
        service = self.cluster.create(name, spec, vips)
        families = [":" in ip for ip in service["spec"]["clusterIPs"]]
        hints = dice.randint(0, 3)
        chosen = dice.sample(self.network.pods + self.network.host_pods, dice.randint(0, 6))
        states = {pod.name: dice.randint(0, 7) for pod in chosen}
        labels = {pod.name: (dice.choice(["a", "b"]), dice.choice(NODES)) for pod in chosen}
        for six in families:
            endpoints = []
            for pod in chosen:
                state = states[pod.name]
                zone, node = labels[pod.name]
                endpoints.append(self.cluster.endpoint(
                    pod, six, ready=state < 5, serving=state < 7, terminating=state >= 5,
                    zones=[zone] if hints in (1, 3) else (), nodes=[node] if hints >= 2 else ()))
            self.cluster.slice(name, endpoints, [("p", dice.choice([8080, 8081]), transport)], six)
        return self.cluster.call("GET", f"{NAMESPACE}/services/{name}")

    def random_packets(self, services):
        dice = self.random
        clients = ["n1-1", "n2-2", "n3-3", "n1", "n2"]
        for service in services:
            port = service["spec"]["ports"][0]
            transport = port["protocol"].lower()
            for address in service["spec"]["clusterIPs"]:
                for client in dice.sample(clients, 2):
                    yield (client, address, port["port"], transport), {}
            if node_port := port.get("nodePort"):
                six = any(":" in address for address in service["spec"]["clusterIPs"]) and dice.random() < 0.4
                for client in dice.sample(clients + ["outside"], 2) + ["outside"]:
                    yield (client, node_address(dice.choice(NODES), six), node_port, transport), {}
            external = service["spec"].get("externalIPs", []) + [
                entry["ip"] for entry in service["status"]["loadBalancer"].get("ingress", [])]
            for address in external:
                yield (dice.choice(clients), address, port["port"], transport), {}
                yield ("outside", address, port["port"], transport), {"node": "n1"}

    def test_affinity(self):
        cluster, pods = self.cluster, self.network.pods
        service = cluster.create("sticky", {"ports": [{"port": 80}], "sessionAffinity": "ClientIP",
                                            "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 2}}})
        ip = service["spec"]["clusterIP"]
        chosen = pods[:1] + pods[4:6] + pods[8:9]
        cluster.slice("sticky", [cluster.endpoint(pod) for pod in chosen], [("", 8080, "TCP")])
        cluster.fence()
        first = self.network.ask("n2-3", ip, 80)
        found = set()
        for _ in range(4):
            found |= {self.network.ask("n2-3", ip, 80) for _ in range(30)}
            time.sleep(0.9)
        self.checks.check("a client stays with its pod, and each connection renews it", found == {first},
                          f"{found}, at first {first}")
        others = {self.network.ask(pod.name, ip, 80).split()[0] for pod in pods if pod not in chosen}
        self.checks.check("other clients come to other pods", len(others) > 1, others)
        left = set()
        for _ in range(8):
            time.sleep(2.3)
            left.add(self.network.ask("n2-3", ip, 80))
        self.checks.check("it is free again after its time", len(left) > 1, left)
        kept = self.network.ask("n2-3", ip, 80)
        gone = next(pod for pod in chosen if kept.startswith(pod.name))
        cluster.slice("sticky", [cluster.endpoint(pod, ready=pod is not gone) for pod in chosen],
                      [("", 8080, "TCP")])
        cluster.fence()
        moved = {self.network.ask("n2-3", ip, 80) for _ in range(30)}
        self.checks.check("a pod that is not ready loses its clients, to one other", len(moved) == 1 and
                          not next(iter(moved)).startswith(gone.name), moved)
        cluster.delete("sticky")

    def test_flips(self):
        cluster, pods = self.cluster, self.network.pods
        service = cluster.create("flip", {"ports": [{"port": 80}]})
        ip = service["spec"]["clusterIP"]
        chosen = [pods[0], pods[4], pods[8]]
        wrong, times = [], []
        for number in range(12):
            ready = {pod.name for pod in chosen if self.random.random() < 0.6}
            cluster.slice("flip", [cluster.endpoint(pod, ready=pod.name in ready) for pod in chosen],
                          [("", 8080, "TCP")])
            times.append(cluster.fence(["n2"]))
            found = {self.network.ask("n2-3", ip, 80).split(":")[0] for _ in range(60)}
            if found != (ready or {"refused"}):
                wrong.append(f"{number}: {found}, not {ready}")
        self.checks.check(f"pods that flip (in the kernel within {max(times):.2f} s, with the looking)", not wrong,
                          wrong)
        cluster.delete("flip")

    def test_udp(self):
        cluster, pods = self.cluster, self.network.pods
        service = cluster.create("dns", {"ports": [{"port": 53, "protocol": "UDP"}]})
        ip = service["spec"]["clusterIP"]
        chosen = [pods[1], pods[5]]
        cluster.slice("dns", [cluster.endpoint(pod) for pod in chosen], [("", 8080, "UDP")])
        cluster.fence()
        client = ("10.244.3.2", 40053)
        answers = {self.network.ask("n3-2", ip, 53, "udp", client) for _ in range(20)}
        self.checks.check("a UDP flow stays with its pod", len(answers) == 1, answers)
        gone = next((pod for pod in chosen if next(iter(answers)).startswith(pod.name)), chosen[0])
        other = next(pod for pod in chosen if pod is not gone)
        cluster.slice("dns", [cluster.endpoint(other)], [("", 8080, "UDP")])
        cluster.fence()
        end = time.monotonic() + 5
        while (answer := self.network.ask("n3-2", ip, 53, "udp", client)).startswith(gone.name):
            if time.monotonic() > end:
                break
            time.sleep(0.05)
        self.checks.check("when the pod has gone, the flow goes to the other", answer.startswith(other.name), answer)
        cluster.delete("dns")

    def test_faults(self):
        cluster, pods = self.cluster, {pod.name: pod for pod in self.network.pods}
        service = cluster.create("crash", {"ports": [{"port": 80}]})
        ip = service["spec"]["clusterIP"]
        cluster.slice("crash", [cluster.endpoint(pods["n1-1"])], [("", 8080, "TCP")])
        cluster.fence()
        cluster.nft("n1", "delete", "table", "inet", "fairlead")
        cluster.slice("crash", [cluster.endpoint(pods["n2-1"])], [("", 8080, "TCP")])
        cluster.fence()
        self.agree("a table that somebody has removed is made again", [("n1-2", ip, 80)])
        self.checks.check("... and the log says so", "the kernel has refused" in cluster.proxy_log("n1"))
        for node in NODES:
            cluster.nft(node, "flush", "ruleset")
        end = time.monotonic() + 60
        while time.monotonic() < end and any(
                cluster.nft(node, "list", "table", "inet", "fairlead", good=False) is None for node in NODES):
            time.sleep(0.5)
        self.agree("... even if nothing changes", [("n1-2", ip, 80), ("n3", ip, 80)])

        cluster.stop_proxy("n1", "kill")
        cluster.slice("crash", [cluster.endpoint(pods["n3-1"]), cluster.endpoint(pods["n3-2"])],
                      [("", 8080, "TCP")])
        cluster.nft("n1", "add", "element", "inet", "fairlead", "cluster-ips4", "{ 192.0.2.77 }")
        cluster.fence(["n2", "n3"])
        self.checks.check("rules outlive a proxy that was killed",
                          self.network.ask("n1-2", ip, 80) == "n2-1:8080 10.244.1.2")
        cluster.start_proxy("n1")
        cluster.wait_for_proxy("n1")
        cluster.fence()
        self.agree("the next one makes the table right", [("n1-2", ip, 80)])
        self.checks.check("... from scratch", "192.0.2.77" not in cluster.nft("n1", "list", "table", "inet",
                                                                             "fairlead"))
        seconds = cluster.stop_proxy("n1")
        self.checks.check("it ends within a second when told", seconds < 1.0, f"{seconds:.2f} s")
        self.agree("... and leaves its rules", [("n1-2", ip, 80)])
        done = subprocess.run(self.network.command("n1", cluster.binary, "proxy", "--cleanup"), capture_output=True,
                              text=True)
        self.checks.check("--cleanup leaves nothing", done.returncode == 0 and
                          "fairlead" not in cluster.nft("n1", "list", "ruleset"), done.stderr)
        done = subprocess.run(self.network.command("n1", cluster.binary, "proxy", "--cleanup"), capture_output=True,
                              text=True)
        self.checks.check("... where nothing is, too", done.returncode == 0, done.stderr)
        cluster.start_proxy("n1", "--healthz-bind-address", "127.0.0.1:10256")
        cluster.wait_for_proxy("n1")
        cluster.fence()
        cluster.delete("crash")


PARTS = ["start", "ways", "sctp", "host_network", "random", "affinity", "flips", "udp", "established", "flags",
         "faults", "hanging_nft", "restored"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--binary", required=True)
    arguments.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    arguments.add_argument("--rounds", type=int, default=8)
    arguments.add_argument("--only", choices=PARTS, action="append")
    options = arguments.parse_args()
    checks = Checks()
    for tool in ("ip", "nft", "conntrack"):
        if subprocess.run(["sh", "-c", f"command -v {tool}"], capture_output=True).returncode:
            print(f"SKIPPED: {tool} is not installed")
            return checks.finish()
    if os.geteuid() != 0:
        print("SKIPPED: network namespaces need root")
        return checks.finish()
    network = Network()
    cluster = Cluster(os.path.abspath(options.binary), network)
    print(f"seed {options.seed}")
    try:
        try:
            network.build()
        except Refused as error:
            print(f"SKIPPED: the kernel refuses network namespaces: {error}")
            return checks.finish()
        network.warm_up()
        cluster.start()
        test = ProxyTest(cluster, network, checks, options.seed, options.rounds)
        for part in PARTS:
            if part == "start" or not options.only or part in options.only:
                getattr(test, "test_" + part)()
    finally:
        cluster.stop()
        network.remove()
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Real packets in `fairlead lab`, compared with what the model says of them (`/debug/path`): kernel and model must agree.

    lab.py --binary .build/release/fairlead [--only PART] [--seed N] [--packets N] [--keep]

A packet is sent many times. Whether it arrives, is refused or gets lost must be what the model says; the pods that answered
must be all of the model's candidates and no others; the source address that they saw must be one that the model gives.
"""
import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)
from fairlead_process import Checks, Fairlead  # noqa: E402
from lab_process import Cluster, Lab, until  # noqa: E402

FLAGS = ["--pod-cidr", "10.244.0.0/16,fd00:10:244::/56", "--service-cluster-ip-range",
         "10.96.0.0/16,fd00:10:96::/112", "--load-balancer-pool", "172.18.255.0/24,fd00:ff::/120",
         "--node-monitor-grace-period", "8s"]
CLIENTS = {True: ("198.51.100.1", "198.51.100.2"), False: ("2001:db8::1", "2001:db8::2")}
NODES = ["node-1", "node-2", "node-3"]


def host_network():
    """What the lab must not touch."""
    commands = [["ip", "link"], ["ip", "addr"], ["ip", "route"], ["ip", "-6", "route"], ["ip", "rule"]]
    text = "".join(subprocess.run(command, capture_output=True, text=True).stdout for command in commands)
    return "\n".join(line for line in text.splitlines() if "valid_lft" not in line)


def namespaces(prefix):
    try:
        return sorted(name for name in os.listdir("/run/netns") if name.startswith(prefix))
    except FileNotFoundError:
        return []


class Packets(Checks):
    def __init__(self, cluster, lab):
        super().__init__()
        self.cluster = cluster
        self.lab = lab

    # What the model says: over many seeds, all that may happen.
    def model(self, source, target, seeds=40):
        outcomes, reasons, pods, seen, chosen = set(), set(), set(), set(), set()
        for seed in range(seeds):
            path = self.cluster.path(source, target, seed)
            outcome, ends = path["outcome"], {end["endpoint"] for end in path["endpoints"] if end["share"] > 0}
            outcomes.add(outcome)
            reasons.add(path.get("reason", ""))
            pods |= ends
            if outcome == "Delivered":
                seen.add(path.get("sourceSeen", ""))
                chosen.add(path.get("chosen", ""))
            # Without a choice among nodes, little is left to chance: who is chosen, and whether the answer comes back.
            enough = 20 if ends else 2
            if seed == enough and not any(step["rule"] == "ChooseNode" for step in path["steps"]):
                break
        # If only some of the candidates can answer, they are those that were chosen when the packet was delivered.
        return {"outcomes": outcomes, "reasons": reasons, "seen": seen,
                "pods": (pods if len(outcomes) == 1 else chosen) - {""}}

    # What happens.
    def kernel(self, origin, target, count, **order):
        address, port, transport = split(target)
        place = origin if origin.startswith(("node", "pod")) else "outside"
        outcomes, pods, seen, answers = set(), set(), set(), []
        for _ in range(count):
            result = self.lab.send(place, transport, to=address, port=port, **order)
            if "answer" in result:
                answer = result["answer"]
                outcomes.add("Delivered")
                pods.add(end(answer["destination"]))
                seen.add(answer["source"]["address"])
                answers.append(answer)
            else:
                outcomes.add(OUTCOMES.get(result["error"], result["error"]))
        return {"outcomes": outcomes, "pods": pods, "seen": seen, "answers": answers}

    def agree(self, claim, source, target, expected=None, count=None, seconds=8.0, **order):
        """Sends the packet, and compares. `expected` is the outcome that the test means to see at all."""
        if source.startswith("outside/"):
            order.setdefault("source", source.removeprefix("outside/"))
        told, happened, why = {}, {}, ""

        def compare():
            nonlocal told, happened, why
            told = self.model(source, target)
            number = count or (max(4, 10 * len(told["pods"])) if "Delivered" in told["outcomes"] else 1)
            happened = self.kernel(source, target, number, **order)
            why = self.difference(told, happened, expected)
            return not why

        until(compare, seconds)
        detail = f"{source} -> {target}: {why}; model {told}, kernel " + str(
            {key: value for key, value in happened.items() if key != "answers"})
        self.check(claim, not why, detail)
        return happened

    @staticmethod
    def difference(told, happened, expected):
        outcomes = told["outcomes"]
        if expected and expected not in {f"{outcome} {reason}".strip() for outcome in outcomes
                                         for reason in told["reasons"]}:
            return f"not {expected}"
        if "Unreachable" in outcomes:
            # Nobody answers for the address, or there is no way to it: the client may be told so, or wait.
            allowed = outcomes | {"Dropped"}
            return "" if happened["outcomes"] <= allowed else "another outcome"
        if happened["outcomes"] != outcomes:
            return "another outcome"
        if "Delivered" in outcomes:
            if told["pods"] and happened["pods"] != told["pods"]:
                return "other pods"
            if not happened["seen"] <= told["seen"]:
                return "another source"
        return ""


OUTCOMES = {"ECONNREFUSED": "Rejected", "timeout": "Dropped", "EHOSTUNREACH": "Unreachable",
            "ENETUNREACH": "Unreachable"}


def split(target):
    """`10.0.0.1:80/udp` -> address, port, transport."""
    transport = "tcp"
    if "/" in target:
        target, transport = target.rsplit("/", 1)
    address, port = target.rsplit(":", 1)
    return address.strip("[]"), int(port), transport


def socket_text(address, port, transport="tcp"):
    text = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    return text + ("/udp" if transport == "udp" else "")


def end(destination):
    return socket_text(destination["address"], destination["port"])


def service(name, ports=None, selector=None, **spec):
    spec = {"ipFamilyPolicy": "PreferDualStack", "ports": ports or [{"port": 80, "targetPort": 8080}], **spec}
    if selector is not False:
        spec["selector"] = selector or {"app": "web"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def pod(name, node, ports, labels=None, **metadata):
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "labels": labels or {"app": "web"}, **metadata},
            "spec": {"nodeName": node, "containers": [{"name": "c", "image": "nginx", "ports": ports}]}}


def slice_of(name, owner, endpoints, port=8080, transport="TCP", family="IPv4"):
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": name, "labels": {"kubernetes.io/service-name": owner}},
            "addressType": family, "endpoints": endpoints, "ports": [{"port": port, "protocol": transport}]}


class Tests:
    def __init__(self, packets):
        self.packets = packets
        self.cluster = packets.cluster
        self.lab = packets.lab
        self.ips = {}
        self.nodes = {}
        self.seed = 0
        self.packets_by_chance = 40

    # MARK: Setting up

    def make_pods(self):
        ports = [{"containerPort": 8080, "name": "http"}, {"containerPort": 8053, "protocol": "UDP", "name": "dns"}]
        for name, node in [("web-1", "node-1"), ("web-2", "node-1"), ("web-3", "node-2")]:
            self.cluster.create(pod(name, node, ports))
        self.cluster.create(pod("client", "node-3", [{"containerPort": 9}], {"app": "client"}))
        self.cluster.create(pod("lonely", "node-2", ports, {"app": "lonely"}))
        self.cluster.create(pod("any", "node-3", [], {"app": "any"}))
        until(lambda: all(self.is_ready(one) for one in self.cluster.pods()), 60)
        for one in self.cluster.pods():
            self.ips[one["metadata"]["name"]] = [entry["ip"] for entry in one["status"]["podIPs"]]
            self.nodes[f"pod/default/{one['metadata']['name']}"] = one["spec"]["nodeName"]

    @staticmethod
    def is_ready(one):
        return any(c["type"] == "Ready" and c["status"] == "True" for c in one["status"].get("conditions", []))

    def node_ip(self, node, v4=True):
        for entry in self.cluster.get("Node", node)["status"]["addresses"]:
            if entry["type"] == "InternalIP" and (":" not in entry["address"]) == v4:
                return entry["address"]
        return None

    def make(self, thing):
        """Creates a Service; returns its addresses: cluster IPs and, once there are any, those of its balancer."""
        made = self.cluster.create(thing)
        if thing["spec"].get("type") == "LoadBalancer" and "loadBalancerClass" not in thing["spec"]:
            made = until(lambda: self.with_ingress(thing["metadata"]["name"]))
        return made

    def with_ingress(self, name):
        one = self.cluster.get("Service", name)
        return one if one["status"].get("loadBalancer", {}).get("ingress") else None

    # MARK: Parts

    def pods(self):
        """Pods by their own addresses."""
        agree, ips = self.packets.agree, self.ips
        for v in (0, 1):
            family = "IPv6" if v else "IPv4"
            web = ips["web-1"][v]
            agree(f"pod to pod on another node, {family}", "pod/default/client", socket_text(web, 8080), "Delivered")
            agree(f"pod to pod on its node, {family}", "pod/default/web-2", socket_text(web, 8080), "Delivered")
            agree(f"node to its pod, {family}", "node/node-1", socket_text(web, 8080), "Delivered")
            agree(f"node to another node's pod, {family}", "node/node-3", socket_text(web, 8080), "Delivered")
            agree(f"outside to a pod, {family}", f"outside/{CLIENTS[not v][0]}", socket_text(web, 8080),
                  "Unreachable NotRoutedOutside")
            agree(f"UDP from pod to pod, {family}", "pod/default/client", socket_text(web, 8053, "udp"), "Delivered")
        agree("a port on which the pod does not listen", "pod/default/client", socket_text(ips["web-1"][0], 81),
              "Rejected NothingListens")
        agree("an address that no pod has", "pod/default/client", "10.244.0.200:80", "Unreachable NoPodHasAddress")
        agree("a pod without declared ports listens on all", "node/node-1", socket_text(ips["any"][0], 4242), "Delivered")

    def cluster_ips(self):
        made = self.make(service("web", ports=[{"name": "http", "port": 80, "targetPort": "http"},
                                               {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": "dns"}]))
        agree = self.packets.agree
        for address in made["spec"]["clusterIPs"]:
            family = "IPv6" if ":" in address else "IPv4"
            for source in ("pod/default/client", "pod/default/web-1", "node/node-1", "node/node-3"):
                agree(f"{source} to a cluster IP, {family}", source, socket_text(address, 80), "Delivered")
            agree(f"UDP to a cluster IP by a named port, {family}", "pod/default/client",
                  socket_text(address, 53, "udp"), "Delivered")
            agree(f"a port that the Service does not have, {family}", "pod/default/client", socket_text(address, 81),
                  "Rejected NoSuchServicePort")
            agree(f"a cluster IP from outside, {family}", f"outside/{CLIENTS[':' not in address][0]}",
                  socket_text(address, 80), "Unreachable NotRoutedOutside")
        agree("an address of the range that no Service has", "pod/default/client", "10.96.77.77:80",
              "Dropped UnallocatedClusterIP")
        alone = self.make(service("lonely", selector={"app": "lonely"}))
        for address in alone["spec"]["clusterIPs"]:
            family = "IPv6" if ":" in address else "IPv4"
            happened = agree(f"hairpin: a pod to itself through its Service, {family}", "pod/default/lonely",
                             socket_text(address, 80), "Delivered")
            node = self.node_ip("node-2", ":" not in address)
            self.packets.check(f"hairpin: the pod sees its node, {family}", happened["seen"] == {node}, happened)
        nobody = self.make(service("nobody", selector={"app": "nobody"}))
        for source in ("pod/default/client", "node/node-1"):
            agree(f"no endpoints, from {source}", source, socket_text(nobody["spec"]["clusterIP"], 80),
                  "Rejected NoEndpoints")

    def internal_local(self):
        made = self.make(service("near", internalTrafficPolicy="Local"))
        target = socket_text(made["spec"]["clusterIP"], 80)
        agree = self.packets.agree
        agree("internalTrafficPolicy Local where there are endpoints", "node/node-1", target, "Delivered")
        agree("internalTrafficPolicy Local from a pod there", "pod/default/web-3", target, "Delivered")
        agree("internalTrafficPolicy Local where there are none", "node/node-3", target, "Dropped NoLocalEndpoints")
        agree("internalTrafficPolicy Local from a pod where there are none", "pod/default/client", target,
              "Dropped NoLocalEndpoints")

    def node_ports(self):
        made = self.make(service("door", type="NodePort"))
        port = made["spec"]["ports"][0]["nodePort"]
        agree = self.packets.agree
        for v4 in (True, False):
            family = "IPv4" if v4 else "IPv6"
            target = socket_text(self.node_ip("node-3", v4), port)
            happened = agree(f"outside to a node port, {family}", f"outside/{CLIENTS[v4][0]}", target, "Delivered")
            self.packets.check(f"the pod sees the node, {family}", happened["seen"] == {self.node_ip("node-3", v4)},
                               happened)
            agree(f"pod to a node port, {family}", "pod/default/client", target, "Delivered")
            agree(f"node to its node port, {family}", "node/node-3", target, "Delivered")
            agree(f"node to another's node port, {family}", "node/node-1", target, "Delivered")
        agree("a port of a node that is none", f"outside/{CLIENTS[True][0]}",
              socket_text(self.node_ip("node-1"), 30999), "Rejected NothingListens")

    def external_local(self):
        made = self.make(service("outer", type="LoadBalancer", externalTrafficPolicy="Local"))
        port, check = made["spec"]["ports"][0]["nodePort"], made["spec"]["healthCheckNodePort"]
        client = CLIENTS[True][0]
        agree, lab = self.packets.agree, self.lab
        happened = agree("Local: a node port with endpoints", f"outside/{client}",
                         socket_text(self.node_ip("node-1"), port), "Delivered")
        self.packets.check("Local: the pod sees the client", happened["seen"] == {client}, happened)
        agree("Local: a node port without endpoints", f"outside/{client}", socket_text(self.node_ip("node-3"), port),
              "Dropped NoLocalEndpoints")
        for ingress in made["status"]["loadBalancer"]["ingress"]:
            v4 = ":" not in ingress["ip"]
            family = "IPv4" if v4 else "IPv6"
            target = socket_text(ingress["ip"], 80)
            happened = agree(f"Local: the balancer, {family}", f"outside/{CLIENTS[v4][0]}", target, "Delivered", count=40)
            self.packets.check(f"Local: the pods see the client of the balancer, {family}",
                               happened["seen"] == {CLIENTS[v4][0]}, happened)
            agree(f"Local: pod to the balancer, {family}", "pod/default/client", target, "Delivered")
            agree(f"Local: node without endpoints to the balancer, {family}", "node/node-3", target, "Delivered")
        agree("Local: pod to a node port of a node without endpoints", "pod/default/client",
              socket_text(self.node_ip("node-3"), port), "Delivered")
        agree("Local: a pod gets no answer through another node from a third one", "pod/default/client",
              socket_text(self.node_ip("node-1"), port), "Dropped AnswerGoesAstray", count=20, timeout=0.4)
        agree("Local: node without endpoints to its own node port", "node/node-3",
              socket_text(self.node_ip("node-3"), port), "Delivered")
        agree("Local: node to the node port of a node without endpoints", "node/node-1",
              socket_text(self.node_ip("node-3"), port), "Dropped NoLocalEndpoints")
        for node, status in (("node-1", 200), ("node-2", 200), ("node-3", 503)):
            told = self.cluster.path(f"outside/{client}", socket_text(self.node_ip(node), check), 1)
            answer = until(lambda: (lambda got: got if got.get("status") == status else None)(
                lab.send("outside", "get", to=self.node_ip(node), port=check, path="/healthz")), 8)
            self.packets.check(f"the health check node port of {node} answers {status}",
                               bool(answer) and told["outcome"] == "AnsweredByNode"
                               and str(status) in told["steps"][-1]["text"], f"model {told['steps'][-1]}")

    def balancers(self):
        made = self.make(service("shop", type="LoadBalancer"))
        agree = self.packets.agree
        for ingress in made["status"]["loadBalancer"]["ingress"]:
            v4 = ":" not in ingress["ip"]
            family = "IPv4" if v4 else "IPv6"
            target = socket_text(ingress["ip"], 80)
            happened = agree(f"outside to a balancer, {family}", f"outside/{CLIENTS[v4][0]}", target, "Delivered", count=60)
            nodes = {self.node_ip(node, v4) for node in NODES}
            self.packets.check(f"the balancer uses all nodes, {family}", happened["seen"] == nodes, happened["seen"])
            agree(f"pod to a balancer, {family}", "pod/default/client", target, "Delivered")
            agree(f"node to a balancer, {family}", "node/node-1", target, "Delivered")
            agree(f"a port that the balancer does not have, {family}", f"outside/{CLIENTS[v4][0]}",
                  socket_text(ingress["ip"], 81), "Unreachable NobodyHasAddress")
        vip = made["status"]["loadBalancer"]["ingress"][0]["ip"]
        self.cluster.patch("Service", "shop", {"spec": {"loadBalancerSourceRanges": ["198.51.100.2/32"]}})
        agree("a client outside of the source ranges", "outside/198.51.100.1", f"{vip}:80", "Dropped OutsideSourceRanges")
        agree("a client in the source ranges", "outside/198.51.100.2", f"{vip}:80", "Delivered")
        agree("a pod outside of the source ranges", "pod/default/client", f"{vip}:80", "Dropped OutsideSourceRanges")
        port = made["spec"]["ports"][0]["nodePort"]
        agree("source ranges do not concern node ports", "outside/198.51.100.1",
              socket_text(self.node_ip("node-1"), port), "Delivered")
        self.make(service("router", externalIPs=["203.0.113.80"]))
        agree("outside to an external IP", "outside/198.51.100.1", "203.0.113.80:80", "Delivered")
        agree("pod to an external IP", "pod/default/client", "203.0.113.80:80", "Delivered")
        agree("node to an external IP", "node/node-2", "203.0.113.80:80", "Delivered")
        proxied = self.make(service("proxied", type="LoadBalancer", loadBalancerClass="test.example/proxy"))
        self.cluster.patch("Service", "proxied", {"status": {"loadBalancer": {"ingress": [
            {"ip": "172.18.254.9", "ipMode": "Proxy"}]}}}, "status")
        assert proxied
        agree("outside to a balancer that is a proxy", "outside/198.51.100.1", "172.18.254.9:80", "Delivered")
        agree("pod to a balancer that is a proxy", "pod/default/client", "172.18.254.9:80", "Delivered")

    def affinity(self):
        made = self.make(service("loyal", sessionAffinity="ClientIP",
                                 sessionAffinityConfig={"clientIP": {"timeoutSeconds": 2}}))
        target = socket_text(made["spec"]["clusterIP"], 80)
        check = self.packets.check
        until(lambda: "answer" in self.lab.send("pod/default/client", "tcp", to=made["spec"]["clusterIP"], port=80))
        happened = self.packets.kernel("pod/default/client", target, 12)
        check("ClientIP: a client stays with its pod", len(happened["pods"]) == 1, happened["pods"])
        first = happened["pods"]
        for _ in range(5):
            time.sleep(1)
            first |= self.packets.kernel("pod/default/client", target, 1)["pods"]
        check("ClientIP: each connection renews the stay", len(first) == 1, first)
        told = self.packets.model("pod/default/client", target)["pods"]
        later = set(first)
        for _ in range(10):
            time.sleep(2.6)
            later |= self.packets.kernel("pod/default/client", target, 1)["pods"]
            if len(later) > 1:
                break
        check("ClientIP: the stay ends after its time", len(later) > 1 and later <= told, later)
        self.cluster.patch("Service", "loyal", {"spec": {"sessionAffinity": "None", "sessionAffinityConfig": None}})
        self.packets.agree("without affinity all pods are chosen again", "pod/default/client", target, "Delivered")

    def readiness(self):
        made = self.make(service("steady"))
        address = made["spec"]["clusterIP"]
        target = socket_text(address, 80)
        agree, check, lab = self.packets.agree, self.packets.check, self.lab
        agree("three ready pods", "pod/default/client", target, "Delivered")
        kept = lab.send("pod/default/client", "tcp", to=address, port=80, id=1)
        victim = kept["answer"]["pod"]
        self.cluster.patch("Pod", victim, {"metadata": {"annotations": {"fairlead.dev/ready": "false"}}})
        happened = agree("an unready pod gets no new connections", "pod/default/client", target, "Delivered")
        check("two pods are left", until(lambda: len(self.packets.kernel("pod/default/client", target, 20)["pods"]) == 2),
              happened["pods"])
        still = lab.send("pod/default/client", "again", id=1)
        check("an established connection stays with the unready pod", still.get("answer", {}).get("pod") == victim, still)
        lab.send("pod/default/client", "close", id=1)
        self.cluster.patch("Pod", victim, {"metadata": {"annotations": {"fairlead.dev/ready": None}}})
        check("it comes back", until(lambda: len(self.packets.kernel("pod/default/client", target, 30)["pods"]) == 3), "")

    def conditions(self):
        """Slices of the test's own: every condition and hint can be set."""
        made = self.make(service("by-hand", selector=False, ipFamilyPolicy="SingleStack"))
        target = socket_text(made["spec"]["clusterIP"], 80)
        agree = self.packets.agree

        def endpoint(name, node, ready=True, serving=True, terminating=False, zones=(), nodes=()):
            hints = {}
            if zones:
                hints["forZones"] = [{"name": zone} for zone in zones]
            if nodes:
                hints["forNodes"] = [{"name": one} for one in nodes]
            entry = {"addresses": [self.ips[name][0]], "nodeName": node, "conditions": {
                "ready": ready, "serving": serving, "terminating": terminating}}
            return {**entry, "hints": hints} if hints else entry

        def show(*endpoints):
            self.cluster.patch("EndpointSlice", "by-hand-1", {"endpoints": list(endpoints)})

        self.cluster.create(slice_of("by-hand-1", "by-hand", [endpoint("web-1", "node-1"), endpoint("web-3", "node-2")]))
        agree("slices without a selector", "pod/default/client", target, "Delivered")
        going = {"ready": False, "terminating": True}
        show(endpoint("web-1", "node-1", **going), endpoint("web-3", "node-2"))
        agree("a terminating endpoint beside a ready one", "pod/default/client", target, "Delivered")
        show(endpoint("web-1", "node-1", **going), endpoint("web-3", "node-2", **going, serving=False))
        agree("only terminating ones, of which one serves", "pod/default/client", target, "Delivered")
        show(endpoint("web-1", "node-1", ready=False, serving=False))
        agree("only an unready one", "pod/default/client", target, "Rejected NoEndpoints")
        show(endpoint("web-1", "node-1", zones=["zone-a"]), endpoint("web-3", "node-2", zones=["zone-b"]))
        for source in ("node/node-1", "node/node-2", "pod/default/web-3"):
            agree(f"hints for zones, from {source}", source, target, "Delivered")
        agree("hints for zones, none for this one", "node/node-3", target, "Delivered")
        show(endpoint("web-1", "node-1", zones=["zone-a"]), endpoint("web-3", "node-2"))
        agree("hints are ignored if one is missing", "node/node-1", target, "Delivered")
        show(endpoint("web-1", "node-1", nodes=["node-3"]), endpoint("web-3", "node-2", nodes=["node-1"]))
        agree("hints for nodes", "node/node-3", target, "Delivered")
        agree("hints for nodes, from a pod", "pod/default/web-1", target, "Delivered")
        self.cluster.patch("Service", "by-hand", {"spec": {"internalTrafficPolicy": "Local"}})
        show(endpoint("web-1", "node-1", **going), endpoint("web-3", "node-2"))
        agree("Local: the terminating endpoint of the node", "node/node-1", target, "Delivered")
        agree("Local: the ready endpoint of another", "node/node-2", target, "Delivered")
        self.cluster.patch("Service", "by-hand", {"spec": {"internalTrafficPolicy": "Cluster"}})
        show(endpoint("web-1", "node-1"))
        self.cluster.create(slice_of("by-hand-2", "by-hand", [endpoint("web-1", "node-1"), endpoint("web-2", "node-1")]))
        agree("two slices with an endpoint in both", "pod/default/client", target, "Delivered")

    def datagrams(self):
        made = self.make(service("questions", selector=False, ipFamilyPolicy="SingleStack",
                                 ports=[{"port": 53, "protocol": "UDP", "targetPort": 8053}]))
        address = made["spec"]["clusterIP"]
        target = socket_text(address, 53, "udp")

        def point_to(name, node):
            entry = {"addresses": [self.ips[name][0]], "nodeName": node}
            try:
                self.cluster.patch("EndpointSlice", "questions-1", {"endpoints": [entry]})
            except OSError:
                self.cluster.create(slice_of("questions-1", "questions", [entry], 8053, "UDP"))

        point_to("web-1", "node-1")
        self.packets.agree("UDP to one endpoint", "pod/default/client", target, "Delivered", sourcePort=40000)
        point_to("web-3", "node-2")
        answer = until(lambda: self.who_answers(address) == "web-3", 8)
        self.packets.check("UDP from the same port goes to the new endpoint when the old one is gone", answer, "")
        point_to("lonely", "node-2")
        self.packets.agree("and is flushed again", "pod/default/client", target, "Delivered", sourcePort=40000)

    def who_answers(self, address):
        result = self.lab.send("pod/default/client", "udp", to=address, port=53, sourcePort=40000, timeout=0.5)
        return result.get("answer", {}).get("pod")

    def names(self):
        check, lab = self.packets.check, self.lab
        web = self.cluster.get("Service", "web")["spec"]["clusterIPs"]
        for place in ("node/node-1", "pod/default/client"):
            found = until(lambda: (lambda got: got if got.get("addresses") else None)(
                lab.send(place, "lookUp", name="web.default")))
            check(f"{place} finds web.default", bool(found) and found["addresses"] == sorted(web), found)
        found = lab.send("pod/default/client", "lookUp", name="web")
        check("a pod finds a Service of its namespace", found.get("addresses") == sorted(web), found)
        check("nobody outside finds it", "error" in lab.send("outside", "lookUp", name="web.default.svc.cluster.local"))
        status, out, err = lab.exec("node/node-1", "curl", "-s", "--max-time", "5", "http://web.default")
        check("curl http://web.default on a node", status == 0 and out.startswith("pod        web-"), out + err)
        status, out, err = lab.exec("pod/default/client", "curl", "-s", "--max-time", "5", "http://kubernetes.default:443/readyz")
        check("a pod reaches the API server", status == 0 and out.strip() == "ok", out + err)

    def guide(self):
        """The guide's four flows, with its manifests as printed."""
        lab, check, agree = self.lab, self.packets.check, self.packets.agree
        self.cluster.create({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "my-app"},
            "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "my-app"}}, "template": {
                "metadata": {"labels": {"app": "my-app"}},
                "spec": {"containers": [{"name": "my-app-container", "image": "my-app-image"}]}}}})
        ports = {"protocol": "TCP", "port": 80, "targetPort": 8080}

        def printed(name, **spec):
            return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
                    "spec": {"selector": {"app": "my-app"}, "ports": [ports], **spec}}

        inner = self.make(printed("my-clusterip-service"))
        self.make(printed("my-nodeport-service", type="NodePort", ports=[{**ports, "nodePort": 30007}]))
        outer = self.make(printed("my-loadbalancer-service", type="LoadBalancer"))
        local = self.make(printed("my-external-service", type="LoadBalancer", externalTrafficPolicy="Local"))
        loyal = self.make(printed("my-affinity-service", sessionAffinity="ClientIP"))
        until(lambda: len([one for one in self.cluster.pods("app=my-app") if self.is_ready(one)]) == 3, 60)
        client = CLIENTS[True][0]
        agree("guide: ClusterIP", "pod/default/client", socket_text(inner["spec"]["clusterIP"], 80), "Delivered",
              seconds=20)
        agree("guide: NodePort 30007", f"outside/{client}", socket_text(self.node_ip("node-1"), 30007), "Delivered")
        vip = outer["status"]["loadBalancer"]["ingress"][0]["ip"]
        agree("guide: LoadBalancer", f"outside/{client}", f"{vip}:80", "Delivered")
        status, out, err = lab.exec("pod/default/client", "curl", "-s", "--max-time", "5", "http://my-clusterip-service")
        check("guide: discovery by the Service's name", status == 0 and "pod        my-app-" in out, out + err)
        vip = local["status"]["loadBalancer"]["ingress"][0]["ip"]
        happened = agree("guide: externalTrafficPolicy Local", f"outside/{client}", f"{vip}:80", "Delivered", count=40)
        check("guide: the client's address is preserved", happened["seen"] == {client}, happened["seen"])
        address = loyal["spec"]["clusterIP"]
        until(lambda: "answer" in lab.send("pod/default/client", "tcp", to=address, port=80))
        happened = self.packets.kernel("pod/default/client", socket_text(address, 80), 10)
        check("guide: sessionAffinity ClientIP", len(happened["pods"]) == 1, happened)

    def changes(self):
        """Pods and nodes that come and go while the lab is up."""
        lab, check, agree = self.lab, self.packets.check, self.packets.agree
        made = self.cluster.create(pod("late", "node-3", [{"containerPort": 8080}], {"app": "late"}))
        until(lambda: self.is_ready(self.cluster.get("Pod", "late")), 30)
        address = self.cluster.get("Pod", "late")["status"]["podIP"]
        agree("a pod that came later", "pod/default/client", socket_text(address, 8080), "Delivered")
        kept = lab.send("pod/default/client", "tcp", to=address, port=8080, id=7)
        check("a connection to it", "answer" in kept and bool(made), kept)
        self.cluster.delete("Pod", "late", grace=0)
        check("its namespace goes with it", until(lambda: not [
            name for name in namespaces(self.lab.name) if name.endswith(".late")]), namespaces(self.lab.name))
        agree("its address is nobody's", "pod/default/client", socket_text(address, 8080), "Unreachable NoPodHasAddress")
        check("its connection is over", "error" in lab.send("pod/default/client", "again", id=7), "")
        self.cluster.create({"apiVersion": "v1", "kind": "Node", "metadata": {
            "name": "extra", "annotations": {"fairlead.dev/simulated": "true"}}, "spec": {}})
        ip = until(lambda: self.node_ip("extra") if "status" in self.cluster.get("Node", "extra")
                   and self.cluster.get("Node", "extra")["status"].get("addresses") else None)
        check("a node that came later has an address", bool(ip), ip)
        status = until(lambda: lab.exec("node/extra", "true")[0] == 0)
        check("it is in the lab", status, "")
        port = self.cluster.get("Service", "door")["spec"]["ports"][0]["nodePort"]
        agree("its node ports work", f"outside/{CLIENTS[True][0]}", socket_text(ip, port), "Delivered", seconds=20)
        self.cluster.delete("Node", "extra")
        check("a node that is deleted leaves the lab", until(lambda: not [
            name for name in namespaces(self.lab.name) if name.endswith(".extra")]), namespaces(self.lab.name))

    def machines(self):
        """A machine that is switched off."""
        lab, check, agree = self.lab, self.packets.check, self.packets.agree
        address = self.ips["web-3"][0]
        vip = self.cluster.get("Service", "shop")["status"]["loadBalancer"]["ingress"][0]["ip"]
        self.cluster.patch("Service", "shop", {"spec": {"loadBalancerSourceRanges": None}})
        self.cluster.patch("Node", "node-2", {"metadata": {"annotations": {"fairlead.dev/down": "true"}}})

        def silent():
            return "error" in lab.send("pod/default/client", "tcp", to=address, port=8080, timeout=0.5)

        check("nobody answers for the pods of a machine that is off", until(silent), "")
        happened = agree("a balancer leaves out a machine that is off", "outside/198.51.100.1", f"{vip}:80", "Delivered",
                         count=40, seconds=30)
        check("the others take its connections", happened["seen"] == {self.node_ip("node-1"), self.node_ip("node-3")},
              happened["seen"])
        self.cluster.patch("Node", "node-2", {"metadata": {"annotations": {"fairlead.dev/down": None}}})
        happened = agree("and uses it again when it is back", "outside/198.51.100.1", f"{vip}:80", "Delivered", count=60,
                         seconds=30)
        check("all nodes take connections again", len(happened["seen"]) == 3, happened["seen"])

    def commands(self):
        lab, check = self.lab, self.packets.check
        status, out, _ = lab.exec("node/node-1", "sh", "-c", "exit 7")
        check("the exit status is the program's", status == 7, status)
        status, _, err = lab.exec("node/nowhere", "true")
        check("a node that is not there is named", status == 1 and "no node nowhere" in err, err)
        status, _, err = lab.exec("pod/default/nowhere", "true")
        check("a pod that is not there is named", status == 1 and "nowhere" in err, err)
        status, out, err = lab.command("status")
        check("status shows the nodes", status == 0 and all(f"node/{node}" in out for node in NODES), out + err)
        victim = self.node_status("node-3")["proxy"]
        os.kill(victim, signal.SIGKILL)
        check("a proxy that was killed is started again",
              until(lambda: self.node_status("node-3")["proxy"] not in (None, victim)), self.node_status("node-3"))
        status, _, err = lab.command("up", "--server", lab.url)
        check("a second lab of the name is refused", status == 1 and "is up already" in err, err)


    def chance(self):
        """Any source, any target: whatever Services the other parts have left."""
        print(f"   seed {self.seed}")
        rng = random.Random(self.seed)
        targets = self.targets()
        pods = [f"pod/default/{name}" for name in self.ips]
        nodes = [f"node/{node}" for node in NODES]
        for _ in range(self.packets_by_chance):
            target = rng.choice(targets)
            clients = [f"outside/{client}" for client in CLIENTS["[" not in target]]
            source = rng.choice(rng.choice([pods, nodes, clients]))
            self.packets.agree(f"by chance: {source} -> {target}", source, target)

    def targets(self):
        nodes = [self.node_ip(node, v4) for node in NODES for v4 in (True, False)]
        found = [socket_text(address, 8080) for addresses in self.ips.values() for address in addresses]
        for one in self.cluster.call("GET", Cluster.KINDS["Service"])["items"]:
            spec = one["spec"]
            # Who stays with a pod does not meet the others; and behind this one is the API server.
            if spec.get("sessionAffinity") == "ClientIP" or one["metadata"]["name"] == "kubernetes":
                continue
            entries = one["status"].get("loadBalancer", {}).get("ingress", [])
            addresses = spec["clusterIPs"] + spec.get("externalIPs", []) + [entry["ip"] for entry in entries]
            families = {"IPv6" if ":" in address else "IPv4" for address in spec["clusterIPs"]}
            for port in spec["ports"]:
                transport = port["protocol"].lower()
                found += [socket_text(address, port["port"], transport) for address in addresses]
                if port.get("nodePort"):
                    found += [socket_text(address, port["nodePort"], transport) for address in nodes
                              if ("IPv6" if ":" in address else "IPv4") in families]
            found += [socket_text(address, 4) for address in spec["clusterIPs"]]
        return found

    def node_status(self, name):
        report = json.loads(self.lab.command("status", "--json")[1])
        return next(node for node in report["nodes"] if node["name"] == name)


PARTS = ["pods", "cluster_ips", "internal_local", "node_ports", "external_local", "balancers", "affinity", "readiness",
         "conditions", "datagrams", "names", "guide", "changes", "machines", "chance", "commands"]


def endings(packets):
    """However a lab ends, nothing of it is left."""
    lab, check = packets.lab, packets.check
    lab.leave()
    lab.process.kill()
    lab.process.wait()
    check("a killed lab leaves its namespaces", namespaces(lab.name) != [], "")
    check("its proxies end with it", until(lambda: not proxies(lab.name)), proxies(lab.name))
    status, out, err = lab.command("down")
    check("`lab down` clears them away", status == 0 and namespaces(lab.name) == [], out + err)
    lab.up()
    seconds = lab.stop()
    check("a lab that is told to end leaves nothing", namespaces(lab.name) == [], namespaces(lab.name))
    check("and ends soon", seconds < 10, seconds)


NOBODY = 65534


def unprivileged(checks, binary):
    """A lab of a user who is not root, with a server of its own."""
    with tempfile.TemporaryDirectory(prefix="fairlead-lab-user-") as home:
        os.chown(home, NOBODY, NOBODY)
        environment = {"PATH": os.environ["PATH"] + ":/usr/sbin:/usr/bin", "HOME": home, "XDG_RUNTIME_DIR": home}
        name = f"user-{os.getpid()}"

        def lab(*arguments):
            return subprocess.run([binary, "lab", *arguments], capture_output=True, text=True, timeout=120, cwd="/",
                                  env=environment, user=NOBODY, group=NOBODY, extra_groups=[])

        try:
            probe = subprocess.run(["unshare", "--user", "--map-root-user", "--net", binary, "version"], cwd="/",
                                   capture_output=True, text=True, user=NOBODY, group=NOBODY, extra_groups=[])
            why = probe.stderr.strip() if probe.returncode != 0 else ""
        except OSError as error:
            why = str(error)
        if why:
            print(f"SKIPPED the lab of a user: {why}")
            return
        up = lab("up", "--name", name, "--detach", "--", "--data", ":memory:", "--listen", "127.0.0.1:0", "--dns-listen",
                 "127.0.0.1:0")
        checks.check("a user gets a lab", up.returncode == 0 and "node/node-3" in up.stdout, up.stdout + up.stderr)
        probe = lab("exec", "--name", name, "node/node-1", "--", "curl", "-s", "--max-time", "5",
                    "http://kubernetes.default:443/readyz")
        checks.check("packets flow in it", probe.stdout.strip() == "ok", probe.stdout + probe.stderr)
        here = lab("exec", "--name", name, "outside", "--", "pwd")
        checks.check("programs begin where the user is", here.stdout.strip() == "/", here.stdout + here.stderr)
        down = lab("down", "--name", name)
        checks.check("it is taken down", down.returncode == 0 and not os.path.exists(home + "/fairlead-lab"), down.stderr)


def proxies(name):
    """Processes in the lab's namespaces."""
    found = []
    for namespace in namespaces(name):
        listed = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True)
        found += listed.stdout.split()
    return found


def refusal():
    """Why no lab can be built here; None if one can."""
    if sys.platform != "linux":
        return "no Linux"
    if os.geteuid() != 0:
        return "not root"
    probe = subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True, text=True)
    return None if probe.returncode == 0 else f"this kernel refuses network namespaces: {probe.stderr.strip()}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--only", help="parts, separated by commas: " + ", ".join(PARTS))
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--packets", type=int, default=40, help="how many packets are sent by chance")
    parser.add_argument("--keep", action="store_true", help="leave the lab up at the end, and wait")
    args = parser.parse_args()
    why = refusal()
    if why:
        print(f"SKIPPED the lab: {why}")
        print("0 passed, 0 failed")
        return 0
    parts = args.only.split(",") if args.only else PARTS
    before = host_network()
    with Fairlead(os.path.abspath(args.binary), *FLAGS) as server:
        cluster = Cluster(server.url)
        until(lambda: len(cluster.call("GET", "api/v1/nodes")["items"]) == 3)
        began = time.monotonic()
        with Lab(os.path.abspath(args.binary), server.url) as lab:
            print(f"the lab is up after {time.monotonic() - began:.1f} s")
            packets = Packets(cluster, lab)
            tests = Tests(packets)
            tests.seed, tests.packets_by_chance = args.seed, args.packets
            tests.make_pods()
            for part in parts:
                began = time.monotonic()
                getattr(tests, part)()
                print(f"-- {part}: {time.monotonic() - began:.0f} s")
            packets.check("the machine's network is as it was", host_network() == before, "")
            if args.keep:
                input(f"the lab is {lab.name} at {server.url}; Return ends it ")
            if not args.only:
                endings(packets)
                unprivileged(packets, os.path.abspath(args.binary))
            words = [line for line in lab.complaints().splitlines()
                     if "error" in line and "proxy of a node has ended" not in line]
            packets.check("the lab has nothing to complain of", not words, "\n     ".join(words[:10]))
    packets.check("nothing is left", namespaces(lab.name) == [] and host_network() == before, namespaces(lab.name))
    return packets.finish()


if __name__ == "__main__":
    sys.exit(main())

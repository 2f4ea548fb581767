#!/usr/bin/env python3
"""Service registration and discovery as users see it: dig, dnspython and libc against a real binary.

    discovery.py --binary .build/debug/fairlead
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import python_environment  # noqa: E402
from fairlead_process import Checks, Fairlead  # noqa: E402

python_environment.enter()

import dns.flags  # noqa: E402
import dns.message  # noqa: E402
import dns.name  # noqa: E402
import dns.query  # noqa: E402
import dns.rdatatype  # noqa: E402
import dns.resolver  # noqa: E402
import dns.reversename  # noqa: E402

ZONE = "svc.cluster.local"


class Cluster:
    """A server, its API and its DNS."""

    def __init__(self, server):
        self.server = server
        self.host, self.port = server.dns

    def request(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        request = urllib.request.Request(
            self.server.url + path, data=data, method=method, headers={"Content-Type": kind})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def create(self, path, body):
        return self.request("POST", path, body)

    def service(self, namespace, name, spec):
        return self.create(f"/api/v1/namespaces/{namespace}/services", {
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec})

    def deployment(self, namespace, name, replicas, pod=None):
        labels = {"app": name}
        spec = {"containers": [{"name": "c", "image": "nginx", "ports": [{"name": "http", "containerPort": 80}]}]}
        spec.update(pod or {})
        return self.create(f"/apis/apps/v1/namespaces/{namespace}/deployments", {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels},
                     "template": {"metadata": {"labels": labels}, "spec": spec}}})

    def ready_pods(self, namespace, selector):
        pods = self.request("GET", f"/api/v1/namespaces/{namespace}/pods?labelSelector={selector}")["items"]
        return [p for p in pods if any(c["type"] == "Ready" and c["status"] == "True"
                                       for c in p["status"].get("conditions", []))]

    def ask(self, name, kind="A", tcp=False, **options):
        query = dns.message.make_query(name, kind, **options)
        send = dns.query.tcp if tcp else dns.query.udp
        return send(query, self.host, timeout=2, port=self.port)

    def records(self, name, kind="A", tcp=False):
        return sorted(item.to_text() for rrset in self.ask(name, kind, tcp).answer for item in rrset)

    def dig(self, *args):
        command = ["dig", f"@{self.host}", "-p", str(self.port), "+tries=1", "+time=2", "+short", *args]
        return sorted(subprocess.run(command, capture_output=True, text=True).stdout.split("\n")[:-1])


def eventually(condition, seconds=20):
    """Polls a condition that depends on simulated nodes; returns its last result."""
    end = time.monotonic() + seconds
    while True:
        try:
            result = condition()
        except (dns.exception.DNSException, OSError) as error:
            result = None if not isinstance(error, urllib.error.HTTPError) else None
        if result or time.monotonic() > end:
            return result
        time.sleep(0.1)


def registration(cluster, checks):
    """As in the guide: a Service is created, registered, looked up by name, and found again by address."""
    address = cluster.service("default", "hostnames", {"selector": {"app": "hostnames"}, "ports": [
        {"name": "http", "port": 80, "targetPort": 9376}]})["spec"]["clusterIP"]
    name = f"hostnames.default.{ZONE}"
    # Asked at once: the commit has returned, so the name must exist.
    checks.check("a Service has its name as soon as it is created", cluster.records(name) == [address])
    checks.check("dig finds it", cluster.dig(name) == [address], cluster.dig(name))
    checks.check("its port is in SRV", cluster.dig(f"_http._tcp.{name}", "SRV") == [f"0 100 80 {name}."],
                 cluster.dig(f"_http._tcp.{name}", "SRV"))
    checks.check("its address leads back to it",
                 cluster.records(dns.reversename.from_address(address), "PTR") == [name + "."])
    checks.check("dig -x too", cluster.dig("-x", address) == [name + "."], cluster.dig("-x", address))
    checks.check("the API itself is registered",
                 cluster.records(f"kubernetes.default.{ZONE}") ==
                 [cluster.request("GET", "/api/v1/namespaces/default/services/kubernetes")["spec"]["clusterIP"]])
    for number in range(20):
        created = cluster.service("default", f"quick-{number}", {"ports": [{"port": 80}]})["spec"]["clusterIP"]
        if cluster.records(f"quick-{number}.default.{ZONE}") != [created]:
            checks.check(f"quick-{number} is there at once", False)
    cluster.request("DELETE", "/api/v1/namespaces/default/services/quick-0")
    gone = cluster.ask(f"quick-0.default.{ZONE}")
    checks.check("a deleted Service is gone at once, with the zone's SOA",
                 gone.rcode() == dns.rcode.NXDOMAIN and gone.authority[0].rdtype == dns.rdatatype.SOA, gone)


def namespaces(cluster, checks):
    cluster.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    here = cluster.service("default", "db", {"ports": [{"port": 5432}]})["spec"]["clusterIP"]
    there = cluster.service("shop", "db", {"ports": [{"port": 5432}]})["spec"]["clusterIP"]
    checks.check("one name in two namespaces is two Services",
                 (cluster.records(f"db.default.{ZONE}"), cluster.records(f"db.shop.{ZONE}")) == ([here], [there]))
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port, resolver.ndots = [cluster.host], cluster.port, 5
    for namespace, wanted in (("default", here), ("shop", there)):
        resolver.search = [dns.name.from_text(text) for text in (f"{namespace}.{ZONE}", ZONE, "cluster.local")]
        found = [item.to_text() for item in resolver.resolve("db", search=True)]
        checks.check(f"the short name db means the Service of {namespace} there", found == [wanted], found)
    found = [item.to_text() for item in resolver.resolve("db.default", search=True)]
    checks.check("db.default reaches across", found == [here], found)


def headless(cluster, checks):
    cluster.service("default", "peers", {"clusterIP": "None", "selector": {"app": "peers"}, "ports": [
        {"name": "http", "port": 80}]})
    cluster.deployment("default", "peers", 3, {"hostname": "peer", "subdomain": "peers"})
    cluster.service("default", "plain", {"clusterIP": "None", "selector": {"app": "peers"}, "ports": [
        {"name": "http", "port": 80}]})
    pods = eventually(lambda: (lambda p: p if len(p) == 3 else None)(cluster.ready_pods("default", "app=peers")))
    addresses = sorted(pod["status"]["podIP"] for pod in pods or [])
    name = f"plain.default.{ZONE}"
    found = eventually(lambda: cluster.records(name) == addresses)
    checks.check("a headless Service has the addresses of its ready pods", found, (cluster.records(name), addresses))
    checks.check("dig finds them all", cluster.dig(name) == addresses)
    found = eventually(lambda: cluster.records(f"peer.peers.default.{ZONE}") == addresses)
    checks.check("pods with hostname and subdomain are found by it", found)
    answer = cluster.ask(f"_http._tcp.{name}", "SRV")
    targets = [item.target for rrset in answer.answer for item in rrset]
    checks.check("SRV names one target for each pod", len(set(targets)) == 3, answer)
    glue = {rrset.name: rrset[0].to_text() for rrset in answer.additional}
    checks.check("with its address beside it", set(glue) == set(targets) and sorted(glue.values()) == addresses, answer)
    resolved = sorted(address for target in targets for address in cluster.records(target))
    checks.check("each target resolves", resolved == addresses, resolved)
    back = all(any(target.to_text() == text for text in cluster.records(
        dns.reversename.from_address(glue[target]), "PTR")) for target in targets)
    checks.check("and its address leads back to it", back)
    cluster.request("PATCH", "/apis/apps/v1/namespaces/default/deployments/peers", {"spec": {"replicas": 1}})
    checks.check("pods that go leave the name", eventually(lambda: len(cluster.records(name)) == 1))


def external(cluster, checks):
    cluster.service("default", "out", {"type": "ExternalName", "externalName": "www.example.com"})
    checks.check("an ExternalName is an alias", cluster.records(f"out.default.{ZONE}") == ["www.example.com."])
    cluster.service("default", "alias", {"type": "ExternalName", "externalName": f"kubernetes.default.{ZONE}"})
    answer = cluster.ask(f"alias.default.{ZONE}")
    checks.check("one into the cluster comes with the address",
                 [rrset.rdtype for rrset in answer.answer] == [dns.rdatatype.CNAME, dns.rdatatype.A], answer)


def large(cluster, checks):
    cluster.service("default", "large", {"clusterIP": "None", "ports": [{"port": 80}]})
    for part in range(10):
        cluster.create("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", {
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": f"large-{part}", "labels": {"kubernetes.io/service-name": "large"}},
            "endpoints": [{"addresses": [f"10.200.{part}.{last}"]} for last in range(1, 101)],
            "ports": [{"port": 80, "name": ""}]})
    name = f"large.default.{ZONE}"
    cut = cluster.ask(name)
    checks.check("a thousand addresses do not fit UDP: TC", bool(cut.flags & dns.flags.TC) and
                 len(cut.to_wire()) <= 512)
    checks.check("TCP has them all", len(cluster.records(name, tcp=True)) == 1000)
    checks.check("dig falls back to TCP by itself", len(cluster.dig(name)) == 1000)
    bigger = cluster.ask(name, use_edns=0, payload=4096)
    checks.check("EDNS gets more by UDP", 200 < sum(len(r) for r in bigger.answer) < 1000)


def libc(cluster, checks, scratch):
    """getent through a resolv.conf, in a mount and network namespace where port 53 is ours."""
    if os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("ip") is None:
        print("SKIPPED getent through a resolv.conf: needs root, unshare and ip")
        return
    probe = subprocess.run(["unshare", "--mount", "--net", "true"], capture_output=True, text=True)
    if probe.returncode != 0:
        print(f"SKIPPED getent through a resolv.conf: no namespaces here ({probe.stderr.strip()})")
        return
    script = os.path.join(scratch, "getent.sh")
    with open(script, "w") as file:
        file.write(f"""set -e
ip link set lo up
printf 'search default.{ZONE} {ZONE} cluster.local\\nnameserver 127.0.0.1\\noptions ndots:5 timeout:2\\n' > {scratch}/resolv.conf
printf 'hosts: dns\\n' > {scratch}/nsswitch.conf
mount --bind {scratch}/resolv.conf "$(readlink -f /etc/resolv.conf)"
mount --bind {scratch}/nsswitch.conf /etc/nsswitch.conf
{cluster.server.binary} serve --bare --listen 127.0.0.1:8080 --dns-listen 127.0.0.1:53 --data :memory: > {scratch}/ns.out 2>&1 &
server=$!
trap 'kill $server; wait $server 2>/dev/null' EXIT
for _ in $(seq 200); do if grep -q '^dns on' {scratch}/ns.out; then break; fi; sleep 0.05; done
getent hosts kubernetes
getent hosts kubernetes.default
getent hosts 10.96.0.1
getent hosts nobody || echo "nobody is not there"
""")
    run = subprocess.run(["unshare", "--mount", "--net", "bash", script], capture_output=True, text=True, timeout=60)
    words = [line.split() for line in run.stdout.split("\n") if line]
    if "Operation not permitted" in run.stderr or "permission denied" in run.stderr:
        print(f"SKIPPED getent through a resolv.conf: {run.stderr.strip()}")
        return
    found = [line[:2] for line in words[:3]] == [["10.96.0.1", f"kubernetes.default.{ZONE}"]] * 3
    checks.check("getent finds a Service by its short name, with its namespace, and by its address", found,
                 run.stdout + run.stderr)
    checks.check("and nothing where there is nothing", "nobody is not there" in run.stdout, run.stdout + run.stderr)


def outage(cluster, checks):
    """kube-dns goes down and comes back."""
    name = f"kubernetes.default.{ZONE}"
    path = "/apis/apps/v1/namespaces/kube-system/deployments/coredns"

    def answered():
        try:
            return bool(cluster.records(name))
        except dns.exception.Timeout:
            return False

    log = eventually(lambda: [line for pod in cluster.ready_pods("kube-system", "k8s-app=kube-dns")
                              for line in cluster.server.get(
                                  f"/api/v1/namespaces/kube-system/pods/{pod['metadata']['name']}/log").split("\n")
                              if f'"A IN {name}. udp ' in line])
    checks.check("the log of the coredns pods shows the questions", bool(log) and log[0].startswith("[INFO] 127.0.0.1:"))
    cluster.request("PATCH", path, {"spec": {"replicas": 0}})
    checks.check("without kube-dns pods nobody answers", eventually(lambda: not answered()))
    checks.check("dig says so", "no servers could be reached" in " ".join(cluster.dig(name)) or not cluster.dig(name))
    cluster.request("PATCH", path, {"spec": {"replicas": 2}})
    checks.check("when they are back, so are the answers", eventually(answered, 30))


def pods_view(cluster, checks):
    # Terminating pods stay ready until the end.
    staying = [p for p in cluster.ready_pods("default", "app=peers") if "deletionTimestamp" not in p["metadata"]]
    pod = staying[0]["metadata"]["name"]
    text = cluster.server.get(f"/debug/resolvconf/default/{pod}")
    checks.check("a pod's resolv.conf has the search list",
                 f"search default.{ZONE} {ZONE} cluster.local" in text and "options ndots:5" in text, text)
    command = [cluster.server.binary, "dns", "lookup", "--server", cluster.server.url, "--from", f"default/{pod}"]
    run = subprocess.run(command + ["db.shop"], capture_output=True, text=True)
    checks.check("dns lookup shows the questions that were in vain",
                 run.returncode == 0 and run.stdout.count("(wasted)") == 2 and f"db.shop.{ZONE}." in run.stdout,
                 run.stdout + run.stderr)
    run = subprocess.run(command + ["nobody"], capture_output=True, text=True)
    checks.check("and fails where there is nothing", run.returncode == 1 and "NXDOMAIN" in run.stdout, run.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    args = parser.parse_args()
    checks = Checks()
    with Fairlead(args.binary) as server:
        cluster = Cluster(server)
        checks.check("the cluster's DNS answers once kube-dns is up",
                     eventually(lambda: cluster.records(f"kubernetes.default.{ZONE}"), 30))
        registration(cluster, checks)
        namespaces(cluster, checks)
        headless(cluster, checks)
        external(cluster, checks)
        large(cluster, checks)
        pods_view(cluster, checks)
        outage(cluster, checks)
        libc(cluster, checks, server.scratch.name)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

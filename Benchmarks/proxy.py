#!/usr/bin/env python3
"""How fast `fairlead proxy` is with many Services: from nothing, for one pod's flip, and how much memory it takes.

    proxy.py --binary .build/release/fairlead [--services 10000] [--endpoints 5] [--flips 500] [--pause 0.02]

Needs root and nft. Server and proxy run in a network namespace of their own. Beside each figure of the proxy stands what
one `nft -f -` per change takes for the same commands, as a yardstick. The time inside nft is told apart.
"""
import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

NAMESPACE = f"flbench{os.getpid()}"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"


def inside(*command):
    return ["ip", "netns", "exec", NAMESPACE, *command]


def status(pid, field):
    with open(f"/proc/{pid}/status") as lines:
        return next((int(line.split()[1]) // 1024 for line in lines if line.startswith(field)), 0)


def processor(pid):
    """Seconds of CPU that a process has taken, and those of its children that have ended."""
    with open(f"/proc/{pid}/stat") as text:
        words = text.read().rsplit(")", 1)[1].split()
    ticks = os.sysconf("SC_CLK_TCK")
    return (int(words[11]) + int(words[12])) / ticks, (int(words[13]) + int(words[14])) / ticks


def children(pid):
    found = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/children") as text:
            found += [int(word) for word in text.read().split()]
    return found


class API:
    """Talks to the server from threads that are in its namespace."""

    def __init__(self, port):
        self.port = port
        self.local = threading.local()

    def call(self, method, path, body=None):
        connection = getattr(self.local, "connection", None)
        if connection is None:
            connection = self.local.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, None if body is None else json.dumps(body),
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        data = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {data[:300]}")
        return data


def address(number):
    return f"10.{128 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


def slice_of(service, endpoints, waiting=None):
    return {"metadata": {"name": f"s{service}-1", "labels": {"kubernetes.io/service-name": f"s{service}"}},
            "addressType": "IPv4", "ports": [{"name": "", "port": 8080, "protocol": "TCP"}],
            "endpoints": [{"addresses": [address(service * endpoints + index)],
                           "conditions": {"ready": index != waiting, "serving": index != waiting},
                           "nodeName": f"node-{index}",
                           "targetRef": {"kind": "Pod", "namespace": "default", "name": f"s{service}-{index}"}}
                          for index in range(endpoints)]}


def fill(api, services, endpoints, threads=8):
    def some(first):
        for number in range(first, services, threads):
            api.call("POST", "/api/v1/namespaces/default/services",
                     {"metadata": {"name": f"s{number}"}, "spec": {"ports": [{"port": 80}]}})
            api.call("POST", SLICES, slice_of(number, endpoints))
    workers = [threading.Thread(target=some, args=(first,)) for first in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def histogram(page, name, labels=""):
    """The counts of a histogram by upper bound."""
    counts = {}
    for line in page.splitlines():
        found = re.match(name + r"_bucket\{(.*)\} (\d+)$", line)
        if found and labels in found[1]:
            bound = re.search(r'le="([^"]+)"', found[1])[1]
            counts[float("inf") if bound == "+Inf" else float(bound)] = int(found[2])
    return counts


def percentile(before, after, share):
    """The bound below which that share of the new observations lies."""
    total = after[float("inf")] - before.get(float("inf"), 0)
    for bound in sorted(after):
        if after[bound] - before.get(bound, 0) >= share * total:
            return f"{bound * 1000:g} ms"
    return "?"


def metrics(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/metrics")
    return connection.getresponse().read().decode()


def yardstick(commands, count=40):
    times = []
    for number in range(count):
        began = time.monotonic()
        subprocess.run(["nft", "-f", "-"], input=commands[number % len(commands)], text=True, check=True)
        times.append(time.monotonic() - began)
    times.sort()
    return f"p50 {times[len(times) // 2] * 1000:.1f} ms, p99 {times[-1] * 1000:.1f} ms"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--binary", required=True)
    arguments.add_argument("--server-binary", help="for `fairlead serve` (default: the same)")
    arguments.add_argument("--services", type=int, default=10_000)
    arguments.add_argument("--endpoints", type=int, default=5)
    arguments.add_argument("--flips", type=int, default=500)
    arguments.add_argument("--pause", type=float, default=0.02)
    arguments.add_argument("--inside", help=argparse.SUPPRESS)
    options = arguments.parse_args()
    options.binary = os.path.abspath(options.binary)
    if not options.inside:
        subprocess.run(["ip", "netns", "add", NAMESPACE], check=True)
        try:
            subprocess.run(["ip", "-n", NAMESPACE, "link", "set", "lo", "up"], check=True)
            return subprocess.run(inside(sys.executable, __file__, *sys.argv[1:], "--inside", NAMESPACE)).returncode
        finally:
            subprocess.run(["ip", "netns", "del", NAMESPACE])
    with tempfile.TemporaryDirectory() as folder:
        return measure(options, folder)


def measure(options, folder):
    server = subprocess.Popen(
        [options.server_binary or options.binary, "serve", "--bare", "--listen", "127.0.0.1:8080", "--data", f"{folder}/db", "--dns-listen",
         "none", "--service-cluster-ip-range", "10.96.0.0/12", "--kubeconfig", "none", "--log-level", "error"],
        stdout=subprocess.DEVNULL)
    proxy = None
    try:
        api = API(8080)
        for _ in range(200):
            try:
                api.call("GET", "/readyz")
                break
            except (OSError, RuntimeError):
                api.local.connection = None
                time.sleep(0.1)
        api.call("POST", "/api/v1/nodes", {"metadata": {"name": "node-1"}})
        began = time.monotonic()
        fill(api, options.services, options.endpoints)
        print(f"{options.services} Services, {options.services * options.endpoints} endpoints "
              f"(made in {time.monotonic() - began:.1f} s)")
        log = open(f"{folder}/log", "w+")
        began = time.monotonic()
        proxy = subprocess.Popen(
            [options.binary, "proxy", "--node", "node-1", "--server", "http://127.0.0.1:8080", "--cluster-cidr",
             "10.128.0.0/9", "--healthz-bind-address", "127.0.0.1:10256"], stdout=log, stderr=log)
        health = API(10256)
        while True:
            try:
                health.local.connection = None
                health.call("GET", "/healthz")
                break
            except (OSError, RuntimeError, http.client.HTTPException):
                time.sleep(0.01)
        whole = time.monotonic() - began
        log.seek(0)
        inner = float(re.search(r"seconds[=:]\s*\"?([\d.e-]+)", log.read())[1])
        own, others = processor(proxy.pid)
        print(f"from nothing: {whole:.2f} s from the start of the process, of which nft {inner:.2f} s "
              f"(CPU: {own:.2f} s, nft {others:.2f} s)")
        print(f"memory after that: {status(proxy.pid, 'VmRSS')} MB (at most {status(proxy.pid, 'VmHWM')} MB)")
        time.sleep(1)
        page = metrics(10249)
        event, kernel = (histogram(page, name, label) for name, label in (
            ("fairlead_proxy_event_duration_seconds", ""), ("fairlead_proxy_nft_duration_seconds", "partial")))
        for number in range(options.flips):
            waiting = None if number % 2 else 2
            service = (number // 2) * 7919 % options.services
            api.call("PUT", f"{SLICES}/s{service}-1", slice_of(service, options.endpoints, waiting))
            time.sleep(options.pause)
        time.sleep(0.5)
        page = metrics(10249)
        after = histogram(page, "fairlead_proxy_event_duration_seconds")
        inner = histogram(page, "fairlead_proxy_nft_duration_seconds", "partial")
        count = after[float("inf")] - event.get(float("inf"), 0)
        print(f"a pod's flip, from the event to the kernel ({count} measured): "
              f"p50 below {percentile(event, after, 0.5)}, p99 below {percentile(event, after, 0.99)}; "
              f"of which nft p50 below {percentile(kernel, inner, 0.5)}, p99 below {percentile(kernel, inner, 0.99)}")
        nft = [(pid, status(pid, "VmRSS")) for pid in children(proxy.pid)]
        print(f"memory after that: {status(proxy.pid, 'VmRSS')} MB, nft {sum(size for _, size in nft)} MB")
        ip = json.loads(api.call("GET", "/api/v1/namespaces/default/services/s0"))["spec"]["clusterIP"]
        verdict = re.search(r": (goto \S+)", subprocess.run(
            ["nft", "get", "element", "inet", "fairlead", "services4", f"{{ {ip} . tcp . 80 }}"], capture_output=True,
            text=True, check=True).stdout)[1]
        table = "inet fairlead services4"
        again = f"delete element {table} {{ {ip} . tcp . 80 }}\nadd element {table} {{ {ip} . tcp . 80 : {verdict} }}\n"
        print(f"yardstick, a process of nft per change: {yardstick([again])}")
        return 0
    finally:
        for process in (proxy, server):
            if process:
                process.terminate()
                process.wait()


if __name__ == "__main__":
    sys.exit(main())

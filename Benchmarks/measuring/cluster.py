"""Clusters at work: flips of pods, large Services, Deployments, nodes that report."""
import os
import re
import subprocess
import sys

import threading
import time

from . import objects
from .programs import BASE, HERE, Server, line_of, processor, resident
from .report import at_most

PODS_PY = os.path.join(os.path.dirname(HERE), "pods.py")


def flips(run):
    """From the status of a pod to the event of its EndpointSlice, at a steady rate."""
    services, pods, rate = run.size(10_000, 400), run.size(50_000, 2_000), run.size(500, 100)
    with Server(run.binary, "--bare") as server:
        server.make_namespace()
        found = run.tool.run("scale", "--server", server.url, "--services", services, "--pods", pods, "--rate", rate,
                             "--seconds", run.size(20, 3), "--pid", server.pid)
    label = f"{services:,} Services, {pods:,} pods"
    run.report.row(f"{label}, {rate} flips/s: slice event, p99", "ms", [found["p99_ms"]], target=at_most(8, "ms"),
                   note=f"p50 {found['p50_ms']:.1f} ms")
    run.report.row("  slice writes per flip", "", [found["writes_per_flip"]])
    run.report.row("  resident bytes per pod, with its endpoint", "B", [found["resident_bytes_per_pod"]])


def one_service(run):
    """One Service with all pods as its endpoints, which change one after the other."""
    pods = run.size(5_000, 500)
    with Server(run.binary, "--bare") as server:
        server.make_namespace()
        found = run.tool.run("scale", "--server", server.url, "--services", 1, "--pods", pods, "--rate", 50,
                             "--seconds", run.size(20, 2))
    run.report.row(f"one Service of {pods:,} endpoints, 50 changes/s: p99", "ms", [found["p99_ms"]], target=at_most(10, "ms"),
                   note=f"p50 {found['p50_ms']:.1f} ms")
    run.report.row("  slice writes per change", "", [found["writes_per_flip"]], target=at_most(1.02))


def pods_py(run, *arguments):
    done = subprocess.run([sys.executable, PODS_PY, "--binary", run.binary, *map(str, arguments)], capture_output=True, text=True, timeout=1500)
    if done.returncode != 0:
        raise RuntimeError(f"pods.py {arguments}: {done.stderr[-400:]}")
    lines = [dict(re.findall(r"(\w+)=([\d.]+)", line)) for line in done.stdout.splitlines()]
    return {name: float(value) for line in lines for name, value in line.items()}


def deployments(run):
    replicas, rolled = run.size(5_000, 300), run.size(1_000, 100)
    found = [pods_py(run, "--only", "one", "--replicas", replicas) for _ in range(run.size(2, 1))]
    run.report.row(f"a Deployment 0 -> {replicas:,} on 100 nodes, all Ready", "s", [each["seconds"] for each in found], target=at_most(4, "s"),
                   note=f"CPU {found[-1]['cpu_s']:.1f} s")
    found = [pods_py(run, "--only", "rolling", "--replicas", rolled) for _ in range(run.size(2, 1))]
    run.report.row(f"rolling update of {rolled:,}", "s", [each["seconds"] for each in found], target=at_most(8, "s"),
                   note=f"CPU {found[-1]['cpu_s']:.1f} s")
    if run.quick:
        return
    number = 600
    found = pods_py(run, "--only", "many", "--deployments", number)
    run.report.row(f"{number} Deployments of 3, after the last create", "s", [found["seconds"]], target=at_most(5, "s"),
                   note=f"CPU {found['cpu_s']:.1f} s")


def heartbeats(run):
    """Nodes that renew their leases every ten seconds, and pods that change: the file, the memory and the writes stay as they are.

    The server's clock is the machine's, so an hour is not played, but a few minutes with a history of half a minute: after one
    minute everything that grows with time alone has to have stopped. The kubelets are one client here, as the server simulates at
    most a thousand."""
    nodes, rate, seconds = run.size(5_000, 200), run.size(100, 50), run.size(150, 8)
    with Server(run.binary, "--bare", "--history-age", "30") as server:
        server.make_namespace()
        leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
        run.tool.load(server, leases, objects.lease("node-{n}"), count=nodes, connections=64)
        run.tool.load(server, "/api/v1/nodes", objects.node("node-{n}"), count=nodes, connections=64)
        run.tool.load(server, f"{BASE}/pods", objects.pod("p-{n}", "a", f"node-{{n%{nodes}}}"), count=1000, connections=32)
        kubelets = run.tool.start(
            "load", "--server", server.url, "--method", "PATCH", "--content-type", "application/merge-patch+json", "--path",
            f"{leases}/node-{{n}}", "--connections", 16, "--rate", nodes // 10, "--cycle", nodes, "--seconds", seconds + run.size(30, 2), "--body", run.file(objects.lease("node-{n}")))
        time.sleep(run.size(15, 1))
        samples, done = [], threading.Event()

        def sample():
            while not done.wait(1):
                size = sum(os.path.getsize(server.data + suffix) for suffix in ("", "-wal") if os.path.exists(server.data + suffix))
                samples.append((size / 1e6, resident(server.pid)))

        watcher = threading.Thread(target=sample, daemon=True)
        watcher.start()
        before, began = processor(server.pid), time.monotonic()
        status = objects.pod_status().replace('"Running"', '"Running", "message": "{i}"')
        found = run.tool.load(server, f"{BASE}/pods/p-{{n}}/status", status, method="PATCH", content_type="application/merge-patch+json",
                              connections=8, rate=rate, seconds=seconds, cycle=1000)
        share = (processor(server.pid) - before) / (time.monotonic() - began) * 100
        done.set()
        watcher.join()
        slowest = line_of(kubelets, "requests_per_second")["worst_ms"]
        if kubelets.wait() != 0:
            raise RuntimeError("not all leases were renewed")
    half, last = samples[len(samples) // 2:len(samples) * 3 // 4], samples[len(samples) * 3 // 4:]

    def growth(column):
        first, second = (sum(each[column] for each in part) / len(part) for part in (half, last))
        return (second - first) / first * 100

    label = f"{nodes:,} nodes, {rate} changes/s, {seconds} s of real time"
    run.report.row(f"{label}: slowest write", "ms",
                   [max(found["worst_ms"], slowest)], target=at_most(30, "ms"), note=f"p99 {found['p99_ms']:.1f} ms")
    run.report.row("  growth of the file in the last quarter", "%", [growth(0)], target=at_most(5, "%"), note=f"{samples[-1][0]:.0f} MB")
    run.report.row("  growth of the memory", "%", [growth(1)], target=at_most(5, "%"), note=f"{samples[-1][1]:.0f} MB")
    run.report.row("  processor", "%", [share], note="of one core")


GROUPS = [("flips", flips), ("one-service", one_service), ("deployments", deployments), ("heartbeats", heartbeats)]

"""From exec to the first Service; what is resident. The big cluster is made once and stays in a file."""
import http.client
import os
import shutil
import subprocess
import tempfile
import time

from . import objects
from .programs import BASE, Server, free_port, resident
from .report import at_most

# Nodes that nobody speaks for would be lost, and their pods with them.
QUIET = ("--bare", "--controllers", "*,-node-lifecycle-controller,-pod-garbage-collector-controller")


def first_service(binary, data, flags):
    """Seconds from exec until a Service has been created, and the process."""
    port = free_port()
    command = [binary, "serve", "--data", data, "--listen", f"127.0.0.1:{port}", "--tls-listen", "127.0.0.1:0",
               "--dns-listen", "127.0.0.1:0", "--kubeconfig", "none", *flags]
    body = objects.service(f"first-{time.time_ns()}")
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                connection.request("POST", "/api/v1/namespaces/default/services", body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                text = answer.read()
                connection.close()
                if answer.status == 201:
                    return time.monotonic() - began, process
                # It listens before the namespace and the range of addresses are there.
                if answer.status not in (404, 403, 429, 500, 503) and b"failed to allocate" not in text:
                    raise RuntimeError(f"the first Service: {answer.status} {text[:300]}")
            except (OSError, http.client.HTTPException):
                pass  # it does not listen yet
            if process.poll() is not None or time.monotonic() - began > 300:
                raise RuntimeError(f"no Service after {time.monotonic() - began:.0f} s; exit status {process.poll()}")
            time.sleep(0.0005)
    except BaseException:
        end(process)
        raise


def end(process):
    process.terminate()
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def empty(run):
    """A new file each time, keys and certificates included; then an existing file without objects of users."""
    for label, is_first in (("exec -> first Service, new store", True), ("exec -> first Service, empty store", False)):
        with tempfile.TemporaryDirectory(prefix="fairlead-bench-") as folder:
            times = []
            for number in range(run.size(12, 3)):
                data = os.path.join(folder, f"{number if is_first else 'same'}.db")
                seconds, process = first_service(run.binary, data, ["--nodes", "3"])
                end(process)
                if number > 0:
                    times.append(seconds * 1000)  # the first is the warm-up
        run.report.row(label, "ms", times, target=at_most(100, "ms"))


def idle(run):
    with Server(run.binary, "--nodes", "3") as server:
        time.sleep(run.size(30, 4))
        samples = []
        for _ in range(3):
            samples.append(resident(server.pid))
            time.sleep(0.5)
    run.report.row("resident, idle, 3 nodes", "MB", samples, target=at_most(32, "MB"))


def fill(run, server, pods, services, nodes, is_real=True):
    """Nodes, Services and ready pods, by requests; the endpoints are the controllers' work."""
    server.make_namespace()
    tool = run.tool
    tool.load(server, "/api/v1/nodes", objects.node("node-{n}"), count=nodes, connections=64)
    tool.load(server, f"{BASE}/services", objects.service("s-{n}"), count=services, connections=64)
    make = objects.real_pod if is_real else objects.pod
    tool.load(server, f"{BASE}/pods", make("p-{n}", f"s-{{n%{services}}}", f"node-{{n%{nodes}}}"), count=pods, connections=128)
    tool.load(server, f"{BASE}/pods/p-{{n}}/status", objects.real_status() if is_real else objects.pod_status(), method="PATCH",
              content_type="application/merge-patch+json", count=pods, connections=128)
    server.settle(600)


def big(run):
    """150,000 pods of 3 KB, 10,000 Services and 5,000 nodes on disk: the start, and what is resident."""
    pods, services, nodes = run.size(150_000, 3_000), run.size(10_000, 200), run.size(5_000, 100)
    label = f"{pods:,} pods, {services:,} Services, {nodes:,} nodes"
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-") as folder:
        kept = os.path.join(folder, "kept.db")
        with Server(run.binary, *QUIET) as server:
            began = time.monotonic()
            fill(run, server, pods, services, nodes)
            size = len(server.call("GET", f"{BASE}/pods/p-1"))
            run.note(f"{label} made in {time.monotonic() - began:.0f} s, a pod has {size} bytes")
            if server.count(f"{BASE}/pods") != pods:
                raise RuntimeError(f"{server.count(f'{BASE}/pods')} of {pods} pods are there")
            server.stop()
            for suffix in ("", "-wal"):
                if os.path.exists(server.data + suffix):
                    shutil.move(server.data + suffix, kept + suffix)
            keys = server.data.removesuffix(".db") + ".pki"
            if os.path.exists(keys):
                shutil.move(keys, kept.removesuffix(".db") + ".pki")
        times, process = [], None
        for number in range(run.size(4, 2)):
            if process is not None:
                end(process)
            seconds, process = first_service(run.binary, kept, QUIET)
            if number > 0:
                times.append(seconds * 1000)
        try:
            run.report.row(f"exec -> first Service, {label}", "ms", times, target=at_most(3000, "ms"))
            peak = resident(process.pid, "VmHWM")
            # What is only kept for a while has gone by then.
            time.sleep(run.size(75, 2))
            now = resident(process.pid)
            run.report.row("resident, that cluster", "MB", [now], target=at_most(900, "MB"), note=f"a pod has {size} bytes; {peak:.0f} MB at most")
            run.report.row("  resident beyond its bytes once, per pod", "B", [now * 1e6 / pods - size], target=at_most(6000, "B"),
                           note="all of the process")
        finally:
            end(process)


GROUPS = [("start", empty), ("idle", idle), ("big", big)]

"""GET and LIST, beside nginx with the same bytes, under the same load generator."""
import http.client
import json
import statistics
import time

from . import objects
from .programs import BASE, NAMESPACE, TOKEN, Nginx, Server, forget_peak, h2load, resident
from .report import at_most, ratio_at_least
from .starts import QUIET, fill

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PROTOBUF = "application/vnd.kubernetes.protobuf"
BEARER = ("-H", f"authorization: Bearer {TOKEN}")


def get(run):
    with Server(run.binary, "--bare") as server, Nginx() as nginx:
        server.make_namespace()
        path = f"{BASE}/services/measured"
        server.call("POST", f"{BASE}/services", json.loads(objects.service("measured")))
        file = nginx.add(server.call("GET", path))
        shapes = [
            ("GET, 1 connection", ["--h1", "-c", "1"], server.url, nginx.url, (), ratio_at_least(1)),
            ("GET, 32 connections", ["--h1", "-c", "32"], server.url, nginx.url, (), ratio_at_least(1)),
            ("GET, HTTP/2 with TLS, 32 streams of 1 connection", ["-c", "1", "-m", "32"], server.secure, nginx.secure, BEARER,
             ratio_at_least(0.7)),
        ]
        for label, shape, url, other, extra, target in shapes:
            # h2load counts from the end of its warm-up.
            flags = [*shape, *run.size(("-D", 3, "--warm-up-time", "1"), ("-n", 3000))]
            ours, theirs = run.turns(
                lambda: server.cost(lambda: h2load(url + path, *flags, *extra)), lambda: h2load(other + file, *flags)["rate"])
            cost = statistics.median(cost for _, cost in ours)
            # The warm-up is not counted as requests, but as a quarter of the time.
            cost *= run.size(0.75, 1)
            run.report.row(label, "/s", [found["rate"] for found, _ in ours], "nginx, same bytes", theirs, target,
                           note=f"{cost:.0f} us of CPU each")


def fetch(server, path, accept):
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=300)
    connection.request("GET", path, headers={"Accept": accept})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"GET {path}: {answer.status} {content[:300]}")
    return content


def lists(run, server, nginx, pods):
    """LISTs of 500 and of all pods."""
    sizes = [500, pods]
    for count in sizes:
        path = f"{BASE}/pods" if count == pods else f"/api/v1/namespaces/{NAMESPACE}-500/pods"
        for label, accept, target in (("JSON", "application/json", ratio_at_least(0.6)), ("protobuf", PROTOBUF, None),
                                      ("Table", TABLE, None)):
            content = fetch(server, path, accept)
            if label != "protobuf":
                document = json.loads(content)
                found = len(document.get("items", document.get("rows", [])))
                if found != count:
                    raise RuntimeError(f"LIST as {label}: {found} of {count} pods")
                del document
            file = nginx.add(content)
            header = ["-H", f"accept: {accept}"]
            # Two lists at a time of all pods, eight of the few.
            if count == pods:
                flags = ["--h1", "-c", 2, "-n", run.size(8, 2)]
            else:
                flags = ["--h1", "-c", 8, *run.size(("-D", 2, "--warm-up-time", "1"), ("-n", 40))]
            ours, theirs = run.turns(lambda: server.cost(lambda: h2load(server.url + path, *flags, *header)),
                                     lambda: h2load(nginx.url + file, *flags, *header)["rate"])
            cost = statistics.median(cost for _, cost in ours) / 1000
            if count != pods:
                cost *= run.size(2 / 3, 1)  # the warm-up, as above
            size = f"{len(content) / 1e6:.1f} MB" if len(content) > 1e5 else f"{len(content)} B"
            run.report.row(f"LIST {count:,} pods, {label}, {size}", "/s", [found["rate"] for found, _ in ours], "nginx, same bytes",
                           theirs, target, note=f"{cost:.1f} ms of CPU each")


def list_memory(run, server, pods):
    """How much memory ten lists at once take beyond what there is at rest."""
    for label, accept in (("JSON", "application/json"), ("Table", TABLE)):
        grown = []
        for _ in range(run.rounds):
            server.settle(30)
            before = resident(server.pid)
            forget_peak(server.pid)
            h2load(server.url + f"{BASE}/pods", "--h1", "-c", 10, "-n", run.size(20, 10), "-H", f"accept: {accept}")
            grown.append(resident(server.pid, "VmHWM") - before)
        run.report.row(f"  extra memory, 10 lists of {pods:,} at once, {label}", "MB", grown, target=at_most(100, "MB"))


def pages(run, server, pods):
    """A walk in pages of 500 while writes go on, each page beside the first."""
    worst, middle = [], []
    rate = run.size(1000, 300)
    with run.tool.start("load", "--server", server.url, "--method", "PUT", "--path", f"{BASE}/configmaps/w-{{n}}", "--status", 200,
                        "--connections", 8, "--rate", rate, "--cycle", 8, "--seconds", run.size(30, 4), "--body",
                        run.file(objects.small_map("w-{n}"))) as writer:
        time.sleep(1)
        for _ in range(run.rounds + 1):
            times, seen, token = [], 0, ""
            connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
            while True:
                began = time.monotonic()
                connection.request("GET", f"{BASE}/pods?limit=500" + (f"&continue={token}" if token else ""))
                answer = connection.getresponse()
                content = answer.read()
                times.append(time.monotonic() - began)
                if answer.status != 200:
                    raise RuntimeError(f"a page: {answer.status} {content[:300]}")
                page = json.loads(content)
                seen += len(page["items"])
                token = page["metadata"].get("continue", "")
                if not token:
                    break
            connection.close()
            if seen != pods:
                raise RuntimeError(f"{seen} of {pods} pods in all pages")
            worst.append(max(times[1:]) / times[0])
            middle.append(statistics.median(times) * 1000)
        if writer.poll() is not None:
            run.note("the writes ended before the walks did")
        writer.terminate()
        writer.wait()
    # The first walk is the warm-up.
    run.report.row(f"paged LIST under {rate:,} writes/s, worst page / first", "x", worst[1:], target=at_most(2, "x"),
                   note=f"{pods // 500} pages")
    run.report.row("  a page of 500, median", "ms", middle[1:])


def listing(run):
    pods = run.size(50_000, 2_000)
    with Server(run.binary, *QUIET) as server, Nginx() as nginx:
        fill(run, server, pods, run.size(1000, 50), run.size(1000, 50))
        server.call("POST", "/api/v1/namespaces", {"metadata": {"name": f"{NAMESPACE}-500"}})
        time.sleep(0.3)
        run.tool.load(server, f"/api/v1/namespaces/{NAMESPACE}-500/pods", objects.real_pod("p-{n}", "a", "node-1"), count=500)
        run.tool.load(server, f"{BASE}/configmaps", objects.small_map("w-{n}", "0"), count=8, connections=1)
        server.settle()
        lists(run, server, nginx, pods)
        list_memory(run, server, pods)
        pages(run, server, pods)


GROUPS = [("get", get), ("list", listing)]

"""Watches: many of one resource, many of which few match, and clients that list and watch all at once."""
import subprocess
import time

from . import objects
from .programs import BASE, TOKEN, Nginx, Server, judge_h2load, line_of, processor, resident
from .report import at_most, ratio_at_least, ratio_at_most
from .starts import QUIET, fill

MAPS = f"{BASE}/configmaps"


class Fanout:
    """Writes of one ConfigMap, and what watchers of it cost."""

    def __init__(self, run, server):
        self.run, self.server = run, server
        server.make_namespace()
        run.tool.load(server, MAPS, objects.small_map("w-{n}", "0"), count=4, connections=1)
        # Warm-up, and the size of an event.
        self.write(200)

    def revision(self):
        return self.server.read(f"{MAPS}?limit=1")["metadata"]["resourceVersion"]

    def write(self, count, rate=None, connections=1):
        return self.run.tool.load(self.server, f"{MAPS}/w-{{n}}", objects.small_map("w-{n}"), method="PUT", count=count, rate=rate,
                                  connections=connections, cycle=4)

    def cost(self, count, rate=None):
        """Seconds of the server's CPU for so many writes, with whoever watches."""
        before = processor(self.server.pid)
        found = self.write(count, rate)
        return processor(self.server.pid) - before, found

    def watchers(self, connections, events):
        process = self.run.tool.start("watch", "--server", self.server.url, "--path", f"{MAPS}?watch=1&resourceVersion={self.revision()}",
                                      "--connections", connections, "--events", connections * events, "--patience", 240)
        line_of(process, "watching")
        return process


def fanout(run):
    for connections, writes in ((run.size(1_000, 200), run.size(400, 30)), (run.size(10_000, 1_000), run.size(60, 10))):
        with Server(run.binary, *QUIET) as server:
            plan = Fanout(run, server)
            alone, _ = plan.cost(writes * 5)
            alone /= 5

            def ours():
                with plan.watchers(connections, writes) as process:
                    before = processor(server.pid)
                    began = time.monotonic()
                    plan.write(writes)
                    found = line_of(process, "delivered")
                    elapsed = time.monotonic() - began
                    used = processor(server.pid) - before - alone
                    if process.wait() != 0 or found["events"] != connections * writes:
                        raise RuntimeError(f"{found} of {connections * writes} events")
                # When the connections have been closed, that is no part of the next round.
                server.settle(20)
                events = connections * writes
                return used / events * 1e6, events / elapsed, found["bytes"] / events

            size = [0]

            def bare():
                with run.tool.start("bare-writes", "--connections", connections, "--events", writes, "--bytes", round(size[0])) as loop:
                    port = int(line_of(loop, "port")["port"])
                    with run.tool.start("watch", "--server", f"http://127.0.0.1:{port}", "--path", "/", "--connections", connections,
                                        "--events", connections * writes) as readers:
                        line_of(loop, "connected")
                        line_of(readers, "watching")
                        loop.stdin.write("\n")
                        loop.stdin.flush()
                        line_of(loop, "written")
                        line_of(readers, "delivered")
                        loop.stdin.write("\n")
                        loop.stdin.flush()
                        found = line_of(loop, "cpu_s")
                        readers.wait()
                return found["cpu_s"] / (connections * writes) * 1e6

            rounds = []
            theirs = []
            for _ in range(run.rounds):
                rounds.append(ours())
                size[0] = rounds[0][2]
                theirs.append(bare())
            label = f"{connections:,} watchers"
            run.report.row(f"{label}: CPU per delivered event", "us", [cost for cost, _, _ in rounds], "bare loop, same bytes", theirs,
                           ratio_at_most(1.5))
            rate = [events for _, events, _ in rounds]
            run.report.row(f"  delivered, all of them, {size[0]:.0f} B each", "/s", rate)
            # Half of what keeps up, beside the same pace without watchers.
            pace = max(2, int(sorted(rate)[len(rate) // 2] / connections / 2))
            count = max(10, min(pace * run.size(4, 1), 2000))
            quiet = [plan.write(count, pace)["p50_ms"] for _ in range(run.rounds)]
            with plan.watchers(connections, count * run.rounds) as process:
                loud = [plan.write(count, pace)["p50_ms"] for _ in range(run.rounds)]
                line_of(process, "delivered")
            run.report.row(f"  writer's p50 at {pace} writes/s beside them", "ms", loud, "without", quiet, ratio_at_most(2))


def streams(run):
    """A thousand watches as streams of sixteen HTTP/2 connections. h2load reads them; they end by their time."""
    count, writes, seconds = run.size(1_008, 208), run.size(300, 20), run.size(20, 6)
    with Server(run.binary, *QUIET) as server:
        plan = Fanout(run, server)
        alone, found = plan.cost(writes * 4)
        alone /= 4
        costs = []
        for _ in range(run.rounds):
            since = plan.revision()
            path = f"{MAPS}?watch=1&resourceVersion={since}&timeoutSeconds={seconds}"
            readers = subprocess.Popen(
                ["h2load", "-c", "16", "-m", str(count // 16), "-n", str(count), "-H", f"authorization: Bearer {TOKEN}", server.secure + path],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            time.sleep(run.size(3, 1.5))
            before = processor(server.pid)
            plan.write(writes)
            # Until all of it is sent.
            server.settle(seconds)
            used = processor(server.pid) - before - alone
            output, _ = readers.communicate(timeout=seconds + 60)
            result = judge_h2load(output, f"{path}: {output[-500:]}")
            least = watch_bytes(server, writes) - writes * (len(plan.revision()) - len(since))
            if result["requests"] != count or result["bytes"] < count * least:
                raise RuntimeError(f"{result} for {count} watches of {writes} events, at least {least} bytes each")
            costs.append(used / (count * writes) * 1e6)
        run.report.row(f"{count:,} watches on 16 HTTP/2 connections: CPU per event", "us", costs, target=at_most(3, "us"),
                       note=f"{result['bytes'] / count / writes:.0f} B each, with TLS")


def watch_bytes(server, writes):
    """What the events of the last writes have together, in a stream: they differ by the number in them."""
    # Of the four objects, each has been written by every fourth of them.
    last = (writes - 2) // 4 * 4 + 1
    rest = len(server.call("GET", f"{MAPS}/w-1")) - len(str(last)) + len('{"type":"MODIFIED","object":}\n')
    return sum(rest + len(str(number)) for number in range(writes))


def per_node(run):
    """Watchers each of the pods of one node: what a write costs beside those that do not match."""
    nodes, rate = run.size(5_000, 500), run.size(1_000, 300)
    with Server(run.binary, *QUIET) as server:
        server.make_namespace()
        run.tool.load(server, f"{BASE}/pods", objects.pod("p-{n}", "a", "node-{n}"), count=nodes, connections=64)
        status = objects.pod_status().replace('"Running"', '"Running", "message": "{i}"')

        def write(turn):
            before = processor(server.pid)
            count = rate * run.size(5, 1)
            run.tool.load(server, f"{BASE}/pods/p-{{n}}/status", status.replace("{i}", f"{turn}-{{i}}"), method="PATCH", count=count,
                          content_type="application/merge-patch+json", connections=8, rate=rate, cycle=100)
            return (processor(server.pid) - before) / count * 1e6

        write("warm-up")
        server.settle()
        few, many = [], []
        for turn in range(run.rounds):
            for connections, costs in ((100, few), (nodes, many)):
                revision = server.read(f"{BASE}/pods?limit=1")["metadata"]["resourceVersion"]
                with run.tool.start(
                        "watch", "--server", server.url, "--connections", connections, "--events", rate * run.size(5, 1), "--path",
                        f"/api/v1/pods?watch=1&resourceVersion={revision}&fieldSelector=spec.nodeName%3Dnode-{{n}}") as process:
                    line_of(process, "watching")
                    server.settle(20)
                    costs.append(write(f"{turn}-{connections}"))
                    line_of(process, "delivered")
                server.settle(20)
        run.report.row(f"CPU per write, {nodes:,} watchers of which one matches", "us", many, "100 watchers, one matches", few,
                       ratio_at_most(1.15))


def informers(run, server, pods):
    """Clients that list and watch all pods at once."""
    clients = run.size(200, 20)
    path = f"{BASE}/pods?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    speeds, grown, theirs = [], [], []

    def receive(url, path, clients, events, patience=600):
        with run.tool.start("watch", "--server", url, "--connections", clients, "--initial", events, "--patience", patience, "--path",
                            path) as process:
            found = line_of(process, "watching")
        return found

    with Nginx() as nginx:
        one = receive(server.url, path, 1, pods + 1)
        line = "{" + "a" * (round(one["bytes"] / pods) - 3) + "}\n"
        file = nginx.add(line.encode() * pods)
        for _ in range(run.size(2, 1)):
            server.settle(60)
            before, most = resident(server.pid), 0
            with run.tool.start("watch", "--server", server.url, "--connections", clients, "--initial", pods + 1, "--patience", 600, "--path",
                                path) as process:
                while process.poll() is None:
                    most = max(most, resident(server.pid))
                    time.sleep(0.05)
                found = line_of(process, "watching")
            speeds.append(found["bytes"] / found["ms"] / 1e3)
            grown.append(most - before)
            other = receive(nginx.url, file, clients, pods)
            theirs.append(other["bytes"] / other["ms"] / 1e3)
    run.report.row(f"{clients} informers of {pods:,} pods (WatchList), {found['bytes'] / 1e9:.1f} GB", "MB/s", speeds,
                   "nginx, same bytes", theirs, ratio_at_least(0.6))
    run.report.row("  memory above rest", "MB", grown, target=at_most(150, "MB"))


def watch_lists(run):
    pods = run.size(50_000, 2_000)
    with Server(run.binary, *QUIET) as server:
        fill(run, server, pods, run.size(1000, 50), run.size(1000, 50), is_real=False)
        informers(run, server, pods)


GROUPS = [("fanout", fanout), ("streams", streams), ("per-node", per_node), ("informers", watch_lists)]

"""Durable writes, beside inserts of as many rows of the same size into SQLite through GRDB, flushed as often."""
import itertools
import tempfile
from statistics import median

from . import objects
from .programs import BASE, Server
from .report import ratio_at_least, at_least
from .starts import QUIET

MAPS, PODS, SERVICES = f"{BASE}/configmaps", f"{BASE}/pods", f"{BASE}/services"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"


class Writes:
    """The same writes by one client and by 32, each kind in turns with inserts of the same rows."""

    def __init__(self, run, server, folder):
        self.run, self.server, self.folder = run, server, folder
        self.names = itertools.count()

    def rows(self, count, per_commit, size):
        return self.run.tool.run("rows", "--directory", self.folder, "--count", count, "--rows-per-commit", per_commit,
                                 "--bytes", size)["rows_per_second"]

    def load(self, path, body, connections, count, **options):
        """Requests a second, and microseconds of CPU for each."""
        found, cost = self.server.cost(
            lambda: self.run.tool.load(self.server, path, body, connections=connections, count=count, **options))
        return found["requests_per_second"], cost

    def row(self, label, ours, yardstick, theirs, target):
        self.run.report.row(label, "/s", [rate for rate, _ in ours], yardstick, theirs, target,
                            note=f"{median(cost for _, cost in ours):.0f} us of CPU each")

    def measure(self, label, path, make, size, count, **options):
        """Both loads, for one kind of write; `make` makes the body from a prefix of names of its own."""
        for connections, part, target in ((1, 10, 0.75), (32, 1, 0.6)):
            number = max(50, count // part)

            def once():
                prefix = f"b{next(self.names)}"
                return self.load(path.replace("PREFIX", prefix), make(prefix), connections, number, **options)

            once()
            ours, theirs = self.run.turns(once, lambda: self.rows(number, connections, size))
            self.row(f"{label}, {connections} connection{'s' if connections > 1 else ''}", ours,
                     f"GRDB, {connections} a commit", theirs, ratio_at_least(target))

    def size_of(self, path):
        return len(self.server.call("GET", path))


def writes(run):
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-") as folder, Server(run.binary, *QUIET) as server:
        server.make_namespace()
        plan = Writes(run, server, folder)
        count = run.size(10_000, 600)
        # What updates, patches and applies are made to.
        plan.load(MAPS, objects.config_map("u-{n}"), 32, 1000)
        plan.load(PODS, objects.pod("p-{n}", "a", "n"), 32, 1000)
        plan.load(f"{PODS}/p-{{n}}/status", objects.pod_status(), 32, 1000, method="PATCH", content_type=MERGE)
        of_map, of_pod = plan.size_of(f"{MAPS}/u-1"), plan.size_of(f"{PODS}/p-1")

        plan.measure("create ConfigMaps of 1 KB", MAPS, lambda prefix: objects.config_map(prefix + "-{n}"), of_map, count)
        plan.measure("update ConfigMaps of 1 KB", f"{MAPS}/u-{{n}}", lambda prefix: objects.config_map("u-{n}", value=prefix + "-{i}"),
                     of_map, count, method="PUT", cycle=1000)
        status = objects.pod_status().replace('"Running"', '"Running", "message": "PREFIX-{i}"')
        plan.measure("status patch of Pods", f"{PODS}/p-{{n}}/status", lambda prefix: status.replace("PREFIX", prefix), of_pod, count,
                     method="PATCH", content_type=MERGE, cycle=1000)
        # They exist: otherwise some answers would be 201.
        plan.load(f"{MAPS}/a-{{n}}?fieldManager=bench", objects.config_map("a-{n}"), 32, 1000, method="PATCH", content_type=APPLY,
                  status=201)
        plan.measure("apply of changed ConfigMaps", f"{MAPS}/a-{{n}}?fieldManager=bench",
                     lambda prefix: objects.config_map("a-{n}", value=prefix + "-{i}"), of_map, count,
                     method="PATCH", content_type=APPLY, cycle=1000)
        deletions(plan, count, of_map)
        services(plan, run.size(4000, 300))


def deletions(plan, count, size):
    """A deletion is a row without a document, but takes what there was."""
    for connections, part, target in ((1, 10, 0.75), (32, 1, 0.6)):
        number = max(50, count // part)

        def once():
            prefix = f"d{next(plan.names)}"
            plan.load(MAPS, objects.config_map(prefix + "-{n}"), 32, number)
            return plan.load(f"{MAPS}/{prefix}-{{n}}", None, connections, number, method="DELETE")

        once()
        ours, theirs = plan.run.turns(once, lambda: plan.rows(number, connections, 1))
        plan.row(f"delete ConfigMaps, {connections} connection{'s' if connections > 1 else ''}", ours,
                 f"GRDB, {connections} a commit", theirs, ratio_at_least(target))


def services(plan, count):
    """With their controllers at work; beside ConfigMaps."""
    for connections, part in ((1, 10), (32, 1)):
        number = max(50, count // part)

        def once(path, make):
            prefix = f"s{next(plan.names)}"
            return plan.load(path, make(prefix + "-{n}"), connections, number)

        once(SERVICES, objects.service)
        ours, theirs = plan.run.turns(lambda: once(SERVICES, objects.service), lambda: once(MAPS, objects.config_map)[0])
        plan.row(f"create Services, {connections} connection{'s' if connections > 1 else ''}", ours, "ConfigMaps", theirs,
                 ratio_at_least(0.5))


def group_commit(run):
    """256 clients share commits."""
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-") as folder, Server(run.binary, *QUIET) as server:
        server.make_namespace()
        plan = Writes(run, server, folder)
        count = run.size(30_000, 2_000)
        plan.load(MAPS, objects.config_map("u-{n}"), 256, count // 4)
        size = plan.size_of(f"{MAPS}/u-1")

        def once():
            return plan.load(MAPS, objects.config_map(f"g{next(plan.names)}-{{n}}"), 256, count)

        ours, theirs = run.turns(once, lambda: plan.rows(count, 256, size))
        target = ratio_at_least(0.6)
        # One of both is enough.
        if median(rate for rate, _ in ours) >= 25_000:
            target = at_least(25_000, "/s")
        plan.row("group commit, 256 connections, ConfigMaps", ours, "GRDB, 256 a commit", theirs, target)


GROUPS = [("write", writes), ("commit", group_commit)]

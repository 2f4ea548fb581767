"""What a write costs, as the number of objects grows."""
from statistics import median

from . import objects
from .programs import BASE, Server, processor
from .report import ratio_at_most
from .starts import QUIET

MAPS = f"{BASE}/configmaps"


def growth(run):
    sizes = run.size([1_000, 10_000, 100_000, 1_000_000], [200, 1_000, 4_000])
    count = run.size(12_000, 500)
    costs, speeds = {}, {}
    with Server(run.binary, *QUIET, "--storage-quota", "0", "--history-age", "30") as server:
        server.make_namespace()
        there = 0
        for size in sizes:
            run.tool.load(server, MAPS, objects.small_map("m-{n}", "0"), count=size - there, first=there, connections=128)
            there = size
            # The first round warms up; what filling has left behind (history, garbage) is gone when the next begins.
            server.settle(90)
            costs[size], speeds[size] = [], []
            for turn in range(run.rounds + 1):
                before = processor(server.pid)
                # Over all objects, in steps that leave no two neighbours together.
                found = run.tool.load(server, f"{MAPS}/m-{{n}}", objects.small_map("m-{n}", f"{size}-{turn}-{{i}}"), method="PUT",
                                      count=count, cycle=size, connections=32)
                if turn > 0 or run.quick:
                    costs[size].append((processor(server.pid) - before) / count * 1e6)
                    speeds[size].append(found["requests_per_second"])
    run.report.row(f"CPU per update, {sizes[0]:,} ConfigMaps, 32 connections", "us", costs[sizes[0]],
                   note=f"{median(speeds[sizes[0]]):,.0f} /s")
    for size in sizes[1:]:
        run.report.row(f"  {size:,} ConfigMaps", "us", costs[size], f"{sizes[0]:,}", costs[sizes[0]], ratio_at_most(1.15))


GROUPS = [("growth", growth)]

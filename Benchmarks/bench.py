#!/usr/bin/env python3
"""Measures Fairlead: every row of docs/performance.md, each beside its yardstick, as a table and as JSON.

    bench.py --binary .build/release/fairlead --tool .build/release/fairlead-bench [--quick] [--only GROUP,...] [--json FILE]
             [--markdown FILE] [--peer-url https://HOST:PORT --peer-token TOKEN]

Ends with 0 if every target is met, with 1 if not, and with 2 if a measurement was not possible. With --quick (small sizes, one
run each, about two minutes) targets do not count: only a crash, a wrong answer or a lost event ends it with 2.
"""
import argparse
import os
import resource
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from measuring import cluster, growth, names, others, peer, reads, starts, watches, writes  # noqa: E402
from measuring.programs import Tool  # noqa: E402
from measuring.report import Report  # noqa: E402

GROUPS = [*starts.GROUPS, *reads.GROUPS, *writes.GROUPS, *watches.GROUPS, *cluster.GROUPS, *names.GROUPS,
          *others.GROUPS, *growth.GROUPS, *peer.GROUPS]


class Run:
    """What all groups of rows share."""

    def __init__(self, options):
        self.binary, self.tool, self.quick = os.path.abspath(options.binary), Tool(os.path.abspath(options.tool)), options.quick
        self.peer_url, self.peer_token = options.peer_url, options.peer_token
        self.report = Report()
        self.folder = tempfile.TemporaryDirectory(prefix="fairlead-bench-")

    def file(self, text):
        """The path of a file with that text."""
        handle, path = tempfile.mkstemp(dir=self.folder.name)
        with os.fdopen(handle, "w") as file:
            file.write(text)
        return path

    def size(self, full, quick):
        return quick if self.quick else full

    @property
    def rounds(self):
        """How often a figure and its yardstick are measured in turns."""
        return self.size(3, 1)

    def note(self, text):
        print(f"   {text}", file=sys.stderr, flush=True)

    def turns(self, *measures, rounds=None):
        """Measures each of them in turns; a list of values for each."""
        values = [[] for _ in measures]
        for _ in range(rounds or self.rounds):
            for found, measure in zip(values, measures):
                found.append(measure())
        return values


def write(path, text):
    with open(path, "w") as file:
        file.write(text + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--tool", required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", help="groups, separated by commas: " + ", ".join(name for name, _ in GROUPS))
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--markdown", metavar="FILE", help="the table as docs/performance.md has it")
    parser.add_argument("--peer-url", help="a genuine control plane, for the rows that have one as their yardstick")
    parser.add_argument("--peer-token")
    options = parser.parse_args()
    chosen = options.only.split(",") if options.only else [name for name, _ in GROUPS]
    unknown = set(chosen) - {name for name, _ in GROUPS}
    if unknown:
        parser.error(f"no group {', '.join(sorted(unknown))}")
    # Ten thousand watchers are as many sockets here and in the server.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    run = Run(options)
    for name, measure in GROUPS:
        if name not in chosen:
            continue
        began = time.monotonic()
        print(f"== {name}", file=sys.stderr, flush=True)
        try:
            measure(run)
        except Exception as error:  # one group that fails must not keep the others from being measured
            run.report.fail(name, error)
        print(f"   ({time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)
        if options.json:
            # After each group, so that a run that is stopped has not been for nothing.
            write(options.json, run.report.as_json())
        if options.markdown:
            write(options.markdown, run.report.markdown())
    print(run.report.table())
    missed, failed = len(run.report.misses), len(run.report.failures)
    print(f"{len(run.report.rows)} rows, {missed} targets missed, {failed} measurements failed")
    for row in run.report.failures:
        print(f"failed: {row.name}: {row.failure}")
    if failed:
        return 2
    return 1 if missed and not options.quick else 0


if __name__ == "__main__":
    sys.exit(main())

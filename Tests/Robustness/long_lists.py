#!/usr/bin/env python3
"""Every list and map of every kind, as long as a body may be: each is answered in time, and no other client waits.

    long_lists.py --binary FILE [--seconds 60] [--seed 1] [--bytes 2000000] [--bound 0.25] [--save FILE]

The lists come from the server's own schemas, as in extremes.py. Items are valid and different, all the same, empty, or
of a wrong type; they are sent as a creation, a strategic merge, a JSON merge or an apply. Code worse than linear (each
item compared with every other, each error with every other) takes minutes at this size and is found here without
anybody having thought of that field.
"""
import argparse
import copy
import json
import os
import random
import re
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)
from extreme_values import Field, Surface  # noqa: E402
from fairlead_process import Checks, Fairlead  # noqa: E402
from probes import Canary, Connection, forget_peak, sample  # noqa: E402

SORTS = ["different", "different", "the same", "empty", "of a wrong type"]
WAYS = ["create", "create", "strategic", "merge", "apply"]
DEADLINE = 10
# 500s that Kubernetes gives too.
GENUINE = re.compile(rb"failed to create typed patch object|request is too large|merge key|list element types are not identical"
                     rb"|cannot be handled as a|cannot unmarshal")


def lists(surface, schema, steps=(), schemas=(), seen=()):
    """(Field, item schema, True for a list and False for a map)"""
    name, resolved = surface.name(schema), surface.resolve(schema)
    if name and name in seen or len(steps) > 10:
        return
    seen = seen + (name,) if name else seen
    for key, child in resolved.get("properties", {}).items():
        inner = surface.resolve(child)
        if "items" in inner:
            yield Field([*steps, key], "list", [*schemas, child]), inner["items"], True
            yield from lists(surface, inner["items"], (*steps, key, 0), (*schemas, child, inner["items"]), seen)
        elif isinstance(inner.get("additionalProperties"), dict):
            yield Field([*steps, key], "map", [*schemas, child]), inner["additionalProperties"], False
        else:
            yield from lists(surface, child, (*steps, key), (*schemas, child), seen)


def vary(thing, number):
    """The same item with another name wherever it has one."""
    if isinstance(thing, dict):
        return {key: vary(value, number) for key, value in thing.items()}
    if isinstance(thing, str) and thing in ("x", "v", "c", "e", "k", "p", "A", "m"):
        return f"{thing}{number}"
    if isinstance(thing, int) and not isinstance(thing, bool) and thing in (80, 1):
        return 1 + number % 65535
    return thing


class LongLists:
    def __init__(self, server, args):
        self.server, self.args = server, args
        self.canary = None
        self.surface = Surface(Connection(server.url))
        self.rng = random.Random(args.seed)
        self.deck = self.cards()

    def cards(self):
        """One of each field of each type, whichever kind it occurs in."""
        like = {}
        for target in self.surface.targets:
            if not target.named:
                for field, item, is_list in lists(self.surface, target.schema):
                    like.setdefault((*map(str, field.steps[-2:]), is_list, target.resource if len(field.steps) < 3 else ""), []).append((target, field, item, is_list))
        cards = []
        for some in like.values():
            for sort in sorted(set(SORTS)):
                cards.append((*self.rng.choice(some), sort, self.rng.choice(WAYS)))
        self.rng.shuffle(cards)
        return cards

    def items(self, item, is_list, sort):
        if not is_list:
            value = self.surface.minimal(item) if sort != "of a wrong type" else [1]
            return self.fitted(lambda number: (f"k{number:x}", value), dict)
        if sort == "empty":
            return self.fitted(lambda number: {}, list)
        if sort == "of a wrong type":
            return self.fitted(lambda number: number, list)
        one = self.surface.minimal(item)
        resolved = self.surface.resolve(item)
        for key in resolved.get("x-kubernetes-list-map-keys", []):
            one.setdefault(key, "x")
        if isinstance(one, dict) and not one:
            one = {key: "x" for key in ("name", "key") if key in resolved.get("properties", {})}
        return self.fitted((lambda number: vary(one, number)) if sort == "different" else (lambda number: one), list)

    def fitted(self, make, container):
        """As many items as fit into the body."""
        some = [make(number) for number in range(20)]
        size = max(3, len(json.dumps(container(some), separators=(",", ":"))) / 20)
        return container(make(number) for number in range(max(1, int(self.args.bytes / (size + 6)))))

    def body(self, card):
        target, field, item, is_list, sort, way = card
        base = target.base("default") if way in ("create", "apply") else {}
        base = copy.deepcopy(base)
        self.surface.put(base, field, self.items(item, is_list, sort), self.rng)
        path = target.path.replace("{namespace}", "default")
        if way == "create":
            base.setdefault("metadata", {}).setdefault("name", "long")
            return "POST", path + "?dryRun=All", base, "application/json"
        whole = target.base("default")
        name = whole["metadata"].setdefault("name", "kept")
        if way == "apply":
            base.setdefault("metadata", {})["name"] = name
            return "PATCH", f"{path}/{name}?fieldManager=long&force=true&dryRun=All", base, "application/apply-patch+yaml"
        Connection(self.server.url).request("POST", path, whole)
        return "PATCH", f"{path}/{name}?dryRun=All", base, f"application/{'strategic-merge' if way == 'strategic' else 'merge'}-patch+json"

    def judge(self, card):
        """What is wrong with the answer, or None; whether the server can go on."""
        target, field, _, _, sort, way = card
        method, path, body, kind = self.body(card)
        data = json.dumps(body, separators=(",", ":")).encode()
        label = f"{way} {target.resource}, {field} {sort}, {len(data) // 1024} KiB"
        pid = self.server.process.pid
        before = sample(pid).get("VmRSS", 0)
        forget_peak(pid)
        if self.canary is None:
            self.canary = Canary(self.server.url, "/livez")
            time.sleep(0.1)
        self.canary.mark(label)
        began = time.monotonic()
        try:
            status, text = Connection(self.server.url, timeout=DEADLINE).request(method, path, data, kind)
        except TimeoutError:
            status, text = f"no answer within {DEADLINE} s", b""
        except OSError as error:
            status, text = f"no answer: {error!r}", b""
        took = time.monotonic() - began
        time.sleep(0.05)
        window = self.canary.window(label)
        self.canary.mark("between")
        grown = (sample(pid).get("VmHWM", before) - before) // 1024
        code = self.server.process.poll()
        wrong = None
        if code is not None:
            wrong = f"the server ended with {code}"
        elif isinstance(status, str) or status >= 500 and not GENUINE.search(text):
            wrong = f"{status} {text[:200]!r}"
        elif not window.within(self.args.bound):
            wrong = f"/livez: {window}"
        elif grown > 600:
            wrong = f"+{grown} MiB"
        words = f"{label}: {status} after {took:.2f} s, +{grown} MiB, /livez {window.worst * 1e3:.0f} ms"
        well = code is None and not isinstance(status, str) and window.within(5)
        if not well:
            self.canary.__exit__()
            self.canary = None
        return wrong, words, well


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bytes", type=int, default=2_000_000)
    parser.add_argument("--bound", type=float, default=0.25)
    parser.add_argument("--save", help="a file for what was found")
    parser.add_argument("--verbose", action="store_true", help="print every body's cost")
    args = parser.parse_args()
    checks, found, tried = Checks(), [], 0
    server = Fairlead(args.binary, "--bare", "--dns-listen", "none")
    server.start()
    work = None
    try:
        work = LongLists(server, args)
        until = time.monotonic() + args.seconds
        for card in work.deck:
            if time.monotonic() > until or len(found) >= 15:
                break
            wrong, words, well = work.judge(card)
            tried += 1
            if args.verbose:
                print(f"     {words}", flush=True)
            if wrong:
                found.append(f"{words}: {wrong}")
                print(f"     {found[-1][:500]}", flush=True)
            if not well:
                server.kill()
                server.start()
        print(f"     seed {args.seed}: {tried} of {len(work.deck)} long lists and maps tried")
    finally:
        if work is not None and work.canary is not None:
            work.canary.__exit__()
        server.stop()
        server.scratch.cleanup()
    if args.save and found:
        with open(args.save, "w") as file:
            file.write("\n".join(found) + "\n")
    checks.check("every long list is answered in time, and nobody waits for it", not found, f"{len(found)} of {tried}, told above")
    checks.check("many were tried", tried > min(10, args.seconds / 10), tried)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

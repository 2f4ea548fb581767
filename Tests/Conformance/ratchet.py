#!/usr/bin/env python3
"""Plays the recorded scenarios against a server, which must pass all those listed in passing.txt.

    ratchet.py --server URL --dns HOST:PORT            plays the scenarios that passing.txt lists; fails if one of them fails
    ratchet.py --server URL --dns HOST:PORT --update   plays everything and adds those that pass to passing.txt
    ... --dualstack                                    the same for scenarios that need a server with the dual-stack ranges
    ... --node-restriction                             the same for those that need the Node authorizer (--authorization-mode Node,RBAC)
    ... --replicas                                     --server leads to several servers that share a store
    ... --token TOKEN                                  an administrator's token (--token-auth-file); the areas auth and admission need it
    ... --only 'services/*'                            only the listed scenarios whose names match

The list only grows: --update never removes a line, and says which listed scenarios failed.
A listed scenario that fails is played once more, alone. One that passes then counts as passed, and is listed with a line
`PASSED ON RETRY` and counted, so that a scenario that has become unreliable can be seen.
The scenarios and the player (conformance.py) are copies of the project's recorded answers; see README.md.
"""
import argparse
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PASSING = os.path.join(HERE, "passing.txt")
# The version of kubectl whose output was recorded; other versions print some things differently.
RECORDED_KUBECTL = "1.33"


# Their answers depend on what one server remembers of earlier requests, and that it is the same one.
ONE_SERVER = {
    "auth/impersonate-rbac": "which kind of impersonation was allowed last is tried first, and each server remembers that for itself",
}


def find_kubectl():
    """The recorded version if it is beside the kubectl on the PATH, else that kubectl; None if there is none."""
    plain = shutil.which("kubectl")
    if plain is None:
        return None
    beside = os.path.join(os.path.dirname(os.path.realpath(plain)), "kubectl." + RECORDED_KUBECTL)
    return beside if os.path.exists(beside) else plain


def needs_kubectl(label):
    with open(os.path.join(HERE, "scenarios", label + ".json")) as file:
        return any(step["do"] == "kubectl" for step in json.load(file)["steps"])


def needs(label):
    """What the server must have for it: dualstack, noderestriction, or nothing special."""
    with open(os.path.join(HERE, "scenarios", label + ".json")) as file:
        return json.load(file).get("needs")


def play(server, labels, extra):
    """Plays the labelled scenarios (all if None) and returns {label: passed}."""
    scenarios = os.path.join(HERE, "scenarios")
    paths = [scenarios] if labels is None else [os.path.join(scenarios, label + ".json") for label in labels]
    with tempfile.TemporaryDirectory() as scratch:
        report = os.path.join(scratch, "report.json")
        command = [sys.executable, os.path.join(HERE, "conformance.py"), "run", "--server", server, "--json", report]
        subprocess.run(command + extra + paths, check=False)
        with open(report) as file:
            return {f"{r['area']}/{r['name']}": r["ok"] for r in json.load(file)["scenarios"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    parser.add_argument("--dns", help="the server's DNS; without it the scenarios in the area dns are skipped")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--jobs", default="4")
    parser.add_argument("--dualstack", action="store_true", help="the server has the dual-stack ranges: play only the scenarios for them")
    parser.add_argument("--node-restriction", action="store_true",
                        help="the server has the Node authorizer: play only the scenarios for it")
    parser.add_argument("--token", help="an administrator's; the server's certificate is not checked")
    parser.add_argument("--replicas", action="store_true", help="leave out the few scenarios that need all requests to come to one process")
    parser.add_argument("--only", metavar="GLOB", help="only the listed scenarios whose area/name matches; * and ? are wildcards")
    args = parser.parse_args()
    with open(PASSING) as file:
        everything = [line.strip() for line in file if line.strip()]
    wanted = "dualstack" if args.dualstack else "noderestriction" if args.node_restriction else None
    listed = [label for label in everything if needs(label) == wanted]
    if args.only:
        listed = [label for label in listed if fnmatch.fnmatch(label, args.only)]
    kubectl = find_kubectl()
    facts = ["--facts", os.path.join(HERE, "api-facts.json")]
    extra = ["--jobs", args.jobs] + facts + (["--kubectl", kubectl] if kubectl else [])
    if args.dualstack:
        extra += ["--dualstack", "--area", "dualstack"]
    if args.node_restriction:
        extra += ["--node-restriction", "--area", "auth"]
    if args.token:
        extra += ["--token", args.token, "--insecure"]
    playable = listed
    if kubectl is None:
        playable = [label for label in listed if not needs_kubectl(label)]
        print(f"SKIPPED {len(listed) - len(playable)} scenarios: no kubectl on this machine")
    if args.dns is None:
        without = [label for label in playable if not label.startswith("dns/")]
        print(f"SKIPPED {len(playable) - len(without)} scenarios: no --dns")
        playable = without
    else:
        extra += ["--dns", args.dns]
    if args.replicas:
        for label in sorted(ONE_SERVER.keys() & set(playable)):
            print(f"SKIPPED {label}: {ONE_SERVER[label]}")
        playable = [label for label in playable if label not in ONE_SERVER]
    if args.only and not playable:
        print("0 passed, 0 failed")
        return 0
    results = play(args.server, None if args.update else playable, extra)
    broken = [label for label in playable if not results.get(label, False)]
    retried = []
    if broken and not args.update:
        # A scenario that waits for controllers can fail on a busy machine: only one that fails twice is broken.
        retried = broken
        print(f"{len(retried)} failed; playing them once more, one at a time", flush=True)
        again = play(args.server, retried, extra[2:] + ["--jobs", "1"])
        broken = [label for label in retried if not again.get(label, False)]
    if args.update:
        passing = sorted(set(everything) | {label for label, ok in results.items() if ok})
        with open(PASSING, "w") as file:
            file.write("".join(label + "\n" for label in passing))
        print(f"passing.txt: {len(listed)} before, {len(passing)} now")
    for label in retried:
        if label not in broken:
            print(f"PASSED ON RETRY {label}")
    for label in broken:
        print(f"STOPPED PASSING {label}")
    if not args.update:
        print(f"{len(retried)} retried, {len(retried) - len(broken)} of them passed then")
    print(f"{len(playable) - len(broken)} passed, {len(broken)} failed")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

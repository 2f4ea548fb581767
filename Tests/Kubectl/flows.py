#!/usr/bin/env python3
"""Plays the flows beside it with genuine kubectls and compares everything that these print.

    flows.py --binary .build/release/fairlead [--kubectl PATH] [--only GLOB] [--update]

`flowfile.py` describes the files in `flows/`. Each flow has a namespace of its own; several run at once on one server. All
are played with the kubectl in $PATH, those that say so also with the versions beside it (`kubectl.1.27` …).

What is expected is what a genuine v1.36 cluster prints. `known.txt` lists the commands that are answered otherwise: if one of
them succeeds, the run fails until its line is removed. `--update` writes what was printed into the flows, for review.
"""
import argparse
import concurrent.futures
import fnmatch
import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import flowfile  # noqa: E402
from fairlead_process import Checks, Fairlead  # noqa: E402

# How many flows at once: most of their time is waiting for pods.
AT_ONCE = 6
# The latest kubectl that the flows know.
NEWEST = 33
# Of each command, which fails if it takes longer.
LONGEST = 60


class Kubectl:
    """One version of it, with a directory for $PATH and a home."""

    def __init__(self, path, label, scratch):
        self.label = label  # as in the flows; "" for the one in $PATH
        self.bin = os.path.join(scratch, "bin" + label)
        self.home = os.path.join(scratch, "home" + label)
        os.makedirs(self.bin)
        os.makedirs(self.home)
        os.symlink(path, os.path.join(self.bin, "kubectl"))
        said = subprocess.run([path, "version", "--client", "-o", "json"], capture_output=True, text=True, timeout=60,
                              env={"PATH": os.environ["PATH"], "HOME": self.home, "KUBECONFIG": "/dev/null"})
        self.minor = int(re.search(r'"gitVersion": "v1\.(\d+)', said.stdout)[1])

    @staticmethod
    def beside(path, version):
        """Another version in the same directory as the file behind `path`, or in that of the Google Cloud SDK."""
        for folder in (os.path.dirname(path), os.path.dirname(os.path.realpath(path)), "/usr/lib/google-cloud-sdk/bin"):
            if os.access(os.path.join(folder, "kubectl." + version), os.X_OK):
                return os.path.join(folder, "kubectl." + version)
        return None


class Play:
    """A flow with one kubectl."""

    def __init__(self, flow, kubectl, scratch, kubeconfig, is_known):
        self.flow = flow
        self.kubectl = kubectl
        self.is_known = is_known
        self.namespace = "f-" + flow.name + (kubectl.label and "-" + kubectl.label.replace(".", ""))
        self.label = flow.name + (kubectl.label and " " + kubectl.label)
        self.folder = os.path.join(scratch, self.namespace)
        self.known = {"ns": self.namespace}
        self.results = []  # (command, passed, detail)
        self.rewritten = {}  # command: lines
        self.is_late = False  # something has not come in its time
        self.seconds = 0
        os.makedirs(self.folder)
        for name in flow.files:
            os.makedirs(os.path.dirname(os.path.join(self.folder, name)), exist_ok=True)
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(flow.content(name, self.namespace))
        # Outside of the folder, which some commands take as a whole.
        self.kubeconfig = self.folder + ".kubeconfig"
        with open(kubeconfig, encoding="utf-8") as file, open(self.kubeconfig, "w", encoding="utf-8") as own:
            own.write(file.read())
        self.run(f"kubectl config set-context --current --namespace={self.namespace}")

    def run(self, script):
        """(output, errors, exit status) of a command."""
        environment = {
            "PATH": self.kubectl.bin + os.pathsep + os.environ["PATH"], "HOME": self.kubectl.home, "LC_ALL": "C.UTF-8",
            "TZ": "UTC", "TMPDIR": self.folder + ".tmp", "KUBECONFIG": self.kubeconfig, "NS": self.namespace,
            "MINOR": str(self.kubectl.minor), **{k: v for k, v in self.known.items() if k != "ns" and v is not None}}
        os.makedirs(environment["TMPDIR"], exist_ok=True)
        process = subprocess.Popen(
            ["bash", "-c", f"source '{HERE}/flows.bash'\n{script}"], cwd=self.folder, env=environment, text=True,
            errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True)
        try:
            out, err = process.communicate(timeout=LONGEST)
            return out, err, process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            return out, f"{err}[ended after {LONGEST} s]", 124

    def attempt(self, command):
        """One try: the output, and whether it is as expected."""
        out, err, status = self.run(command.script)
        minor = self.kubectl.minor
        known = dict(self.known)
        holds = (status == command.exit_status(minor) and flowfile.match(command.expected(">", minor), out, known)
                 and flowfile.match(command.expected("!", minor), err, known))
        if holds:
            self.known = known
        return holds, out, err, status

    def perform(self, update):
        began = time.monotonic()
        for command in self.flow.commands:
            if not flowfile.applies(command.version, self.kubectl.minor):
                continue
            is_known = self.is_known(self.flow.name, command.script)
            seconds = command.seconds
            if update and not command.lines:
                seconds = min(seconds, 5)
            elif is_known or self.is_late:
                seconds = min(seconds, 2)
            deadline = time.monotonic() + seconds
            while True:
                holds, out, err, status = self.attempt(command)
                if holds or time.monotonic() > deadline:
                    break
                time.sleep(0.2)
            if not holds and seconds and not is_known and command.lines:
                self.is_late = True  # what follows will hardly come either
            if update and not holds and not is_known and not self.kubectl.label:
                self.rewritten[command] = flowfile.updated(
                    command, self.kubectl.minor, out, err, status, {k: v for k, v in self.known.items() if v is not None})
            self.results.append((command, holds, self.detail(command, out, err, status)))
        self.seconds = time.monotonic() - began
        return self

    def detail(self, command, out, err, status):
        minor = self.kubectl.minor
        wanted = command.expected(">", minor) + ["! " + line for line in command.expected("!", minor)]
        found = flowfile.normalized(out) + ["! " + line for line in flowfile.normalized(err)]
        said = "\n     ".join(["expected:", *("  " + w for w in wanted), "found:", *("  " + f for f in found)])
        return f"exit {status}, expected {command.exit_status(minor)}; {said}"


class Known:
    """known.txt: `FLOW: COMMAND`, the first line of it."""

    def __init__(self):
        with open(os.path.join(HERE, "known.txt"), encoding="utf-8") as file:
            self.lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]

    def __call__(self, flow, script):
        return f"{flow}: {script.splitlines()[0]}" in self.lines


def write(flow, rewritten):
    """Puts new output into a file."""
    source = list(flow.source)
    for command in sorted(rewritten, key=lambda c: -c.number):
        if command.has_versions:
            print(f"     {flow.name}: not updated, as its output depends on the version: {command.script}")
            continue
        first = command.number + command.script.count("\n") + 1
        last = first
        while last < len(source) and flowfile.LINE.match(source[last]) and not source[last].startswith("$"):
            last += 1
        source[first:last] = rewritten[command]
    with open(flow.path, "w", encoding="utf-8") as file:
        file.write("\n".join(source))


def prepare(plays, kubectl):
    """Their namespaces, with everything that belongs to a namespace."""
    names = [play.namespace for play in plays]
    manifest = "---\n".join(f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n" for name in names)
    with open(os.path.join(kubectl.home, "namespaces.yaml"), "w", encoding="utf-8") as file:
        file.write(manifest)
    plays[0].run(f"kubectl create -f {file.name}")
    plays[0].run("kubectl wait --for=condition=Ready pods -n kube-system -l k8s-app=kube-dns --timeout=30s")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        out, _, _ = plays[0].run("kubectl get serviceaccounts,configmaps -A --no-headers")
        found = re.findall(r"^(\S+)\s+(?:serviceaccount/default|configmap/kube-root-ca.crt)", out, re.M)
        if all(found.count(name) == 2 for name in names):
            return
        time.sleep(0.2)
    raise RuntimeError("the namespaces did not get their accounts: " + out)


def leave(play, others):
    """Removes what the others have left: pods in particular, some of which take their time to end."""
    play.run(f"kubectl delete namespaces --wait=false {' '.join(other.namespace for other in others)}")
    play.run(f"kubectl delete pods -A --field-selector metadata.namespace!=kube-system,metadata.namespace!={play.namespace} "
             "--force --grace-period=0")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--kubectl", help="instead of the one in $PATH; then only with this one")
    parser.add_argument("--only", default="*", help="flows whose names match")
    parser.add_argument("--update", action="store_true", help="write what the default kubectl prints into the flows")
    parser.add_argument("--times", action="store_true", help="say how long each flow took")
    args = parser.parse_args()
    path = args.kubectl or shutil.which("kubectl")
    if path is None:
        print("SKIPPED the flows: no kubectl on this machine")
        print("0 passed, 0 failed")
        return 0
    files = sorted(glob.glob(os.path.join(HERE, "flows", "*.txt")))
    flows = [flow for flow in map(flowfile.Flow, files) if fnmatch.fnmatch(flow.name, args.only)]
    known = Known()
    checks = Checks()
    lock = threading.Lock()
    began = time.monotonic()
    with Fairlead(args.binary) as server:
        scratch = server.scratch.name
        kubeconfig = os.path.join(scratch, "fairlead.kubeconfig")
        kubectls = {"": Kubectl(path, "", scratch)}
        if not args.kubectl and not args.update:
            for version in sorted({version for flow in flows for version in flow.versions}):
                other = Kubectl.beside(path, version)
                if other:
                    kubectls[version] = Kubectl(other, version, scratch)
                else:
                    print(f"SKIPPED the flows with kubectl {version}: it is not on this machine")
        if kubectls[""].minor > NEWEST:
            print(f"     the flows were written for kubectl up to 1.{NEWEST}; later ones print some things otherwise")
        plays = [Play(flow, kubectls[version], scratch, kubeconfig, known) for flow in flows
                 for version in ["", *flow.versions] if version in kubectls]
        if not plays:
            return checks.finish()
        prepare(plays, kubectls[""])

        def report(play):
            with lock:
                for command, holds, detail in play.results:
                    claim = f"{play.label}: {command.script.splitlines()[0]}"
                    if not known(play.flow.name, command.script):
                        checks.check(claim, holds, detail)
                    elif holds:
                        checks.check(claim, False, "it succeeds: its line in known.txt can go")
                    else:
                        print(f"     known: {claim}")
                if args.times:
                    print(f"     {play.label}: {len(play.results)} commands in {play.seconds:.1f} s", flush=True)
                if play.rewritten:
                    write(play.flow, play.rewritten)

        together = sorted((p for p in plays if not p.flow.is_alone), key=lambda p: -len(p.flow.commands))
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for done in concurrent.futures.as_completed([pool.submit(play.perform, args.update) for play in together]):
                report(done.result())
        alone = [play for play in plays if play.flow.is_alone]
        if together and alone:
            leave(alone[0], together)
        for play in alone:
            report(play.perform(args.update))
    scripts = [command.script for flow in flows for command in flow.commands]
    commands = sum(re.search("kubectl|forwarded|proxied", script) is not None for script in scripts)
    print(f"     {commands} commands of {len(flows)} flows, {len(plays)} plays, {time.monotonic() - began:.0f} s")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

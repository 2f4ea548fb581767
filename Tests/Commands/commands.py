#!/usr/bin/env python3
"""Runs the commands of `fairlead` as a newcomer does, wrong flags and odd files among them.

    commands.py --binary .build/debug/fairlead

Every error says what was tried, why it failed and what would work, in nobody's jargon. A kubeconfig that the reader has
already is never used or changed.
"""
import argparse
import os
import pty
import re
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Checks  # noqa: E402

JARGON = re.compile(r"SQLite|SQLITE|NIO|errno|GRDB|bind\(|descriptor|Optional\(|StorageError")
NOBODY = 65534
OTHERS = """apiVersion: v1
kind: Config
current-context: prod
clusters: [{name: prod, cluster: {server: "https://192.0.2.1:6443"}}]
contexts: [{name: prod, context: {cluster: prod, user: me, namespace: precious}}]
users: [{name: me, user: {token: secret}}]
"""


class Commands(Checks):
    def __init__(self, binary, folder):
        super().__init__()
        self.binary = os.path.abspath(binary)
        self.folder = folder
        self.home = os.path.join(folder, "home")
        os.makedirs(os.path.join(self.home, ".kube"))
        self.kube_config = os.path.join(self.home, ".kube", "config")
        self.write(self.kube_config, OTHERS)
        # Unlike a folder of the system's for temporary files, one that others can look into.
        os.chmod(folder, 0o755)

    def path(self, name):
        return os.path.join(self.folder, name)

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def environment(self, **more):
        return {"PATH": os.environ["PATH"], "HOME": self.home, **more}

    def run(self, *arguments, stdin="", as_nobody=False, **more):
        command = [self.binary, *arguments]
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, timeout=60, cwd=self.folder,
            env=self.environment(**more), user=NOBODY if as_nobody and os.geteuid() == 0 else None)
        return done.returncode, done.stdout, done.stderr

    def start(self, *arguments):
        """Starts a server; returns it and its URL."""
        server = subprocess.Popen(
            [self.binary, "serve", *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            cwd=self.folder, env=self.environment())
        url = None
        for line in server.stdout:
            url = url or (re.match(r"listening on (\S+)", line) or [None, None])[1]
            if line.startswith("  curl"):
                return server, url
        raise RuntimeError("the server did not start")

    @staticmethod
    def stop(server):
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=20)

    def fails(self, claim, arguments, *words, **how):
        """The command is refused: with these words, and without jargon."""
        code, out, err = self.run(*arguments, **how)
        missing = [word for word in words if word not in err]
        jargon = JARGON.search(err)
        self.check(claim, code != 0 and not missing and not jargon,
                   f"exit {code}, missing {missing}, jargon {jargon and jargon[0]}\n{out}{err}")

    # What can be typed wrong

    def usage(self):
        for arguments in (["--version"], ["version"]):
            code, out, _ = self.run(*arguments)
            self.check(f"{arguments[0]} prints the version", code == 0 and re.match(r"fairlead \d+\.\d+\.\d+ \(Kubernetes v1", out), out)
        for command in ("serve", "status", "kubeconfig", "check", "reset"):
            self.fails(f"{command}: the usage names it", [command, "--no-such-flag"], f"Usage: fairlead {command}")
        self.fails("dns lookup: the usage names it", ["dns", "lookup"], "Usage: fairlead dns lookup")
        self.fails("without a command it is serve", ["--listen", "nonsense"], "Usage: fairlead serve", "as in 127.0.0.1:8080")
        memory = ["serve", "--data", ":memory:"]
        self.fails("ranges that overlap", [*memory, "--pod-cidr", "10.96.0.0/12"], "have addresses in common", "choose")
        self.fails("a range that is too large", [*memory, "--service-cluster-ip-range", "10.0.0.0/8"], "too large", "10.0.0.0/12")
        self.fails("a range that is too small", [*memory, "--service-cluster-ip-range", "10.0.0.0/30"], "too small", "10.0.0.0/28")
        self.fails("more nodes than ranges", [*memory, "--nodes", "1000"], "room for 256 nodes", "--pod-cidr 10.244.0.0/14")

    def stages(self):
        start = ["serve", "--data", ":memory:", "--dns-listen", "none", "--listen", "127.0.0.1:0", "--stages"]
        folder = self.path("stages")
        self.fails("a folder of stages that is not there", [*start, folder], f"--stages {folder}: ")
        os.mkdir(folder)
        self.fails("no stages in the folder", [*start, folder], f"--stages {folder}: there is no file", ".yaml")
        self.write(os.path.join(folder, "slow.yaml"), "apiVersion: kwok.x-k8s.io/v1alpha1\nkind: Stage\n"
                   "metadata: {name: slow}\nspec: {resourceRef: {kind: Pod}, delay: {durationMilliseconds: soon}, next: {}}\n")
        self.fails("a mistake in a stage", [*start, folder],
                   f"--stages {folder}: slow.yaml: stage slow: spec.delay.durationMilliseconds: must be a number")

    # What stands in the way of a start

    def addresses(self):
        quiet = ["--data", ":memory:", "--dns-listen", "none"]
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            self.fails("a port that is taken", ["serve", *quiet, "--listen", address], f"cannot listen on {address}",
                       "another program listens there", "--listen 127.0.0.1:0")
            dns = ["serve", "--data", ":memory:", "--listen", "127.0.0.1:0", "--dns-listen", address]
            self.fails("a port of the DNS that is taken", dns, f"cannot listen on {address} for DNS", "--dns-listen 127.0.0.1:0")
        self.fails("an address of another machine", ["serve", *quiet, "--insecure-bind", "--listen", "192.0.2.1:8080"],
                   "no such address", "--listen 127.0.0.1:8080")
        self.fails("a name without an address", ["serve", *quiet, "--insecure-bind", "--listen", "no.such.invalid:80"],
                   "no address is known for the name no.such.invalid")
        self.fails("an address that is not loopback", ["serve", *quiet, "--listen", "0.0.0.0:0"], "not a loopback address", "--insecure-bind")
        if os.geteuid() == 0 and open("/proc/sys/net/ipv4/ip_unprivileged_port_start").read().strip() == "1024":
            self.fails("a port for root", ["serve", *quiet, "--listen", "127.0.0.1:80"], "below 1024", "--listen 127.0.0.1:8080", as_nobody=True)

    def files(self):
        def serve(path):
            return ["serve", "--listen", "127.0.0.1:0", "--dns-listen", "none", "--data", path]
        notes = self.path("notes.txt")
        self.write(notes, "not a database\n")
        foreign = self.path("foreign.db")
        with sqlite3.connect(foreign) as database:
            database.execute("CREATE TABLE books (title TEXT)")
        database.close()
        for path in (notes, foreign):
            os.chmod(path, 0o644)
        before = {path: (open(path, "rb").read(), os.stat(path).st_mode) for path in (notes, foreign)}
        self.fails("a file that is no database", serve(notes), notes, "no database of Fairlead", "choose another --data")
        self.fails("a database of another program", serve(foreign), foreign, "belongs to another program", "choose another --data")
        self.fails("reset: a database of another program", ["reset", "--yes", "--data", foreign], "belongs to another program")
        self.check("neither file has changed", before == {p: (open(p, "rb").read(), os.stat(p).st_mode) for p in before})
        self.fails("a folder", serve(self.folder), "is a folder", f"--data {self.folder}/fairlead.db")
        self.fails("a device", serve("/dev/null"), "no regular file")
        self.fails("a file as a folder", serve(notes + "/x.db"), "is a file", "choose another --data")
        self.fails("no name at all", serve(""), "--data takes a path, or :memory:")
        closed, read_only, open_folder = self.path("closed"), self.path("read-only.db"), self.path("open")
        for folder in (closed, open_folder):
            os.mkdir(folder)
        self.write(read_only, "")
        os.chmod(read_only, 0o444)
        os.chmod(closed, 0o555)
        self.fails("a folder in which nothing can be made", serve(closed + "/x.db"), "permission denied", "another --data", as_nobody=True)
        self.fails("a folder in which no folder can be made", serve(closed + "/a/x.db"), f"folder {closed}/a", "permission denied", as_nobody=True)
        self.fails("a file that can only be read", serve(read_only), "cannot read and write", "permission denied", as_nobody=True)

    # What is left for kubectl

    def kubeconfig(self):
        data = self.path("cluster.db")
        file = self.path("cluster.kubeconfig")
        server, plain = self.start("--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--dns-listen", "none", "--data", data)
        try:
            url = re.search(r"server: (https://127\.0\.0\.1:\d+)\n", open(file).read()).group(1)
            self.check("the kubeconfig leads to the door with TLS", url != plain, url)
            mode = stat.S_IMODE(os.stat(file).st_mode)
            self.check("the kubeconfig beside the data is the owner's", mode == 0o600, oct(mode))
            code, out, _ = self.run("kubeconfig", "--path", "--data", data)
            self.check("kubeconfig --path says where it is", code == 0 and out == file + "\n", out)
            code, out, _ = self.run("kubeconfig", "--data", data)
            self.check("kubeconfig prints it", out == open(file).read() and url in out, out)
            code, out, _ = self.run("kubeconfig", "--env", "--data", data)
            self.check("kubeconfig --env says what a shell has to do", code == 0 and out == f"export KUBECONFIG={file}\n", out)
            code, out, err = self.run("status", "--server", plain)
            self.check("status finds the server on the port without TLS", code == 0 and plain in out and "Health:    ready" in out, out + err)
            for how, more in (("--data", {}), ("$KUBECONFIG", {"KUBECONFIG": file}), ("--server", {})):
                flags = {"--data": ["--data", data], "--server": ["--server", url, "--data", data]}.get(how, [])
                code, out, err = self.run("status", *flags, **more)
                self.check(f"status finds the server by {how}", code == 0 and url in out and "Health:    ready" in out, out + err)
            self.fails("reset: a database that is open", ["reset", "--yes", "--data", data], "open in another process")
            if shutil.which("kubectl"):
                self.kubectl(file)
        finally:
            self.stop(server)
        code, _, err = self.run("status", "--data", data)
        self.check("status says that nobody answers", code == 1 and "does not answer" in err and "--server" in err, err)
        server, again = self.start("--listen", "127.0.0.1:0", "--tls-listen", "none", "--dns-listen", "none", "--data", data)
        self.stop(server)
        text = open(file).read()
        self.check("it follows the port and keeps the namespace", again in text and "kube-system" in text, text)
        self.check("without TLS there is no certificate in it", "certificate" not in text and "client-key" not in text, text)
        self.check("the reader's own is as it was", open(self.kube_config).read() == OTHERS)
        mine = ["serve", "--listen", "127.0.0.1:0", "--dns-listen", "none", "--data", ":memory:", "--kubeconfig", self.kube_config]
        self.fails("somebody else's kubeconfig is not written to", mine, "somebody else's kubeconfig", "choose another --kubeconfig")
        self.check("and is still as it was", open(self.kube_config).read() == OTHERS)

    def kubectl(self, file):
        def kubectl(*arguments):
            done = subprocess.run(["kubectl", *arguments], capture_output=True, text=True, timeout=60,
                                  env=self.environment(KUBECONFIG=file))
            return done.stdout + done.stderr
        out = kubectl("get", "nodes")
        self.check("kubectl goes where it leads", "node-1" in out, out)
        kubectl("config", "set-context", "--current", "--namespace", "kube-system")
        out = kubectl("get", "service", "kube-dns")
        self.check("and can be given a namespace", "10.96.0.10" in out, out)

    def another_start(self):
        data = self.path("cluster.db")
        flags = ["--listen", "127.0.0.1:0", "--dns-listen", "none", "--data", data]
        self.fails("another range than before", ["serve", *flags, "--service-cluster-ip-range", "10.50.0.0/16"],
                   "made with --service-cluster-ip-range 10.96.0.0/16", f"fairlead reset --data {data}")
        self.fails("reset asks", ["reset", "--data", data], "--yes")
        code, out, _ = self.run("reset", "--yes", "--data", data)
        self.check("reset --yes deletes", code == 0 and not os.path.exists(data) and "deleted" in out, out)
        self.check("and leaves the kubeconfig", os.path.exists(self.path("cluster.kubeconfig")))
        code, out, _ = self.run("reset", "--yes", "--data", data)
        self.check("reset of nothing is well", code == 0 and "does not exist" in out, out)
        server, _ = self.start(*flags, "--service-cluster-ip-range", "10.50.0.0/16")
        self.stop(server)
        self.check("then another range is as good", True)

    def interrupt(self):
        """Ctrl-C in a terminal ends the server at once."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(self.binary, [self.binary, "--listen", "127.0.0.1:0", "--dns-listen", "none", "--data", ":memory:"], self.environment())
        seen = b""
        while b"curl" not in seen:
            seen += os.read(terminal, 4096)
        began = time.monotonic()
        os.write(terminal, b"\x03")
        status = os.waitpid(pid, 0)[1]
        took = time.monotonic() - began
        os.close(terminal)
        self.check("Ctrl-C ends the server within two seconds", took < 2 and status == 0, f"{took:.1f} s, status {status}")

    def completions(self):
        for shell in ("bash", "zsh", "fish"):
            code, out, _ = self.run("--generate-completion-script", shell)
            self.check(f"completions for {shell}", code == 0 and "kubeconfig" in out, out[:200])


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--binary", required=True)
    arguments = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="fairlead-test-") as folder:
        commands = Commands(arguments.binary, os.path.realpath(folder))
        for part in (commands.usage, commands.stages, commands.addresses, commands.files, commands.kubeconfig, commands.another_start,
                     commands.interrupt, commands.completions):
            part()
        os.chmod(commands.path("closed"), 0o755)
        return commands.finish()


if __name__ == "__main__":
    sys.exit(main())

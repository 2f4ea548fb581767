"""A lab of a running server, for tests: `fairlead lab up`, programs inside, and what the model says."""
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))


class Lab:
    def __init__(self, binary, url, *flags):
        self.binary = binary
        self.url = url
        self.flags = list(flags)
        # Not the name of a lab that somebody may have on this machine.
        self.name = f"test-{os.getpid()}"
        self.process = None
        self.senders = {}
        self.log = None

    def __enter__(self):
        self.up()
        return self

    def __exit__(self, *_):
        self.leave()
        self.command("down")

    def up(self):
        self.log = tempfile.NamedTemporaryFile(mode="w+", prefix="fairlead-lab-", suffix=".log")
        self.process = subprocess.Popen(
            [self.binary, "lab", "up", "--name", self.name, "--server", self.url, *self.flags],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        for line in self.process.stdout:
            if line.startswith("Try, in another terminal"):
                return
        raise RuntimeError(f"the lab did not come up: {self.complaints()}")

    def complaints(self):
        with open(self.log.name, encoding="utf-8") as log:
            return log.read()

    def leave(self):
        """Ends the programs inside."""
        for sender in self.senders.values():
            sender.stdin.close()
            sender.wait(timeout=20)
        self.senders = {}

    def stop(self):
        """Ends the lab as Ctrl-C does; returns how many seconds that took."""
        began = time.monotonic()
        self.process.terminate()
        self.process.wait(timeout=60)
        return time.monotonic() - began

    def command(self, *arguments):
        done = subprocess.run([self.binary, "lab", arguments[0], "--name", self.name, *arguments[1:]],
                              capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def exec(self, target, *command):
        return self.command("exec", target, "--", *command)

    def send(self, place, do, **order):
        """Tells the sender of a place (`node/node-1`, `pod/NS/NAME`, `outside`) what to do; returns what came back."""
        sender = self.senders.get(place)
        if sender is None:
            sender = subprocess.Popen(
                [self.binary, "lab", "exec", "--name", self.name, place, "--", sys.executable, "-u",
                 os.path.join(HERE, "sender.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            first = sender.stdout.readline()
            if "ready" not in first:
                raise RuntimeError(f"nothing can be sent from {place}: {first}")
            self.senders[place] = sender
        sender.stdin.write(json.dumps({"do": do, "timeout": 1.5, **order}) + "\n")
        sender.stdin.flush()
        return json.loads(sender.stdout.readline())


class Cluster:
    """The objects of a server."""

    KINDS = {"Pod": "api/v1/namespaces/default/pods", "Service": "api/v1/namespaces/default/services",
             "EndpointSlice": "apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
             "Deployment": "apis/apps/v1/namespaces/default/deployments", "Node": "api/v1/nodes"}

    def __init__(self, url):
        self.url = url

    def call(self, method, path, body=None, content="application/json"):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/{path}", data, {"Content-Type": content}, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def create(self, thing):
        return self.call("POST", self.KINDS[thing["kind"]], thing)

    def get(self, kind, name):
        return self.call("GET", f"{self.KINDS[kind]}/{name}")

    def patch(self, kind, name, change, subresource=""):
        path = f"{self.KINDS[kind]}/{name}" + (f"/{subresource}" if subresource else "")
        return self.call("PATCH", path, change, "application/merge-patch+json")

    def delete(self, kind, name, grace=None):
        query = "" if grace is None else f"?gracePeriodSeconds={grace}"
        try:
            return self.call("DELETE", f"{self.KINDS[kind]}/{name}{query}")
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return None

    def pods(self, selector=""):
        return self.call("GET", f"api/v1/namespaces/default/pods?labelSelector={urllib.parse.quote(selector)}")["items"]

    def path(self, source, target, seed):
        """What the model says of a packet."""
        query = urllib.parse.urlencode({"from": source, "to": target, "output": "json", "seed": seed})
        return self.call("GET", f"debug/path?{query}")


def until(condition, seconds=20.0):
    """Waits until the condition holds; returns its last value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(0.1)

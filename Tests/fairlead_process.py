"""Starts a real Fairlead binary on a free port with a scratch data file, for tests written in Python."""
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
import urllib.request


class Fairlead:
    """One server process. `data` outlives it, so that it can be started again on the same file."""

    def __init__(self, binary, *flags):
        self.binary = binary
        self.flags = list(flags)
        self.scratch = tempfile.TemporaryDirectory(prefix="fairlead-test-")
        self.data = os.path.join(self.scratch.name, "fairlead.db")
        # The administrator's; it leads to the door with TLS.
        self.kubeconfig = os.path.join(self.scratch.name, "fairlead.kubeconfig")
        self.process = None
        # Called in the child process before it becomes the server.
        self.preexec = None
        self.url = None
        # The door with TLS.
        self.secure = None
        # (host, port) of its DNS server.
        self.dns = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.kill()  # whether it ends when told is for the test to check, but it must not outlive the test
        self.scratch.cleanup()

    def start(self):
        self.log = open(os.path.join(self.scratch.name, "log"), "a")
        command = [self.binary, "serve", "--data", self.data]
        if "--listen" not in self.flags:
            command += ["--listen", "127.0.0.1:0"]
        if "--tls-listen" not in self.flags:
            command += ["--tls-listen", "127.0.0.1:0"]
        if "--dns-listen" not in self.flags:
            command += ["--dns-listen", "127.0.0.1:0"]
        command += self.flags
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True,
                                        preexec_fn=self.preexec)
        # Otherwise a server that neither starts nor exits would be waited for forever.
        watchdog = threading.Timer(180, self.process.kill)
        watchdog.start()
        try:
            self.wait_until_ready()
        finally:
            watchdog.cancel()

    def wait_until_ready(self):
        for line in self.process.stdout:
            found = re.match(r"listening on (http://\S+)", line)
            if found:
                self.url = found.group(1)
            found = re.match(r"listening with TLS on (https://\S+)", line)
            if found:
                self.secure = found.group(1)
            found = re.match(r"dns on (\S+):(\d+)$", line)
            if found:
                self.dns = (found.group(1), int(found.group(2)))
            # The line after the addresses.
            if line.startswith("Kubernetes ") and (self.url or self.secure):
                return
        raise RuntimeError(f"the server did not start: {open(self.log.name).read()}")

    def kill(self):
        """Ends the process as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Ends the process as an operator would; returns how many seconds that took."""
        if self.process is None or self.process.poll() is not None:
            return 0.0
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)
        return time.monotonic() - began

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return answer.read().decode()


class Checks:
    """Counts claims; prints those that fail, and at the end the line that scripts/test reads."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, claim, holds, detail=""):
        if holds:
            self.passed += 1
            print(f"ok   {claim}")
        else:
            self.failed += 1
            print(f"FAIL {claim}\n     {detail}")
        return holds

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 0 if self.failed == 0 else 1

#!/usr/bin/env python3
"""What the log says about requests, and that no request waits for a slow reader of the log.

    log_lines.py --binary .build/debug/fairlead
"""
import argparse
import fcntl
import http.client
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Checks, Fairlead  # noqa: E402


class Unread:
    """A server whose standard error is the given descriptor, or closed."""

    def __init__(self, binary, error, *flags):
        self.scratch = tempfile.TemporaryDirectory(prefix="fairlead-test-")
        self.data = os.path.join(self.scratch.name, "fairlead.db")
        command = [binary, "serve", "--bare", "--listen", "127.0.0.1:0", "--dns-listen", "none", "--data", self.data]
        close = (lambda: os.close(2)) if error is None else None
        self.process = subprocess.Popen(command + list(flags), stdout=subprocess.PIPE, stderr=error, text=True,
                                        preexec_fn=close)
        for line in self.process.stdout:
            if line.startswith("listening on http://"):
                self.host = line.split("//")[1].split()[0]
            if line.startswith("Kubernetes "):
                break

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.scratch.cleanup()

    def requests(self, count, method="GET", path="/version", body=None):
        """How many of `count` requests are answered."""
        connection = http.client.HTTPConnection(self.host, timeout=20)
        answered = 0
        try:
            for _ in range(count):
                connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
                connection.getresponse().read()
                answered += 1
        except OSError:
            pass
        connection.close()
        return answered


def lines_of(server):
    with open(server.log.name) as log:
        return log.read().splitlines()


def one_request(binary, checks):
    for style in ["text", "json"]:
        with Fairlead(binary, "--bare", "--log-level", "debug", "--log-format", style) as server:
            connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=20)
            path = "/api/v1/namespaces?limit=1&token=hunter2"
            connection.request("GET", path, headers={"User-Agent": "the test", "Audit-ID": "a-1"})
            connection.getresponse().read()
            connection.request("GET", "/api/v1/namespaces?watch=1&timeoutSeconds=1")
            connection.getresponse().read()
            server.stop()
            found = [line for line in lines_of(server) if "limit=1" in line]
            checks.check(f"{style}: a request has one line", len(found) == 1, found)
            line = (found or [""])[0]
            fields = json.loads(line) if style == "json" and line else {}
            text = " ".join(f"{key}={value}" for key, value in fields.items()) or line.replace('"', "")
            checks.check(f"{style}: with method, path, status, bytes, duration and client",
                         all(word in text for word in ["method=GET", "/api/v1/namespaces", "status=200", "bytes=",
                                                       "duration=", "the test", "a-1"]), line)
            checks.check(f"{style}: and without what might be a secret", "hunter2" not in "".join(lines_of(server)), line)
            checks.check(f"{style}: a watch has its line when it ends",
                         any("watch=1" in line for line in lines_of(server)), lines_of(server)[-3:])
    with Fairlead(binary, "--bare") as server:
        server.get("/version")
        server.stop()
        checks.check("at info there is none", not any("/version" in line for line in lines_of(server)), lines_of(server))


def nobody_reads(binary, checks):
    reading, writing = os.pipe()
    with Unread(binary, writing, "--log-level", "debug") as server:
        os.close(writing)
        answered = server.requests(4000)
        checks.check("with a log that nobody reads all requests are answered", answered == 4000, answered)
        fcntl.fcntl(reading, fcntl.F_SETFL, os.O_NONBLOCK)

        def drain():
            text = b""
            try:
                while part := os.read(reading, 65536):
                    text += part
            except BlockingIOError:
                pass
            return text.decode()

        lines = drain().splitlines()
        checks.check("what is there are whole lines", all("T" in line[:20] and ": " in line for line in lines), lines[-2:])
        server.requests(1)
        after = drain()
        checks.check("the first line after that says how many are missing", "dropped=" in after, after)
        os.close(reading)
        checks.check("a reader that has gone does not end the server", server.requests(50) == 50)
        checks.check("it is still running", server.process.poll() is None)


def no_standard_error(binary, checks):
    with Unread(binary, None, "--log-level", "debug") as server:
        body = json.dumps({"metadata": {"generateName": "c-"}, "data": {"a": "b" * 100}})
        answered = server.requests(200, "POST", "/api/v1/namespaces/default/configmaps", body)
        checks.check("without a standard error requests are answered", answered == 200, answered)
        number = os.readlink(f"/proc/{server.process.pid}/fd/2")
        checks.check("and its number is nobody else's", number == "/dev/null", number)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    binary = os.path.abspath(parser.parse_args().binary)
    checks = Checks()
    one_request(binary, checks)
    nobody_reads(binary, checks)
    no_standard_error(binary, checks)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

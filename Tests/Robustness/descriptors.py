#!/usr/bin/env python3
"""Leaves the server without file descriptors for a while: it must neither spin nor stay deaf, and must log the cause.

    descriptors.py --binary .build/debug/fairlead
"""
import argparse
import os
import resource
import socket
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Checks, Fairlead  # noqa: E402

REQUEST = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"


def seconds(pid):
    """CPU time used."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def log(server):
    with open(server.log.name) as file:
        return file.read()


def connect(address, count):
    clients = []
    for _ in range(count):
        client = socket.create_connection(address, timeout=10)
        client.settimeout(5)
        clients.append(client)
    return clients


def answers(client):
    """Whether a request on the connection gets 200."""
    try:
        client.sendall(REQUEST)
        return client.recv(4096).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def eventually(condition, patience=20):
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.1)
    return condition()


def exhausted(binary, checks):
    """No descriptor is left while clients connect over HTTP and DNS."""
    with Fairlead(binary, "--bare") as server:
        pid = server.process.pid
        host, port = server.url.removeprefix("http://").rsplit(":", 1)
        http = (host, int(port))
        kept = connect(http, 1)[0]
        checks.check("before, a request is answered", answers(kept))
        soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (len(os.listdir(f"/proc/{pid}/fd")), hard))
        waiting = connect(http, 30) + connect(server.dns, 10)
        time.sleep(1)
        before = seconds(pid)
        time.sleep(3)
        used = seconds(pid) - before
        checks.check("three seconds without descriptors cost less than a third of a core", used < 1, f"{used} s of CPU")
        checks.check("a connection that is there is answered meanwhile", answers(kept))
        lines = [line for line in log(server).splitlines() if "could not be taken" in line]
        checks.check("the log says why, once for each listener", 1 <= len(lines) <= 2 and "errno: 24" in lines[0], lines)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
        checks.check("with descriptors again, who has waited is answered", answers(waiting[0]) and answers(waiting[29]))
        checks.check("and the log says so", eventually(lambda: "connections are taken again" in log(server)),
                     log(server)[-1000:])
        for client in waiting:
            client.close()


def low_limit(binary, checks):
    """The administrator allows a hundred open files: more clients than that are turned away, the others go on."""
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))

    with Fairlead(binary, "--bare") as server:
        server.stop()
        server.preexec = limit
        server.start()
        host, port = server.url.removeprefix("http://").rsplit(":", 1)
        http = (host, int(port))
        first = connect(http, 1)[0]
        checks.check("with a hundred files it starts and answers", answers(first))
        idle = connect(http, 200)
        checks.check("two hundred clients do not stop the first", answers(first))
        before = seconds(server.process.pid)
        time.sleep(2)
        checks.check("and cost nothing while they are idle", seconds(server.process.pid) - before < 0.7)
        for client in idle:
            client.close()
        checks.check("when they have gone, others are answered",
                     eventually(lambda: answers(connect(http, 1)[0])), log(server)[-1000:])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    binary = os.path.abspath(parser.parse_args().binary)
    checks = Checks()
    exhausted(binary, checks)
    low_limit(binary, checks)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Measures the door with TLS beside nginx with TLS, by h2load: GET and create over HTTP/1.1 and HTTP/2, and new connections.

    tls.py --binary .build/release/fairlead [--seconds 4] [--rounds 3]

Both are measured in turns by the same load generator on the same cores; each figure is the median of the rounds. For creates,
which nginx has nothing like, the yardstick is the port without TLS. Prints one line for each row of scripts/bench:
MEASURE<tab>RESULT<tab>YARDSTICK<tab>RATIO.
"""
import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "Tests"))
from fairlead_process import Fairlead  # noqa: E402
from measuring.programs import TOKEN, free_port  # noqa: E402

SERVICE = "/api/v1/namespaces/default/services/kubernetes"
MAPS = "/api/v1/namespaces/default/configmaps"
# 32 requests are under way, on as many connections or on eight.
SHAPES = (("HTTP/1.1, 32 connections", ["--h1", "-c", "32"]), ("HTTP/2, 8 connections of 4 streams", ["-c", "8", "-m", "4"]))


class Nginx:
    """Serves a file over TLS, with a key of the same kind."""

    def __init__(self, body):
        self.folder, self.port = tempfile.TemporaryDirectory(prefix="fairlead-bench-"), free_port()
        folder = self.folder.name
        with open(os.path.join(folder, "service.json"), "wb") as file:
            file.write(body)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                        "/CN=localhost", "-days", "2", "-keyout", f"{folder}/key", "-out", f"{folder}/crt"], check=True, capture_output=True)
        with open(os.path.join(folder, "conf"), "w") as file:
            file.write(f"""
{"user root;" if os.getuid() == 0 else ""}
worker_processes auto;
daemon off;
pid {folder}/pid;
error_log {folder}/err;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    default_type application/json;
    keepalive_requests 1000000000;
    sendfile on;
    tcp_nodelay on;
    open_file_cache max=100;
    server {{
        listen 127.0.0.1:{self.port} ssl http2;
        ssl_certificate {folder}/crt;
        ssl_certificate_key {folder}/key;
        ssl_protocols TLSv1.2 TLSv1.3;
        root {folder};
    }}
}}
""")
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen([program, "-c", f"{folder}/conf", "-e", f"{folder}/err"], stderr=subprocess.DEVNULL)
        time.sleep(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"


def h2load(url, *flags):
    """Requests a second; all have to succeed."""
    done = subprocess.run(["h2load", *flags, url], capture_output=True, text=True, timeout=300)
    speed = re.search(r"([\d.]+) req/s", done.stdout)
    counts = re.search(r"(\d+) done, (\d+) succeeded, (\d+) failed", done.stdout)
    if not speed or not counts or counts.group(1) != counts.group(2) or counts.group(3) != "0":
        raise RuntimeError(f"h2load {url}: {done.stdout}{done.stderr}")
    return float(speed.group(1))


def handshakes(address, seconds, *flags):
    """New connections a second, one after the other, each with a whole handshake, and with a resumed session."""
    done = subprocess.run(["openssl", "s_time", "-connect", address, "-time", str(seconds), *flags], capture_output=True, text=True,
                          timeout=300)
    found = re.search(r"(\d+) connections in (\d+) real seconds", done.stdout)
    if not found:
        raise RuntimeError(f"openssl s_time {address}: {done.stdout}{done.stderr}")
    return int(found.group(1)) / max(1, int(found.group(2)) - 1)


def row(measure, unit, ours, theirs, yardstick):
    first, second = statistics.median(ours), statistics.median(theirs)
    print(f"{measure}\t{first:.0f} {unit}\t{yardstick}: {second:.0f} {unit}\t{first / second:.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    server = Fairlead(args.binary, "--bare", "--dns-listen", "none", "--token-auth-file", "TOKENS")
    tokens = os.path.join(server.scratch.name, "tokens")
    with open(tokens, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(f"{TOKEN},bench,1,system:masters\n")
    server.flags[server.flags.index("TOKENS")] = tokens
    token = ["-H", f"authorization: Bearer {TOKEN}"]
    with server:
        time.sleep(1)
        with urllib.request.urlopen(server.url + SERVICE) as answer:
            body = answer.read()
        length = ["-D", str(args.seconds), "--warm-up-time", "1"]
        with Nginx(body) as nginx:
            for label, shape in SHAPES:
                ours, theirs = [], []
                for _ in range(args.rounds):
                    ours.append(h2load(server.secure + SERVICE, *shape, *length, *token))
                    theirs.append(h2load(f"https://{nginx.address}/service.json", *shape, *length, *token))
                row(f"TLS: GET of a Service, {label}", "/s", ours, theirs, "nginx")
            address = server.secure.removeprefix("https://")
            for label, flags in (("new connections", ["-new"]), ("  resumed", ["-reuse", "-tls1_2"])):
                ours, theirs = [], []
                for _ in range(args.rounds):
                    ours.append(handshakes(address, args.seconds, *flags))
                    theirs.append(handshakes(nginx.address, args.seconds, *flags))
                row(f"TLS: {label}" if label[0] != " " else label, "/s", ours, theirs, "nginx")
        one = os.path.join(server.scratch.name, "map.json")
        with open(one, "w") as file:
            json.dump({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"generateName": "b-"}, "data": {"a": "x" * 900}}, file)
        creates = ["-d", one, "-H", "content-type: application/json", *token]
        for label, shape in SHAPES:
            ours, theirs = [], []
            for _ in range(args.rounds):
                ours.append(h2load(server.secure + MAPS, *shape, *length, *creates))
                theirs.append(h2load(server.url + MAPS, "--h1", "-c", "32", *length, *creates))
            row(f"TLS: create ConfigMaps, {label}", "/s", ours, theirs, "without TLS, HTTP/1.1")


if __name__ == "__main__":
    sys.exit(main())

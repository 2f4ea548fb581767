#!/usr/bin/env python3
"""Measures a server on etcd beside etcd itself, and beside a server on SQLite, by h2load.

    etcd.py --binary .build/release/fairlead [--seconds 4] [--rounds 3]

Creates are compared with transactions of the same size (the object, and a mark beside it) that go to etcd directly, as gRPC over as
many connections; reads with those of SQLite. Both are measured in turns by the same load generator on the same cores, each
figure is the median of the rounds. Prints one line for each row of scripts/bench: MEASURE<tab>RESULT<tab>YARDSTICK<tab>RATIO.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
import http.client

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "Tests"))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "Tests", "Replicas"))
sys.path.insert(0, HERE)
from cluster import Etcd, Replicas  # noqa: E402
from fairlead_process import Fairlead  # noqa: E402
from tls import h2load, row  # noqa: E402

MAPS = "/api/v1/namespaces/default/configmaps"
SERVICE = "/api/v1/namespaces/default/services/kubernetes"


def field(number, content):
    """A field of protobuf with bytes in it."""
    length, head = len(content), bytes([number << 3 | 2])
    while length > 0x7F:
        head, length = head + bytes([length & 0x7F | 0x80]), length >> 7
    return head + bytes([length]) + content


def transaction(size):
    """KV/Txn with two puts, as a message of gRPC."""
    def put(key, value):
        return field(2, field(2, field(1, key) + field(2, value)))

    message = put(b"/bench/object", b"x" * size) + put(b"/bench/mark", b"0123456789-123456")
    return b"\0" + len(message).to_bytes(4, "big") + message


def delivery(writer, reader, count):
    """Milliseconds from the answer to a write at one server to its event at another, for each of some writes."""
    watch = http.client.HTTPConnection(reader.url.removeprefix("http://"), timeout=30)
    watch.request("GET", f"{MAPS}?watch=1&fieldSelector=metadata.name%3Dbeat")
    events = watch.getresponse()
    seen = {}

    def follow():
        while len(seen) < count and (line := events.readline()):
            seen[json.loads(line)["object"]["metadata"]["resourceVersion"]] = time.perf_counter()

    thread = threading.Thread(target=follow)
    connection = http.client.HTTPConnection(writer.url.removeprefix("http://"), timeout=30)
    headers = {"Content-Type": "application/merge-patch+json"}
    thread.start()
    written = {}
    for number in range(count):
        connection.request("PATCH", f"{MAPS}/beat", json.dumps({"data": {"n": str(number)}}), headers)
        body = json.loads(connection.getresponse().read())
        written[body["metadata"]["resourceVersion"]] = time.perf_counter()
        time.sleep(0.005)
    thread.join(30)
    watch.close()
    return [1000 * max(0.0, seen[version] - at) for version, at in written.items() if version in seen]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    flags = ["--bare", "--dns-listen", "none"]
    length = ["-D", str(args.seconds), "--warm-up-time", "1"]
    shape = ["--h1", "-c", "32"]
    with Etcd(1) as etcd, Replicas(args.binary, etcd, 2, *flags) as replicas, Fairlead(args.binary, *flags) as sqlite:
        one, other = replicas.servers
        scratch = sqlite.scratch.name
        body = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"generateName": "b-"}, "data": {"a": "x" * 900}}
        with open(os.path.join(scratch, "map.json"), "w") as file:
            json.dump(body, file)
        connection = http.client.HTTPConnection(one.url.removeprefix("http://"))
        connection.request("POST", MAPS, json.dumps({**body, "metadata": {"name": "beat"}}), {"Content-Type": "application/json"})
        stored = len(connection.getresponse().read())
        with open(os.path.join(scratch, "txn"), "wb") as file:
            file.write(transaction(stored))
        creates = ["-d", os.path.join(scratch, "map.json"), "-H", "content-type: application/json"]
        raw = ["-c", "32", "-m", "1", "-d", os.path.join(scratch, "txn"), "-H", "content-type: application/grpc", "-H", "te: trailers"]
        ours, theirs = [], []
        for _ in range(args.rounds):
            ours.append(h2load(one.url + MAPS, *shape, *length, *creates))
            theirs.append(h2load(etcd.members[0].url + "/etcdserverpb.KV/Txn", *raw, *length))
        row("etcd: create ConfigMaps, 32 connections", "/s", ours, theirs, "transactions of etcd itself")
        for label, path in (("GET of a Service", SERVICE), ("GET from memory (resourceVersion=0)", SERVICE + "?resourceVersion=0")):
            ours, theirs = [], []
            for _ in range(args.rounds):
                ours.append(h2load(one.url + path, *shape, *length))
                theirs.append(h2load(sqlite.url + path, *shape, *length))
            row(f"etcd: {label}, 32 connections", "/s", ours, theirs, "SQLite")
        late = sorted(delivery(one, other, 100 * args.seconds))
        print(f"etcd: an event at another replica after the answer, p99\t{late[int(len(late) * 0.99)]:.1f} ms"
              f"\tmedian: {statistics.median(late):.1f} ms\t", flush=True)


if __name__ == "__main__":
    sys.exit(main())

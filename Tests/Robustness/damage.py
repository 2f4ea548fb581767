#!/usr/bin/env python3
"""Damaged files and failing disks: acknowledged data is kept, failed reads and writes are reported, nothing dies.

    damage.py --binary FILE [--seed N] [--flips 12]

Rows that do not parse, single flipped bits, truncated and overwritten files; a limit on the file's size; fsync and
writes that fail (by LD_PRELOAD, if there is a C compiler). A server that does not start on what is left of a file must
say why and exit by itself.
"""
import argparse
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)
from fairlead_process import Checks, Fairlead  # noqa: E402
from probes import Connection  # noqa: E402

MAPS = "/api/v1/namespaces/default/configmaps"
FLAGS = ["--bare", "--dns-listen", "none"]


def create(connection, name, size=1000):
    """(True if acknowledged, False if refused; the message of a refusal)."""
    try:
        status, answer = connection.json("POST", MAPS, {"metadata": {"name": name}, "data": {"a": name, "b": "x" * size, "z": name}}, timeout=20)
    except OSError as error:
        return False, repr(error)
    return status == 201, f"{status} {answer.get('message')}"


def names(connection):
    status, listed = connection.json("GET", MAPS)
    if status != 200:
        raise RuntimeError(f"list: {status} {listed.get('message')}")
    for item in listed["items"]:
        data = item.get("data") or {}
        if data.get("a") != data.get("z"):
            raise RuntimeError(f"half of an object: {item['metadata']['name']}")
    return {item["metadata"]["name"] for item in listed["items"]} - {"kube-root-ca.crt"}


def query(path, statement):
    """The first value of a result, or the number of rows that a change affected."""
    database = sqlite3.connect(path)
    try:
        with database:
            cursor = database.execute(statement)
            row = cursor.fetchone()
            return row[0] if row else cursor.rowcount
    finally:
        database.close()


class Damage:
    def __init__(self, checks, args):
        self.checks, self.args = checks, args

    def log(self, server):
        with open(server.log.name) as file:
            return file.read()

    def alive(self, server):
        return server.process.poll() is None

    def start(self, server):
        """True when it is ready; False when it said why not and exited; a death by a signal fails the test."""
        try:
            server.start()
            return True
        except RuntimeError:
            server.process.wait(20)
            return False

    # Rows

    ROWS = {
        "a document that is no JSON": "UPDATE versions SET document=x'7b7b7b7b', revision_offset=1 WHERE name='c3'",
        "an empty document": "UPDATE versions SET document=x'', revision_offset=0 WHERE name='c3'",
        "a flipped bit that still parses": "UPDATE versions SET document=CAST(replace(CAST(document AS TEXT), '\"a\":\"c3\"', '\"a\":\"b3\"') AS BLOB) WHERE name='c3'",
        "a flipped bit in the structure": "UPDATE versions SET document=CAST(replace(CAST(document AS TEXT), '\"data\"', '\"data~') AS BLOB) WHERE name='c3'",
        "a document cut in half": "UPDATE versions SET document=substr(document, 1, length(document) / 2) WHERE name='c3'",
    }

    def rows(self):
        for what, statement in self.ROWS.items():
            with Fairlead(self.args.binary, *FLAGS) as server:
                connection = Connection(server.url)
                for number in range(5):
                    create(connection, f"c{number}")
                server.stop()
                changed = query(server.data, statement)
                self.checks.check(f"{what}: the test has damaged one", changed == 1, changed)
                if not self.start(server):
                    self.checks.check(f"{what}: the server starts", False, self.log(server)[-600:])
                    continue
                try:
                    self.look(what, server, Connection(server.url))
                except OSError as error:
                    self.checks.check(f"{what}: it is answered", False, f"{error!r}; exit status {server.process.poll()}")

    def look(self, what, server, connection):
        check = self.checks.check
        status, text = connection.request("GET", MAPS + "/c1")
        check(f"{what}: others are served", status == 200 and b'"c1"' in text, status)
        status, text = connection.request("GET", MAPS + "/c3")
        check(f"{what}: whoever asks is told", status >= 500 and b"c3" in text, f"{status} {text[:200]!r}")
        status, text = connection.request("GET", MAPS)
        check(f"{what}: a list says so, or is without it", status >= 500 and b"c3" in text or status == 200 and b'"b3"' not in text and b"null" not in text,
              f"{status} {text[:300]!r}")
        for path in (MAPS + "?labelSelector=a", MAPS + "?limit=2", "/api/v1/configmaps"):
            connection.request("GET", path)
        connection.request("GET", MAPS, headers=[("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")])
        connection.request("PATCH", MAPS + "/c3", {"data": {"x": "y"}}, "application/merge-patch+json")
        check(f"{what}: the log names it", "c3" in self.log(server), self.log(server)[-400:])
        _, text = connection.request("GET", "/readyz?verbose")
        check(f"{what}: /readyz?verbose tells of it", b"c3" in text or b"unreadable" in text or b"damaged" in text, text[:600])
        check(f"{what}: others can be written", create(connection, "new")[0])
        status, text = connection.request("DELETE", MAPS + "/c3")
        check(f"{what}: it can be deleted", status == 200, f"{status} {text[:200]!r}")
        try:
            left = names(connection)
        except RuntimeError as error:
            left = error
        check(f"{what}: then all is well", left == {"c0", "c1", "c2", "c4", "new"}, left)
        check(f"{what}: the server lives", self.alive(server), server.process.poll())

    # Files

    def files(self):
        rng = random.Random(self.args.seed)
        with Fairlead(self.args.binary, *FLAGS) as server:
            connection = Connection(server.url)
            for number in range(200):
                create(connection, f"c{number}", 2000)
            server.kill()
            whole = {}
            for end in ("", "-wal"):
                if os.path.exists(server.data + end):
                    with open(server.data + end, "rb") as file:
                        whole[end] = file.read()

            def flipped(end, count=1):
                data = bytearray(whole[end])
                for _ in range(count):
                    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
                return {**whole, end: bytes(data)}

            trials = {"cut in half": {**whole, "": whole[""][:len(whole[""]) // 2]}, "empty beside its log": {**whole, "": b""},
                      "text": {"": b"hello" * 20}, "the log alone gone": {"": whole[""]}, "200 flipped bits": flipped("", 200)}
            trials |= {f"one flipped bit, {n + 1}": flipped("") for n in range(self.args.flips)}
            if len(whole.get("-wal", b"")) > 4096:
                trials |= {f"one flipped bit in the log, {n + 1}": flipped("-wal") for n in range(self.args.flips // 3)}
            for what, content in trials.items():
                self.file(server, what, content)

    def file(self, server, what, content):
        for end in ("", "-wal", "-shm"):
            if os.path.exists(server.data + end):
                os.unlink(server.data + end)
        for end, data in content.items():
            with open(server.data + end, "wb") as file:
                file.write(data)
        open(server.log.name, "w").close()
        if not self.start(server):
            code, said = server.process.returncode, self.log(server)
            self.checks.check(f"a file that is {what}: it does not start, says why and ends", code > 0 and len(said) > 20, f"{code}: {said[-300:]}")
            return
        outcome = ""
        try:
            connection = Connection(server.url)
            outcome = f"list {connection.request('GET', MAPS)[0]}, write {create(connection, 'later')}"
            time.sleep(0.3)
        except OSError as error:
            outcome = repr(error)
        code = server.process.poll()
        self.checks.check(f"a file that is {what}: it starts and stays", code is None, f"ended with {code}; {outcome}; {self.log(server)[-300:]}")
        if code is None:
            server.kill()

    # The disk

    def limited(self):
        """No space left: reads go on, writes are refused, no acknowledged write is lost, the log names the cause."""
        with Fairlead(self.args.binary, *FLAGS) as server:
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (3 << 20, 3 << 20))
            connection, kept, refused = Connection(server.url), set(), []
            for number in range(1500):
                done, words = create(connection, f"c{number}", 4000)
                if done:
                    kept.add(f"c{number}")
                else:
                    refused.append(words)
                    if len(refused) > 5:
                        break
            check = self.checks.check
            check("without room writes are refused with a clear error", refused and all(words.startswith("5") or words.startswith("4") for words in refused), refused[:3])
            check("without room the server lives", self.alive(server), server.process.poll())
            check("without room reads go on", self.alive(server) and kept <= names(connection), len(kept))
            check("without room the log says so", any(word in self.log(server).lower() for word in ("full", "disk", "i/o", "write", "space")), self.log(server)[-300:])
            server.kill()
            server.start()
            check("with room again nothing is lost", kept <= names(Connection(server.url)), len(kept))

    def failing(self):
        compiler = next((c for c in (shutil.which(n) for n in ("clang", "cc", "gcc")) if c), None)
        if compiler is None:
            print("SKIPPED failing writes and fsyncs: no C compiler on this machine")
            return
        with tempfile.TemporaryDirectory() as scratch:
            library, control = os.path.join(scratch, "faults.so"), os.path.join(scratch, "control")
            subprocess.run([compiler, "-shared", "-fPIC", "-o", library, os.path.join(HERE, "disk_faults.c"), "-ldl"], check=True)
            for what, settings in {"fsync": "15 0 5", "writes": "0 15 5", "both, often": "60 40 5", "no space at times": "0 30 28"}.items():
                self.fails(what, settings, library, control)

    def fails(self, what, settings, library, control):
        def set_to(text):
            with open(control + ".new", "w") as file:
                file.write(text)
            os.replace(control + ".new", control)

        set_to("0 0 5")
        os.environ.update(LD_PRELOAD=library, DISK_FAULTS=control)
        server = Fairlead(self.args.binary, *FLAGS)
        kept, refused, wrong, newest = set(), 0, [], 0
        try:
            server.start()
            for turn in range(5):
                connection = Connection(server.url)
                set_to(settings)
                for number in range(40):
                    name = f"c{turn}-{number}"
                    done, words = create(connection, name)
                    if done:
                        kept.add(name)
                    else:
                        refused += 1
                    if not self.alive(server):
                        wrong.append(f"the server ended with {server.process.returncode}")
                        break
                try:
                    if not kept <= names(connection):
                        wrong.append("acknowledged, but not listed")
                    revision = int(connection.json("GET", MAPS)[1]["metadata"]["resourceVersion"])
                    if revision < newest:
                        wrong.append(f"revision {newest} to {revision}")
                    newest = revision
                except (OSError, RuntimeError) as error:
                    wrong.append(repr(error))
                if turn % 2:
                    set_to("0 0 5")
                    time.sleep(0.2)
                said = self.log(server)
                server.kill()
                set_to("0 0 5")
                server.start()
                lost = kept - names(Connection(server.url))
                if lost:
                    wrong.append(f"lost: {sorted(lost)[:5]}")
            self.checks.check(f"failing {what}: some writes are refused", refused > 0, refused)
            self.checks.check(f"failing {what}: nothing acknowledged is lost, nothing dies", not wrong, wrong[:5])
            self.checks.check(f"failing {what}: the log says so", any(w in said.lower() for w in ("i/o", "disk", "fsync", "full", "space")), said[-400:])
            server.stop()
            whole = query(server.data, "PRAGMA integrity_check")
            self.checks.check(f"failing {what}: the file is whole", whole == "ok", whole)
        except (OSError, RuntimeError) as error:
            self.checks.check(f"failing {what}: the server starts and answers", False, repr(error)[-500:])
        finally:
            os.environ.pop("LD_PRELOAD")
            server.stop()
            server.scratch.cleanup()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--flips", type=int, default=12)
    args = parser.parse_args()
    checks = Checks()
    damage = Damage(checks, args)
    for scene in (damage.rows, damage.files, damage.limited, damage.failing):
        scene()
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""`fairlead check`: damage to a file is found and repaired, and a server starts on it afterwards; damaged objects of
every kind, including the cluster's own, do not keep a server from starting even without a repair.

    check.py --binary FILE
"""
import argparse
import os
import sqlite3
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)
from fairlead_process import Checks, Fairlead  # noqa: E402
from probes import Connection  # noqa: E402

MAPS = "/api/v1/namespaces/default/configmaps"
SERVICES = "/api/v1/namespaces/default/services"
NEWEST = "id = (SELECT max(id) FROM versions WHERE name = '{0}' AND resource = '{1}')"


def fill(connection):
    connection.json("POST", MAPS, {"metadata": {"name": "c3"}, "data": {"a": "first"}})
    connection.json("PUT", MAPS + "/c3", {"metadata": {"name": "c3"}, "data": {"a": "second"}})
    connection.json("POST", MAPS, {"metadata": {"name": "c4"}, "data": {"a": "only"}})
    _, service = connection.json("POST", SERVICES, {"metadata": {"name": "web"},
                                                   "spec": {"type": "NodePort", "ports": [{"port": 80}]}})
    return service["spec"]["clusterIP"], str(service["spec"]["ports"][0]["nodePort"])


def execute(path, *statements):
    database = sqlite3.connect(path)
    try:
        with database:
            return sum(database.execute(statement).rowcount for statement in statements)
    finally:
        database.close()


def damage(name, resource):
    return f"UPDATE versions SET document = x'7b' WHERE {NEWEST.format(name, resource)}"


def run(binary, *flags):
    done = subprocess.run([binary, "check", *flags], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def mends(checks, binary):
    with Fairlead(binary, "--bare", "--dns-listen", "none") as server:
        address, port = fill(Connection(server.url))
        code, said = run(binary, "--data", server.data)
        checks.check("a file that a server has open is not examined", code == 2 and "another process" in said, f"{code} {said}")
        server.stop()
        code, said = run(binary, "--data", server.data)
        checks.check("a sound file has no findings", code == 0 and "no findings" in said, f"{code} {said}")
        execute(server.data, damage("c3", "configmaps"), damage("c4", "configmaps"),
                f"DELETE FROM versions WHERE name = '{address}'", f"DELETE FROM versions WHERE name = '{port}'")
        code, said = run(binary, "--data", server.data)
        for what, words in {"a damaged row": "default/c3", "an address without a claim": f"{address} of Service default/web",
                            "a port without a claim": f"{port} of Service default/web"}.items():
            checks.check(f"{what} is found", code == 1 and words in said, f"{code} {said}")
        code, said = run(binary, "--repair", "--data", server.data)
        checks.check("all of it is mended", code == 0 and "put back configmaps default/c3" in said
                     and "took out configmaps default/c4" in said, f"{code} {said}")
        beside = os.listdir(server.scratch.name)
        checks.check("the old file and what was taken out lie beside it", any(".before-" in name for name in beside)
                     and any(".damaged-" in name for name in beside), beside)
        server.start()
        connection = Connection(server.url)
        status, kept = connection.json("GET", MAPS + "/c3")
        checks.check("the version before is back", status == 200 and kept["data"]["a"] == "first", kept)
        status, _ = connection.json("GET", f"/apis/networking.k8s.io/v1/ipaddresses/{address}")
        checks.check("the address is claimed again", status == 200, status)
        status, _ = connection.json("POST", MAPS, {"metadata": {"name": "c4"}})
        checks.check("what was taken out can be made again", status == 201, status)


def starts(checks, binary):
    """Without a repair: the cluster's own objects and their claims, all damaged at once."""
    with Fairlead(binary, "--dns-listen", "none") as server:
        address, _ = fill(Connection(server.url))
        server.stop()
        own = [("default", "namespaces"), ("kubernetes", "services"), ("kubernetes", "servicecidrs.networking.k8s.io"),
               ("kube-dns", "services"), ("coredns", "deployments.apps"), ("10.96.0.1", "ipaddresses.networking.k8s.io"),
               ("10.96.0.10", "ipaddresses.networking.k8s.io"), ("web", "services"), ("node-1", "nodes")]
        changed = execute(server.data, *[damage(*each) for each in own])
        checks.check("the test has damaged the cluster's own objects", changed == len(own), changed)
        try:
            server.start()
        except RuntimeError as error:
            checks.check("the server starts all the same", False, repr(error)[-800:])
            return
        connection = Connection(server.url)
        for path in ("/api/v1/namespaces/default", SERVICES + "/kubernetes", "/api/v1/namespaces/kube-system/services/kube-dns"):
            status, _ = connection.json("GET", path)
            checks.check(f"{path} was made anew", status == 200, status)
        status, answer = connection.json("GET", SERVICES + "/web")
        checks.check("a client's object is an error with its key", status == 500 and "services default/web" in answer["message"], answer)
        status, _ = connection.json("DELETE", SERVICES + "/web")
        status2, _ = connection.json("GET", f"/apis/networking.k8s.io/v1/ipaddresses/{address}")
        checks.check("deleting it gives its address back", (status, status2) == (200, 404), (status, status2))
        status, _ = connection.json("DELETE", "/api/v1/nodes/node-1")
        checks.check("a node can be deleted", status == 200, status)


def refuses(checks, binary):
    with Fairlead(binary, "--bare", "--dns-listen", "none") as server:
        server.stop()
        for what, statement, words in [
                ("a database of another program", None, "another program"),
                ("a database of a later version", "INSERT INTO grdb_migrations VALUES ('Migrations/0999_later.sql')", "later version")]:
            path = server.data if statement else os.path.join(server.scratch.name, "other.db")
            execute(path, statement or "CREATE TABLE notes(a)")
            code, said = run(binary, "--data", path)
            checks.check(f"{what} is not examined", code == 2 and words in said, f"{code} {said}")
            code, said = run(binary, "--repair", "--data", path)
            checks.check(f"{what} is not mended", code == 2 and words in said, f"{code} {said}")
        code, said = run(binary, "--data", os.path.join(server.scratch.name, "none.db"))
        checks.check("a file that is not there is not made", code == 2 and "no file" in said, f"{code} {said}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    args = parser.parse_args()
    checks = Checks()
    for scene in (mends, starts, refuses):
        scene(checks, args.binary)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())

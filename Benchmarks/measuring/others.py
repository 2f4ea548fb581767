"""What has a script or a command of its own: TLS, fairness, webhooks, the routing model, policies, pods that idle."""
import os
import subprocess
import sys
import time

from . import objects
from .cluster import pods_py
from .programs import BASE, HERE, Server
from .report import at_least, at_most, ratio_at_most


def script(run, name, *arguments):
    done = subprocess.run([sys.executable, os.path.join(os.path.dirname(HERE), name), "--binary", run.binary, *map(str, arguments)],
                          capture_output=True, text=True, timeout=1500)
    if done.returncode != 0:
        raise RuntimeError(f"{name}: {(done.stdout + done.stderr)[-400:]}")
    return done.stdout


def tls(run):
    """The rows that tls.py prints; it measures in turns with nginx itself. Not in a quick run: it can only be fast or slow."""
    if run.quick:
        return
    for line in script(run, "tls.py", "--seconds", 2, "--rounds", run.rounds).splitlines():
        measure, result, yardstick, _ = line.split("\t")
        other, figure = yardstick.rsplit(": ", 1)
        run.report.row(measure, "/s", [float(result.split()[0])], other, [float(figure.split()[0])])


def fairness(run):
    """A small client, alone and then beside one that sends the heaviest requests it can."""
    with Server(run.binary, "--bare") as server:
        server.make_namespace()
        run.tool.load(server, f"{BASE}/configmaps", objects.config_map("c-{n}"), count=run.size(30_000, 1_500), connections=64)
        quiet = run.tool.run("paced", "--server", server.url, "--seconds", run.size(5, 1))
        with run.tool.start("greedy", "--server", server.url, "--seconds", run.size(11, 5)) as greedy:
            time.sleep(1)
            loud = run.tool.run("paced", "--server", server.url, "--skip", run.size(2, 1), "--seconds", run.size(6, 1))
            greedy.wait()
    run.report.row("GET beside a client with heavy requests, p99", "ms", [loud["p99_ms"]], "alone", [quiet["p99_ms"]], ratio_at_most(5))


def apply(run):
    """Server-side apply that changes nothing."""
    body = objects.config_map("same")
    with Server(run.binary, "--bare") as server:
        server.make_namespace()
        path = f"{BASE}/configmaps/same?fieldManager=bench"
        options = {"method": "PATCH", "content_type": "application/apply-patch+yaml"}
        run.tool.load(server, path, body, count=1, connections=1, status=201, **options)
        speeds = [run.tool.load(server, path, body, count=run.size(15_000, 1_000), connections=16, **options)["requests_per_second"]
                  for _ in range(run.rounds + 1)]
    run.report.row("apply that changes nothing, 16 connections", "/s", speeds[1:] or speeds, target=at_least(3000, "/s"))


def models(run):
    found = run.tool.run("decide", "--services", run.size(10_000, 1_000), "--packets", run.size(10_000, 1_000))
    run.report.row("packet decision without reasons", "us", [found["route_us"]], "look-up alone", [found["lookup_us"]])
    run.report.row("  with reasons, as JSON", "us", [found["json_us"]], "Foundation's JSON", [found["foundation_json_us"]])
    found = run.tool.run("policies", "--requests", run.size(10_000, 1_000))
    run.report.row("policy of five expressions that holds", "us", [found["five_us"]], target=at_most(50, "us"))
    run.report.row("  100 policies of other resources", "us", [found["elsewhere_us"]], target=at_most(20, "us"))
    run.report.row("  100 policies whose labels do not match", "us", [found["labelled_us"]], target=at_most(20, "us"))


def webhook(run):
    line = script(run, "webhooks.py", "--count", run.size(2000, 200)).strip().splitlines()[-1]
    values = dict(word.split("=") for word in line.split() if "=" in word)
    run.report.row("webhook, beside its own time", "us", [float(values["added_us"])], target=at_most(200, "us"))


def idle_pods(run):
    nodes, pods = run.size(1_000, 50), run.size(30_000, 500)
    found = pods_py(run, "--only", "idle", "--idle-nodes", nodes, "--idle-pods", pods, "--idle-wait", run.size(90, 1),
                    "--idle-seconds", run.size(30, 3))
    run.report.row(f"idle, {nodes:,} nodes and {pods:,} running pods", "%", [found["percent"]], note="of one core", target=at_most(5, "%"))
    run.report.row("  resident", "MB", [found["mb"]], target=at_most(400, "MB"))


GROUPS = [("tls", tls), ("fairness", fairness), ("apply", apply), ("models", models), ("webhook", webhook), ("idle-pods", idle_pods)]

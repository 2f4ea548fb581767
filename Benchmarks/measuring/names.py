"""The cluster DNS beside unbound with the same names as local data and as many threads."""
import os
import re
import shutil
import subprocess
import tempfile

from . import objects
from .programs import BASE, Server, free_port, wait_for_port
from .report import ratio_at_least
from .starts import QUIET


class Unbound:
    def __init__(self, records):
        self.folder, self.port = tempfile.TemporaryDirectory(prefix="fairlead-bench-"), free_port()
        folder = self.folder.name
        with open(os.path.join(folder, "data"), "w") as file:
            file.writelines(f'local-data: "{name}. 5 IN A {address}"\n' for name, address in records)
        with open(os.path.join(folder, "conf"), "w") as file:
            file.write(f"""
server:
    interface: 127.0.0.1
    port: {self.port}
    num-threads: {os.cpu_count()}
    so-reuseport: yes
    do-daemonize: no
    use-syslog: no
    logfile: "{folder}/log"
    username: ""
    chroot: ""
    pidfile: "{folder}/pid"
    access-control: 127.0.0.0/8 allow
    local-zone: "cluster.local." static
    include: "{folder}/data"
remote-control:
    control-enable: no
""")

    def __enter__(self):
        program = shutil.which("unbound") or "/usr/sbin/unbound"
        self.process = subprocess.Popen([program, "-d", "-c", f"{self.folder.name}/conf"])
        wait_for_port(self.port, "unbound")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


def dnsperf(port, names, seconds, *flags):
    done = subprocess.run(["dnsperf", "-s", "127.0.0.1", "-p", str(port), "-d", names, "-l", str(seconds), "-c", "16", *map(str, flags)],
                          capture_output=True, text=True, timeout=300)
    speed = re.search(r"Queries per second:\s+([\d.]+)", done.stdout)
    codes = re.search(r"Response codes:\s+(.*)", done.stdout)
    if not speed or not codes or not codes.group(1).startswith("NOERROR") or "," in codes.group(1):
        raise RuntimeError(f"dnsperf: {done.stdout[-600:]}{done.stderr[-300:]}")
    return float(speed.group(1)), done.stdout


def p99(port, names, seconds, rate):
    """From the latency of every single answer, in milliseconds."""
    _, output = dnsperf(port, names, seconds, "-Q", rate, "-v")
    times = sorted(float(line.split()[-1]) for line in output.splitlines() if line.startswith(">"))
    return times[int(len(times) * 0.99)] * 1000


def names(run):
    services = run.size(10_000, 500)
    with Server(run.binary, *QUIET) as server, tempfile.TemporaryDirectory(prefix="fairlead-bench-") as folder:
        server.make_namespace()
        run.tool.load(server, f"{BASE}/services", objects.service("s-{n}"), count=services, connections=32)
        records = [(f"{item['metadata']['name']}.{item['metadata']['namespace']}.svc.cluster.local", item["spec"]["clusterIP"])
                   for item in server.read(f"{BASE}/services")["items"]]
        if len(records) != services:
            raise RuntimeError(f"{len(records)} of {services} Services")
        questions = os.path.join(folder, "names")
        with open(questions, "w") as file:
            file.writelines(f"{name} A\n" for name, _ in records)
        server.settle()
        with Unbound(records) as unbound:
            ports, seconds = (server.dns[1], unbound.port), run.size(4, 1)
            for port in ports:
                dnsperf(port, questions, 1, "-q", 500)
            ours, theirs = run.turns(*(lambda port=port: dnsperf(port, questions, seconds, "-q", 500)[0] for port in ports))
            run.report.row(f"DNS, A of {services:,} Services by UDP", "/s", ours, "unbound, same names", theirs, ratio_at_least(0.95))
            rate = run.size(30_000, 5_000)
            ours, theirs = run.turns(*(lambda port=port: p99(port, questions, seconds, rate) for port in ports))
            run.report.row(f"  p99 at {rate:,} /s", "ms", ours, "unbound", theirs)


GROUPS = [("dns", names)]

#!/usr/bin/env python3
"""Runs the kubectl commands of the Services guide against a real server and checks the output.

    guide.py --binary .build/debug/fairlead

The server has simulated nodes; halfway through it is killed (SIGKILL) and started again on the same data.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from fairlead_process import Checks, Fairlead  # noqa: E402


class Guide(Checks):
    def __init__(self, server):
        super().__init__()
        self.server = server

    def kubectl(self, *arguments, stdin=None):
        # No configuration: kubectl gets the server address and nothing else.
        home = self.server.scratch.name
        command = ["kubectl", "--server", self.server.url, *arguments]
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, timeout=60,
            env={"PATH": os.environ["PATH"], "HOME": home, "KUBECONFIG": os.path.join(home, "none")})
        return done.returncode, done.stdout, done.stderr

    def prints(self, claim, arguments, *patterns, exit_code=0):
        """Runs kubectl once; every pattern (a regular expression) must be found in its output."""
        code, out, err = self.kubectl(*arguments.split())
        missing = [p for p in patterns if not re.search(p, out, re.M)]
        return self.check(claim, code == exit_code and not missing, f"exit {code}, missing {missing}\n{out}{err}")

    def becomes(self, claim, arguments, *patterns, seconds=15):
        """The same, retried until it holds: controllers and simulated nodes take some time."""
        end = time.monotonic() + seconds
        while True:
            code, out, err = self.kubectl(*arguments.split())
            missing = [p for p in patterns if not re.search(p, out, re.M)]
            if code == 0 and not missing:
                return self.check(claim, True)
            if time.monotonic() > end:
                return self.check(claim, False, f"exit {code}, missing {missing}\n{out}{err}")
            time.sleep(0.1)

    def json(self, *arguments):
        code, out, err = self.kubectl(*arguments, "-o", "json")
        if code != 0:
            self.check("kubectl " + " ".join(arguments), False, err)
            return {}
        return json.loads(out)

    def ready_addresses(self, service):
        slices = self.json("get", "endpointslices", "-l", f"kubernetes.io/service-name={service}").get("items", [])
        return sorted(
            address for s in slices for e in s.get("endpoints") or [] if e["conditions"].get("ready")
            for address in e["addresses"])

    def settles(self, claim, probe, wanted, seconds=15):
        end = time.monotonic() + seconds
        while True:
            found = probe()
            if found == wanted or (callable(wanted) and wanted(found)):
                return self.check(claim, True)
            if time.monotonic() > end:
                return self.check(claim, False, f"found {found}")
            time.sleep(0.1)

    def calm(self):
        """Waits until no pod is terminating, so that listed pods stay."""
        def leaving():
            pods = self.json("get", "pods", "-A").get("items", [])
            return [p["metadata"]["name"] for p in pods if "deletionTimestamp" in p["metadata"]]
        self.settles("no pod is on its way out", leaving, [], seconds=40)

    # The chapters of the guide

    def cluster(self):
        self.prints("kubectl version talks to v1.36", "version", r"Server Version: v1\.36")
        self.becomes("three nodes are Ready", "get nodes", *[rf"^node-{i}\s+Ready\s" for i in (1, 2, 3)])
        self.prints("the kubernetes Service is there", "get svc", r"^kubernetes\s+ClusterIP\s+10\.96\.0\.1\s+<none>\s+443/TCP")

    def manifests(self):
        for name, kind in [("clusterip", "my-clusterip-service"), ("nodeport", "my-nodeport-service"),
                           ("loadbalancer", "my-loadbalancer-service"), ("affinity", "my-affinity-service"),
                           ("external", "my-external-service")]:
            file = os.path.join(HERE, "manifests", name + ".yaml")
            self.prints(f"apply {name}", f"apply -f {file}", rf"^service/{kind} created")
            self.prints(f"apply {name} again changes nothing", f"apply -f {file}", rf"^service/{kind} unchanged")
        self.prints("apply the Deployment and its Service", f"apply -f {os.path.join(HERE, 'manifests', 'app.yaml')}",
                    r"^deployment.apps/my-app created", r"^service/my-app-service created")
        self.prints("get svc shows each type", "get svc",
                    r"^my-clusterip-service\s+ClusterIP\s+10\.96\.\d+\.\d+\s+<none>\s+80/TCP",
                    r"^my-nodeport-service\s+NodePort\s+10\.96\.\d+\.\d+\s+<none>\s+80:30007/TCP")
        self.becomes("load balancers get an address", "get svc",
                     r"^my-loadbalancer-service\s+LoadBalancer\s+\S+\s+\d+\.\d+\.\d+\.\d+\s+80:3\d{4}/TCP",
                     r"^my-external-service\s+LoadBalancer\s+\S+\s+\d+\.\d+\.\d+\.\d+\s")
        self.prints("describe shows the affinity", "describe svc my-affinity-service", r"^Session Affinity:\s+ClientIP")
        self.prints("describe shows the traffic policy", "describe svc my-external-service",
                    r"^External Traffic Policy:\s+Local", r"^HealthCheck NodePort:\s+3\d{4}")

    def rollout(self):
        self.prints("rollout status waits for three pods", "rollout status deployment/my-app --timeout=30s",
                    r'successfully rolled out')
        self.becomes("three pods run", "get pods -l app=my-app", r"(?:^my-app-\S+\s+1/1\s+Running\s+0\s+\S+\n){3}")
        self.settles("the slice lists them", lambda: len(self.ready_addresses("my-app-service")), 3)
        self.prints("expose makes a load balancer", "expose deployment my-app --type=LoadBalancer --name=my-service --port=80",
                    r"^service/my-service exposed")
        self.becomes("describe lists its endpoints", "describe svc my-service", r"^Type:\s+LoadBalancer",
                     r"^LoadBalancer Ingress:\s+\d", r"^Endpoints:\s+10\.244\.\d+\.\d+:80")
        self.prints("scale up", "scale deployment my-app --replicas=5", r"^deployment.apps/my-app scaled")
        self.settles("the slice follows to five", lambda: len(self.ready_addresses("my-app-service")), 5)
        self.prints("scale down", "scale deployment my-app --replicas=3", r"^deployment.apps/my-app scaled")
        self.settles("the slice follows to three", lambda: len(self.ready_addresses("my-app-service")), 3)
        self.prints("set image", "set image deployment/my-app my-app-container=my-app-image:2", r"image updated")
        self.prints("rollout status after set image", "rollout status deployment/my-app --timeout=30s", r"successfully rolled out")
        self.prints("the history has two revisions", "rollout history deployment/my-app", r"^1\s", r"^2\s")
        self.prints("rollout undo", "rollout undo deployment/my-app", r"^deployment.apps/my-app rolled back")
        self.prints("rollout status after undo", "rollout status deployment/my-app --timeout=30s", r"successfully rolled out")
        image = self.json("get", "deployment", "my-app").get("spec", {}).get("template", {}).get("spec", {})
        self.check("the image is the first again", image.get("containers", [{}])[0].get("image") == "my-app-image", image)
        self.settles("the slice lists three after it all", lambda: len(self.ready_addresses("my-app-service")), 3)

    def pods(self):
        self.calm()
        pods = self.json("get", "pods", "-l", "app=my-app").get("items", [])
        victim = pods[0]["metadata"]["name"]
        gone = pods[0]["status"]["podIP"]
        self.prints("delete pod", f"delete pod {victim}", rf'pod "{victim}" deleted')
        self.settles("a new pod takes its place in the slice",
                     lambda: self.ready_addresses("my-app-service"), lambda found: len(found) == 3 and gone not in found)

    def crash(self):
        """After a power cut everything is as it was before."""
        def state():
            kinds = "svc,deployments,replicasets,pods,endpointslices,nodes,ipaddresses,configmaps,secrets"
            items = self.json("get", kinds, "-A").get("items", [])
            return {(i["kind"], i["metadata"].get("namespace"), i["metadata"]["name"]):
                    (i["metadata"]["uid"], i["spec"].get("clusterIP"), i.get("status", {}).get("podIP"),
                     json.dumps(i["spec"].get("ports"))) for i in items if "spec" in i}
        self.calm()
        before = state()
        addresses = self.ready_addresses("my-app-service")
        self.server.kill()
        self.server.start()
        after = state()
        lost = {k: v for k, v in before.items() if after.get(k) != v}
        self.check("a kill -9 loses nothing", not lost, f"lost or changed: {lost}")
        self.settles("the slice is as it was", lambda: self.ready_addresses("my-app-service"), addresses)
        self.prints("a taken node port stays taken", "create service nodeport thief --tcp=80 --node-port=30007", exit_code=1)

    def node_failure(self):
        self.calm()
        pods = self.json("get", "pods", "-l", "app=my-app").get("items", [])
        node = pods[0]["spec"]["nodeName"]
        addresses = {p["status"]["podIP"] for p in pods if p["spec"]["nodeName"] == node}
        self.prints("take a node down", f"annotate node {node} fairlead.dev/down=true", r"annotated")
        self.becomes("the node turns NotReady", f"get node {node}", r"NotReady", seconds=70)
        self.settles("its pods leave the slice", lambda: addresses & set(self.ready_addresses("my-app-service")), set(), seconds=30)
        self.prints("bring it back", f"annotate node {node} fairlead.dev/down-", r"annotated")
        self.becomes("the node is Ready again", f"get node {node}", r"\sReady\s", seconds=30)
        self.settles("three endpoints again", lambda: len(self.ready_addresses("my-app-service")), 3, seconds=30)

    def dns_pods(self):
        self.becomes("kube-dns runs", "get pods -n kube-system -l k8s-app=kube-dns", r"(?:^coredns-\S+\s+1/1\s+Running\s.*\n){2}")
        self.prints("kube-dns has the tenth address", "get svc -n kube-system kube-dns", r"10\.96\.0\.10\s+<none>\s+53/UDP,53/TCP,9153/TCP")
        self.prints("logs of CoreDNS", "logs -n kube-system -l k8s-app=kube-dns", r"CoreDNS-1\.\d+", r"\.:53")
        before = {p["metadata"]["name"] for p in self.json("get", "pods", "-n", "kube-system", "-l", "k8s-app=kube-dns")["items"]}
        self.prints("delete the CoreDNS pods", "delete pod -n kube-system -l k8s-app=kube-dns", r"deleted")
        self.becomes("they return", "get pods -n kube-system -l k8s-app=kube-dns", r"(?:^coredns-\S+\s+1/1\s+Running\s.*\n){2}")
        after = {p["metadata"]["name"] for p in self.json("get", "pods", "-n", "kube-system", "-l", "k8s-app=kube-dns")["items"]}
        self.check("they are new ones", not before & after, f"{before} {after}")

    def curl(self):
        """What people do with curl instead of kubectl."""
        if shutil.which("curl") is None:
            print("SKIPPED curl: not on this machine")
            return
        base = self.server.url + "/api/v1/namespaces/default/services"
        def curl(*arguments):
            return subprocess.run(["curl", "-sS", "--max-time", "10", *arguments], capture_output=True, text=True).stdout
        manifest = os.path.join(HERE, "manifests", "clusterip.yaml")
        with open(manifest) as file:
            yaml = file.read().replace("my-clusterip-service", "from-curl")
        made = json.loads(curl("-H", "Content-Type: application/yaml", "--data-binary", yaml, base))
        self.check("curl posts YAML", made.get("metadata", {}).get("name") == "from-curl", made)
        made["spec"]["ports"][0]["port"] = 8081
        put = json.loads(curl("-X", "PUT", "-H", "Content-Type: application/json", "-d", json.dumps(made), base + "/from-curl"))
        self.check("curl puts JSON", put.get("spec", {}).get("ports", [{}])[0].get("port") == 8081, put)
        watched = curl("--no-buffer", base + "?watch=1&timeoutSeconds=1&fieldSelector=metadata.name=from-curl").splitlines()
        self.check("curl watches line by line", len(watched) == 1 and json.loads(watched[0])["type"] == "ADDED", watched)
        gone = json.loads(curl("-X", "DELETE", base + "/from-curl"))
        self.check("curl deletes", gone.get("kind") == "Service", gone)

    def shutdown(self):
        """SIGTERM ends the process quickly, even with open watches."""
        import http.client
        host = self.server.url.removeprefix("http://")
        watches = []
        for _ in range(100):
            connection = http.client.HTTPConnection(host, timeout=20)
            connection.request("GET", "/api/v1/pods?watch=1")
            watches.append((connection, connection.getresponse()))
        took = self.server.stop()
        self.check("SIGTERM with 100 open watches ends it in time", took < 1.0, f"{took * 1000:.0f} ms")
        print(f"     stopped in {took * 1000:.0f} ms with 100 open watches")
        self.check("with exit status 0", self.server.process.returncode == 0, self.server.process.returncode)
        ended = sum(1 for _, answer in watches if not answer.isclosed() and answer.read() is not None or answer.isclosed())
        self.check("and every watch ends cleanly", ended == 100, ended)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    args = parser.parse_args()
    if shutil.which("kubectl") is None:
        print("SKIPPED the kubectl guide: no kubectl on this machine")
        print("0 passed, 0 failed")
        return 0
    with Fairlead(args.binary) as server:
        guide = Guide(server)
        for chapter in (guide.cluster, guide.manifests, guide.rollout, guide.pods, guide.dns_pods, guide.crash,
                        guide.curl, guide.node_failure, guide.shutdown):
            try:
                chapter()
            except Exception as error:  # a chapter that breaks off counts as one failure and does not end the test
                guide.check(f"chapter {chapter.__name__}", False, repr(error))
        return guide.finish()


if __name__ == "__main__":
    sys.exit(main())

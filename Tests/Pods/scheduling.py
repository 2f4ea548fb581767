"""Where pods go, who leaves for them, what they use, and how many an autoscaler wants."""
from cluster import NAMESPACE, PAUSE, container, pod, port, service

PROXY = "/api/v1/nodes/node-1/proxy"


def pause(**more):
    return container(PAUSE, **more)


def scheduled(one):
    conditions = (one or {}).get("status", {}).get("conditions") or []
    return next((c for c in conditions if c["type"] == "PodScheduled"), {})


def message(cluster, name, expected):
    found = cluster.wait(name, lambda p: expected in scheduled(p).get("message", ""), 20, f"no message {expected}")
    return scheduled(found)["message"]


def scheduling(cluster):
    check = cluster.checks.check
    tail = ". no new claims to deallocate, preemption: 0/3 nodes are available: 3 "
    cluster.start(
        pod("greedy", pause(resources={"requests": {"cpu": "4000"}})),
        pod("picky", pause(), nodeSelector={"no": "such"}),
        pod("claimless", pause(), volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "none"}}]),
        pod("at-gate", pause(), schedulingGates=[{"name": "example.com/wait"}]),
        pod("foreign", pause(), schedulerName="another"), wait=False)
    check("too much is asked for",
          message(cluster, "greedy", "Insufficient cpu") == "0/3 nodes are available: 3 Insufficient cpu" + tail +
          "Preemption is not helpful for scheduling.", scheduled(cluster.pods["greedy"]))
    check("no node has the label",
          message(cluster, "picky", "affinity/selector") == "0/3 nodes are available: 3 node(s) didn't match Pod's node "
          "affinity/selector" + tail + "Preemption is not helpful for scheduling.", scheduled(cluster.pods["picky"]))
    check("a claim is missing",
          message(cluster, "claimless", "not found") == "0/3 nodes are available: persistentvolumeclaim \"none\" not "
          "found. not found", scheduled(cluster.pods["claimless"]))
    check("an event says so", cluster.eventually(
        lambda: cluster.events("greedy"), lambda events: any("FailedScheduling" in e for e in events)))
    check("a gated pod waits", scheduled(cluster.pods["at-gate"]).get("reason") == "SchedulingGated",
          scheduled(cluster.pods["at-gate"]))
    cluster.patch("pods", "at-gate", {"spec": {"schedulingGates": None}})
    check("until the gate is gone", cluster.ready("at-gate"))
    check("pods of others are left alone", "nodeName" not in cluster.pods["foreign"]["spec"])
    apart = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
        {"labelSelector": {"matchLabels": {"app": "apart"}}, "topologyKey": "kubernetes.io/hostname"}]}}
    found = cluster.start(*[pod(f"apart-{k}", pause(), labels={"app": "apart"}, affinity=apart) for k in range(3)])
    check("pods that avoid each other", len({p["spec"]["nodeName"] for p in found}) == 3, found)
    cluster.start(pod("apart-3", pause(), labels={"app": "apart"}, affinity=apart), wait=False)
    check("the fourth finds no room", message(cluster, "apart-3", "anti-affinity").startswith(
        "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules."))
    cluster.delete("pods", "apart-1", 0)
    check("until one leaves", cluster.ready("apart-3"))
    preemption(cluster)
    by_hand(cluster)


def preemption(cluster):
    check = cluster.checks.check
    status, answer = cluster.call("POST", "/apis/scheduling.k8s.io/v1/priorityclasses", {
        "metadata": {"name": "urgent"}, "value": 1000})
    check("a priority class", status == 201, answer)
    here = {"kubernetes.io/hostname": "node-2"}
    bound = {"ports": [{"containerPort": 80, "hostPort": 7999}]}
    cluster.start(pod("humble", pause(**bound), nodeSelector=here, terminationGracePeriodSeconds=30))
    cluster.create("pods", pod("urgent", pause(**bound), nodeSelector=here, priorityClassName="urgent"))
    check("a pod of higher priority gets the port", cluster.ready("urgent")["spec"]["nodeName"] == "node-2")
    left = [c for p in cluster.history["humble"] for c in p["status"].get("conditions") or []
            if c["type"] == "DisruptionTarget"]
    check("and its victim is told why", left and left[0]["reason"] == "PreemptionByScheduler", left)
    check("and an event says so", cluster.eventually(
        lambda: cluster.events("humble"), lambda events: any("Preempted by pod" in e for e in events)),
        cluster.events("humble"))
    check("and the room was kept for it", any(p["status"].get("nominatedNodeName") == "node-2"
                                              for p in cluster.history["urgent"]))


def by_hand(cluster):
    check = cluster.checks.check
    cluster.start(
        pod("huge", pause(resources={"requests": {"cpu": "4000"}}), nodeName="node-1"),
        pod("astray", pause(), nodeName="node-1", nodeSelector={"kubernetes.io/hostname": "node-2"}), wait=False)
    for name, reason in (("huge", "OutOfcpu"), ("astray", "NodeAffinity")):
        status = cluster.ended(name)["status"]
        check(f"a kubelet refuses: {reason}", status["phase"] == "Failed" and status["reason"] == reason, status)


def usage(cluster):
    check = cluster.checks.check
    cluster.start(
        pod("uses-cpu", pause(), annotations={"fairlead.dev/cpu-usage": "123m", "fairlead.dev/memory-usage": "77Mi"}),
        pod("two", pause(name="a"), pause(name="b"), labels={"pair": "yes"}))
    base = "/apis/metrics.k8s.io/v1beta1"
    check("the group is known", "metrics.k8s.io" in str(cluster.call("GET", "/apis")[1]))
    found = cluster.call("GET", f"{base}/namespaces/{NAMESPACE}/pods/uses-cpu")[1]
    check("metrics of a pod", found.get("containers") == [
        {"name": "c", "usage": {"cpu": "123000000n", "memory": "78848Ki"}}] and found["window"] == "15s", found)
    found = cluster.call("GET", f"{base}/namespaces/{NAMESPACE}/pods?labelSelector=pair%3Dyes")[1]
    check("metrics of pods by label", [len(i["containers"]) for i in found["items"]] == [2], found)
    found = cluster.call("GET", f"{base}/nodes")[1]
    check("metrics of nodes", [i["metadata"]["name"] for i in found["items"]] == ["node-1", "node-2", "node-3"], found)
    status, found = cluster.call("GET", f"{base}/nodes/none")
    check("of a node that is not there", (status, found["message"]) == (404, 'nodes "none" not found'), found)
    check("they cannot be written", cluster.call("DELETE", f"{base}/nodes/node-1")[0] == 405)
    found = cluster.call("GET", PROXY + "/stats/summary")[1]
    check("a kubelet's summary", found["node"]["nodeName"] == "node-1" and found["node"]["cpu"]["usageNanoCores"] > 0)
    text = cluster.raw("GET", PROXY + "/metrics/resource")[2].decode()
    check("a kubelet's metrics", "node_memory_working_set_bytes " in text and "pod_cpu_usage_seconds_total{" in text)
    if not cluster.has_kubectl:
        return
    code, out, err = cluster.kubectl("top", "pod", "uses-cpu")
    check("kubectl top pod", code == 0 and out.split() == [
        "NAME", "CPU(cores)", "MEMORY(bytes)", "uses-cpu", "123m", "77Mi"], (out, err))
    code, out, err = cluster.kubectl("top", "pod", "two", "--containers")
    check("kubectl top pod --containers", [line.split()[:2] for line in out.splitlines()[1:]] == [
        ["two", "a"], ["two", "b"]], (out, err))
    code, out, err = cluster.kubectl("top", "nodes")
    check("kubectl top nodes", code == 0 and len(out.splitlines()) == 4 and "%" in out, (out, err))
    code, out, err = cluster.kubectl("get", "--raw", f"{base}/namespaces/{NAMESPACE}/pods/uses-cpu")
    check("kubectl get --raw", code == 0 and "PodMetrics" in out, (out, err))


def autoscaling(cluster):
    """The walkthrough: a server that computes, an autoscaler, and somebody who asks all the time."""
    check = cluster.checks.check
    server = container("registry.k8s.io/hpa-example", ports=[{"containerPort": 80}],
                       resources={"limits": {"cpu": "500m"}, "requests": {"cpu": "200m"}})
    cluster.create("deployments", {"metadata": {"name": "php-apache"}, "spec": {
        "selector": {"matchLabels": {"run": "php-apache"}},
        "template": {"metadata": {"labels": {"run": "php-apache"}}, "spec": {"containers": [server]}}}})
    cluster.create("services", service("php-apache", [port(80)], {"run": "php-apache"}))
    path = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers"
    target = {"type": "Utilization", "averageUtilization": 50}
    status, answer = cluster.call("POST", path, {"metadata": {"name": "php-apache"}, "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "php-apache"}, "minReplicas": 1,
        "maxReplicas": 10, "behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}},
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]}})
    check("an autoscaler", status == 201, answer)

    def status_of():
        return cluster.call("GET", f"{path}/php-apache")[1].get("status", {})

    def condition(status, name):
        return next((c for c in status.get("conditions") or [] if c["type"] == name), {})

    idle = cluster.eventually(status_of, lambda s: condition(s, "ScalingActive").get("status") == "True", 75, 1)
    check("an idle server is let be", condition(idle, "ScalingActive").get("reason") == "ValidMetricFound" and
          idle["desiredReplicas"] == 1 and idle["currentMetrics"][0]["resource"]["current"]["averageUtilization"] < 10,
          idle)
    cluster.start(pod("load-generator", container("busybox:1.28", [
        "/bin/sh", "-c", "while sleep 0.01; do wget -q -O- http://php-apache; done"])))
    grown = cluster.eventually(status_of, lambda s: s.get("desiredReplicas", 0) > 1, 90, 1)
    check("a busy one is scaled up", grown.get("desiredReplicas", 0) > 1 and
          condition(grown, "AbleToScale").get("reason") in ("SucceededRescale", "ReadyForNewScale"), grown)
    check("and an event says so", cluster.eventually(
        lambda: cluster.events("php-apache"),
        lambda events: any("SuccessfulRescale New size" in e and "above target" in e for e in events), 10),
        cluster.events("php-apache"))
    cluster.delete("pods", "load-generator", 0)
    fallen = cluster.eventually(status_of, lambda s: s.get("desiredReplicas") == 1, 120, 1)
    check("and scaled down when nobody asks", fallen.get("desiredReplicas") == 1, fallen)


CHAPTERS = [("scheduling", scheduling), ("usage", usage), ("autoscaling", autoscaling)]

"""The objects that are made, as templates of fairlead-bench: {n} is a number, {ip} an address that belongs to it."""
import json


def config_map(name, size=960, value="v"):
    """About 1 KB."""
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name},
                       "data": {"k": value + "0123456789abcdef" * (size // 16)}})


def small_map(name, value="{i}"):
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": value}})


def service(name, app=None):
    return json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {
        "selector": {"app": app or name}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}})


def node(name):
    return json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {
        "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "topology.kubernetes.io/zone": "zone-{n%3}"}}})


def pod(name, app, node):
    """A small one."""
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": app}}, "spec": {
        "nodeName": node, "containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 8080}]}]}})


def real_pod(name, app, node):
    """One as a Deployment makes it for a web server: with the status below and managedFields, 3 KB."""
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {
        "name": name, "labels": {"app": app, "pod-template-hash": "7887448d46"}}, "spec": {
            "nodeName": node, "automountServiceAccountToken": False, "containers": [{
                "name": "web", "image": "registry.example.org/web:1.27.3", "ports": [{"name": "http", "containerPort": 8080}],
                "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}}]}})


def pod_status(ready=True):
    """A merge patch of pods/status."""
    return json.dumps({"status": {
        "phase": "Running", "podIP": "{ip}", "podIPs": [{"ip": "{ip}"}], "startTime": "2026-01-01T00:00:00Z",
        "conditions": [{"type": "Ready", "status": "True" if ready else "False"}]}})


def real_status():
    """A merge patch of pods/status with what a kubelet reports."""
    since = "2026-01-01T00:00:00Z"
    return json.dumps({"status": {
        "phase": "Running", "podIP": "{ip}", "podIPs": [{"ip": "{ip}"}], "hostIP": "172.18.0.2", "startTime": since,
        "conditions": [{"type": kind, "status": "True", "lastTransitionTime": since} for kind in ("Initialized", "Ready", "PodScheduled")],
        "containerStatuses": [{
            "name": "web", "ready": True, "started": True, "restartCount": 0, "image": "registry.example.org/web:1.27.3",
            "imageID": "registry.example.org/web@sha256:9f1ad4a1b5b1b1c1d1e1f1a1b1c1d1e1", "lastState": {},
            "containerID": "containerd://3f1ad4a1b5b1b1c1d1e1f1a1b1c1d1e1", "state": {"running": {"startedAt": since}}}]}})


def lease(name):
    """A node's; another time in each request."""
    return json.dumps({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name}, "spec": {
        "holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": "2026-01-01T00:00:00.{us}Z"}})

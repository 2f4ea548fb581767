"""A user with the rights that somebody gives him, and what he finds out without one of them."""
import base64
import json
import os
import subprocess
import urllib.error
import urllib.request

NAMESPACE = "restricted"


class Owner:
    """Whoever runs the server: by the port without TLS."""

    def __init__(self, server):
        self.server = server

    def __call__(self, method, path, body=None):
        request = urllib.request.Request(self.server.url + path, None if body is None else json.dumps(body).encode(),
                                         {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())


class User:
    """Somebody who comes in by TLS, with a certificate or with a ServiceAccount's token, and may do nothing at first."""

    def __init__(self, server, name, by_token=False):
        self.owner, self.short = Owner(server), name
        self.config = os.path.join(server.scratch.name, f"{name}.kubeconfig")
        if by_token:
            self.name = f"system:serviceaccount:{NAMESPACE}:{name}"
            self.owner("POST", f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts", {"metadata": {"name": name}})
            token = self.owner("POST", f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{name}/token",
                               {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}})["status"]["token"]
            authority = self.owner("GET", f"/api/v1/namespaces/{NAMESPACE}/configmaps/kube-root-ca.crt")["data"]["ca.crt"]
            text = json.dumps({
                "apiVersion": "v1", "kind": "Config", "current-context": "c", "users": [{"name": "u", "user": {"token": token}}],
                "clusters": [{"name": "c", "cluster": {"server": server.secure, "certificate-authority-data":
                                                       base64.b64encode(authority.encode()).decode()}}],
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": NAMESPACE}}]})
        else:
            self.name = name
            text = subprocess.run([server.binary, "kubeconfig", "--data", server.data, "--user", name], check=True,
                                  capture_output=True, text=True).stdout
        with open(self.config, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(text)
        self.subjects = [{"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE} if by_token else
                         {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name}]
        roles = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}"
        self.role = f"{roles}/roles/{name}"
        self.owner("POST", f"{roles}/roles", {"metadata": {"name": name}, "rules": []})
        self.owner("POST", f"{roles}/rolebindings", {
            "metadata": {"name": name}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
            "subjects": self.subjects})

    def may(self, rights):
        """These and no others: `create deployments.apps`."""
        self.owner("PUT", self.role, {"metadata": {"name": self.short}, "rules": [rule(right) for right in rights]})

    def may_everywhere(self, rights):
        """In addition, for the whole cluster."""
        roles = "/apis/rbac.authorization.k8s.io/v1"
        self.owner("POST", f"{roles}/clusterroles", {"metadata": {"name": self.short}, "rules": [rule(right) for right in rights]})
        self.owner("POST", f"{roles}/clusterrolebindings", {
            "metadata": {"name": self.short}, "subjects": self.subjects,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": self.short}})


def rule(right):
    verb, _, target = right.partition(" ")
    resource, _, group = target.partition(".")
    return {"verbs": [verb], "apiGroups": [group], "resources": [resource]}


def try_out(checks, user, steps):
    """Each step without each one of its rights, and then with all of them. A step is what it does, the rights that it needs,
    a function that returns the complaint or None, and what complaints say where that is not Kubernetes' usual sentence."""
    for claim, rights, action, *words in steps:
        for missing in rights:
            user.may([right for right in rights if right != missing])
            verb, _, target = missing.partition(" ")
            resource, _, group = target.partition(".")
            complaint = str(action())
            wanted = words[0].get(missing) if words and missing in words[0] else f'User "{user.name}" cannot {verb} resource "{resource}" in API group "{group}" in the namespace "{NAMESPACE}"'
            checks.check(f"{user.short}: {claim}: not without `{missing}`", wanted in complaint.replace("\\", ""), complaint)
        user.may(rights)
        complaint = action()
        checks.check(f"{user.short}: {claim}: with {', '.join(rights)}", complaint is None, complaint)
    user.may([])

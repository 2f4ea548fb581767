"""Objects with extreme values, made from the schemas that the server itself publishes.

`Surface` reads /openapi/v3: every collection that takes a POST, every subresource that takes a body, and for each the
paths of all fields that are numbers, quantities, times, percentages or durations. This file itself holds only the
bases: a plausible object or piece for each case in which required fields alone are not enough.
"""
import base64
import copy
import json
import re

INTEGERS = [0, 1, -1, 2 ** 31 - 1, 2 ** 31, -2 ** 31, -2 ** 31 - 1, 2 ** 32, 2 ** 53 + 1, 2 ** 63 - 1, -2 ** 63, 2 ** 63, 2 ** 64, 1e18,
            9.2e18, 1.5, -0.0, 1e308, "1", "9223372036854775807"]
QUANTITIES = ["0", "1", "-1", "9E", "8Ei", "7Ei", "5Ei", "16Ei", "1e18", "1e15", "9223372036854775807", "9223372036854775808",
              "-9223372036854775808", "9223372036854775807m", "1e1000000", "1e-1000000", "1e2147483648", "0.000000000000000000001n", "1n",
              "999999999999999999999999999999E", "9" * 400, "0." + "0" * 400 + "1", "1e", "1e18446744073709551616", ".5", "+1Ki", 2 ** 63 - 1, 1e300, -1]
TIMES = ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "1677-09-21T00:12:43Z", "2262-04-11T23:47:17Z",
         "1970-01-01T00:00:00Z", "2038-01-19T03:14:08Z", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00.000000+23:59",
         "9999-12-31T23:59:59-23:59", "-0001-01-01T00:00:00Z", "99999-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-12-31T23:59:60Z",
         "2026-01-01T00:00:00." + "9" * 300 + "Z", 0, 2 ** 63 - 1]
PERCENTAGES = ["0%", "1%", "100%", "101%", "-1%", "200%", "2147483647%", "2147483648%", "9223372036854775807%", "9223372036854775808%",
               "9" * 40 + "%", "%", "1e3%", "1.5%", "+5%", "99999999999999999%"]
DURATIONS = ["0s", "1ns", "2540400h10m10s", "9223372036854775807ns", "9223372036854775808ns", "-1s", "1e9s", "1.5h", "106751991167300d"]
TEXTS = ["inf", "-inf", "nan", "1e308", "1e309", "-1", "0", "9223372036854775807", "9223372036854775808", "9" * 400, "0x10", "", "true",
         "127.0.0.1,::", "0-9223372036854775807", "1e18", "-0"]
POD = {"containers": [{"name": "c", "image": "i"}]}
TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": POD}
SELECTOR = {"matchLabels": {"a": "b"}}
WORKLOAD = {"spec": {"replicas": 1, "selector": SELECTOR, "template": TEMPLATE}}
JOB = {"spec": {"template": {"spec": {"restartPolicy": "Never", **POD}}}}
SCOPE = {"group": "x.example.com", "scope": "Namespaced", "names": {"plural": "foos", "singular": "foo", "kind": "Foo", "listKind": "FooList"}}
# A request of /O=o/CN=a, signed with its key.
CERTIFICATE_REQUEST = base64.b64encode(
    b"-----BEGIN CERTIFICATE REQUEST-----\n"
    b"MIHSMHoCAQAwGDEKMAgGA1UECgwBbzEKMAgGA1UEAwwBYTBZMBMGByqGSM49AgEG\n"
    b"CCqGSM49AwEHA0IABC+K19Nv5TN9lcl23VvAU2cnoF6KrnFs72j2HWXpnxOhWmJ6\n"
    b"ME2LpoeHaazeKHz5Awye+AsHOL6h54b3wiZl0SigADAKBggqhkjOPQQDAgNIADBF\n"
    b"AiEAi7lLtT5W/jy8/vUpzuyFSvizkDe5FBWMghaDOKFtKYICIGjs8TXAIq24JqQ0\n"
    b"GFFYrdQnSvOZ9CoqojuUo+rkNk/S\n"
    b"-----END CERTIFICATE REQUEST-----\n").decode()
# About objects that do not exist, so that no request of the test is held to it.
NO_OBJECTS = {"resourceRules": [{"apiGroups": ["none.example.com"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["nothing"]}]}

# Bases by resource. Resources not listed here are made of their required fields.
BASES = {
    "pods": {"spec": POD}, "podtemplates": {"template": TEMPLATE}, "deployments": WORKLOAD, "replicasets": WORKLOAD,
    "statefulsets": {"spec": {**WORKLOAD["spec"], "serviceName": "x"}}, "daemonsets": {"spec": {"selector": SELECTOR, "template": TEMPLATE}},
    "replicationcontrollers": {"spec": {"replicas": 1, "selector": {"a": "b"}, "template": TEMPLATE}},
    "jobs": JOB, "cronjobs": {"spec": {"schedule": "* * * * *", "jobTemplate": JOB}},
    "services": {"spec": {"selector": {"a": "b"}, "ports": [{"port": 80}]}},
    "endpointslices": {"addressType": "IPv4", "endpoints": [{"addresses": ["10.1.2.3"]}], "ports": [{"port": 80}]},
    "endpoints": {"subsets": [{"addresses": [{"ip": "10.1.2.3"}], "ports": [{"port": 80}]}]},
    "persistentvolumeclaims": {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}},
    "resourcequotas": {"spec": {"hard": {"pods": "100"}}},
    "limitranges": {"spec": {"limits": [{"type": "Container"}]}},
    "persistentvolumes": {"spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/x"}}},
    "apiservices": {"metadata": {"name": "v1.x.example.com"}, "spec": {"group": "x.example.com", "version": "v1", "groupPriorityMinimum": 1,
                                                                        "versionPriority": 1}},
    "certificatesigningrequests": {"spec": {"request": CERTIFICATE_REQUEST, "signerName": "example.com/x", "usages": ["digital signature"]}},
    "validatingadmissionpolicies": {"spec": {"matchConstraints": NO_OBJECTS, "validations": [{"expression": "true"}]}},
    "validatingadmissionpolicybindings": {"spec": {"policyName": "x", "validationActions": ["Deny"]}},
    "mutatingadmissionpolicies": {"spec": {"matchConstraints": NO_OBJECTS, "reinvocationPolicy": "Never", "mutations": [
        {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "Object{}"}}]}},
    "mutatingadmissionpolicybindings": {"spec": {"policyName": "x"}},
    "flowschemas": {"spec": {"priorityLevelConfiguration": {"name": "x"}, "matchingPrecedence": 1000}},
    "prioritylevelconfigurations": {"spec": {"type": "Limited", "limited": {"limitResponse": {"type": "Reject"}}}},
    "volumeattachments": {"spec": {"attacher": "x", "nodeName": "n", "source": {"persistentVolumeName": "x"}}},
    "volumeattributesclasses": {"driverName": "x.example.com", "parameters": {"a": "b"}},
    "poddisruptionbudgets": {"spec": {"minAvailable": 1, "selector": SELECTOR}},
    "horizontalpodautoscalers": {"spec": {"maxReplicas": 3, "scaleTargetRef": {"kind": "Deployment", "name": "d", "apiVersion": "apps/v1"}}},
    "networkpolicies": {"spec": {"podSelector": {}}}, "leases": {"spec": {"holderIdentity": "x", "leaseDurationSeconds": 10}},
    "ingresses": {"spec": {"defaultBackend": {"service": {"name": "x", "port": {"number": 80}}}}},
    "ingressclasses": {"spec": {"controller": "example.com/x"}}, "controllerrevisions": {"revision": 1, "data": {}},
    "servicecidrs": {"spec": {"cidrs": ["10.200.0.0/24"]}}, "roles": {"rules": []}, "clusterroles": {"rules": []},
    "rolebindings": {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "x"}},
    "clusterrolebindings": {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "x"}},
    "ipaddresses": {"metadata": {"name": "10.201.0.1"}, "spec": {"parentRef": {"resource": "services", "name": "x", "namespace": "default"}}},
    "customresourcedefinitions": {"metadata": {"name": "foos.x.example.com"}, "spec": {**SCOPE, "versions": [
        {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}}}}}]}},
    "bindings": {"metadata": {"name": "x"}, "target": {"kind": "Node", "name": "node-1"}}, "token": {"spec": {"audiences": ["x"]}},
    "core/events": {"involvedObject": {"namespace": "{namespace}", "kind": "Pod", "name": "x"}, "reason": "R"},
    "events.k8s.io/events": {"regarding": {"namespace": "{namespace}"}, "eventTime": "2026-01-01T00:00:00.000000Z", "action": "a", "reason": "r",
                             "reportingController": "example.com/x", "reportingInstance": "x", "type": "Normal"},
}
# Pieces by the last part of the schema's name, so that an extreme field is in a piece that is otherwise valid.
PIECES = {
    "Container": POD["containers"][0], "EphemeralContainer": {"name": "e", "image": "i"}, "Volume": {"name": "v", "emptyDir": {}},
    "Probe": {"tcpSocket": {"port": 80}}, "Toleration": {"key": "x", "operator": "Exists", "effect": "NoExecute"},
    "TopologySpreadConstraint": {"maxSkew": 1, "topologyKey": "x", "whenUnsatisfiable": "ScheduleAnyway"},
    "PreferredSchedulingTerm": {"weight": 1, "preference": {"matchExpressions": [{"key": "x", "operator": "Exists"}]}},
    "WeightedPodAffinityTerm": {"weight": 1, "podAffinityTerm": {"topologyKey": "x"}}, "ContainerPort": {"containerPort": 80},
    "LifecycleHandler": {"sleep": {"seconds": 1}}, "HTTPGetAction": {"port": 80}, "TCPSocketAction": {"port": 80}, "GRPCAction": {"port": 80},
    "ServicePort": {"name": "p", "port": 80}, "Taint": {"key": "x", "effect": "NoExecute"}, "KeyToPath": {"key": "k", "path": "p"},
    "ResourceFieldSelector": {"resource": "limits.cpu", "containerName": "c"}, "EnvVar": {"name": "A"},
    "PodFailurePolicyRule": {"action": "Ignore", "onExitCodes": {"operator": "In", "values": [1]}}, "SuccessPolicyRule": {"succeededCount": 1},
    "MetricSpec": {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}},
    "HPAScalingPolicy": {"type": "Pods", "value": 1, "periodSeconds": 60}, "NodeCondition": {"type": "Ready", "status": "True"},
    "PodCondition": {"type": "Ready", "status": "True"}, "Condition": {"type": "Ready", "status": "True", "reason": "R", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"},
    "ContainerStatus": {"name": "c", "ready": True, "restartCount": 0, "image": "i", "imageID": "i"}, "NetworkPolicyPort": {"port": 80},
    "ManagedFieldsEntry": {"manager": "m", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {}},
    "IngressServiceBackend": {"name": "x", "port": {"number": 80}}, "LimitRangeItem": {"type": "Container"},
    "JobCondition": {"type": "Complete", "status": "True"}, "DeploymentCondition": {"type": "Available", "status": "True"},
    "Quantity": "1", "IntOrString": 1, "Time": "2026-01-01T00:00:00Z", "MicroTime": "2026-01-01T00:00:00.000000Z",
}
# Keys of maps: resource names for quantities, annotations for the rest.
RESOURCES = ["cpu", "memory", "pods", "storage", "ephemeral-storage", "hugepages-2Mi", "example.com/x", "requests.cpu", "limits.memory", "count/pods",
             "services.nodeports"]
STRUCTURAL = {"apiVersion", "kind"}
DEPTH = 14


def values_of(kind):
    return {"integer": INTEGERS, "quantity": QUANTITIES, "time": TIMES, "percentage": INTEGERS[:14] + PERCENTAGES, "duration": DURATIONS,
            "number": INTEGERS + ["nan", 1e-308], "text": TEXTS + QUANTITIES[:20] + TIMES[:6] + INTEGERS[:14]}[kind]


class Field:
    """Where a value goes: steps are keys; 0 is a list's first item, None any key of a map. `schemas`: one per step."""

    def __init__(self, steps, kind, schemas):
        self.steps, self.kind, self.schemas = steps, kind, schemas

    def __str__(self):
        return ".".join("[]" if s == 0 else "{}" if s is None else s for s in self.steps)


class Target:
    """A path that takes bodies of one type."""

    def __init__(self, surface, path, schema, methods, parameters):
        self.surface, self.path, self.schema, self.methods = surface, path, schema, methods
        self.parameters = parameters  # {method: names of its parameters that are numbers or versions}
        self.parts = [p for p in path.split("/") if not p.startswith("{")]
        self.named = "{name}" in path
        after = path.split("/{name}", 1)[1].strip("/") if self.named else ""
        self.subresource = after or None
        self.resource = (path.split("/{name}")[0] if self.named else path).rsplit("/", 1)[1]
        self.fields = list(surface.fields(schema)) if schema else []

    def group(self):
        return "core" if self.parts[1] == "api" else self.parts[2]

    def base(self, namespace):
        """A whole object that should be accepted."""
        base = BASES.get(f"{self.group()}/{self.resource}", BASES.get(self.subresource or self.resource))
        base = self.surface.minimal(self.schema) if base is None else copy.deepcopy(base)
        if not isinstance(base, dict):
            base = {}
        gvk = (self.surface.resolve(self.schema).get("x-kubernetes-group-version-kind") or [{}])[0]
        if gvk:
            base["apiVersion"], base["kind"] = "/".join(filter(None, [gvk.get("group"), gvk.get("version")])), gvk["kind"]
        base.setdefault("metadata", {})
        return json.loads(json.dumps(base).replace('"{namespace}"', json.dumps(namespace)))


class Surface:
    def __init__(self, connection):
        self.schemas, self.targets, self.queries, self.deletion = {}, [], [], {}
        _, index = connection.json("GET", "/openapi/v3")
        for where in index["paths"].values():
            _, document = connection.json("GET", where["serverRelativeURL"])
            self.schemas.update(document.get("components", {}).get("schemas", {}))
        for where in index["paths"].values():
            _, document = connection.json("GET", where["serverRelativeURL"])
            for path, operations in sorted(document["paths"].items()):
                self.add(path, operations)

    def add(self, path, operations):
        methods, schema, parameters = [], None, {}
        for method, operation in operations.items():
            if method == "parameters" or operation.get("x-kubernetes-action") == "connect":
                continue
            names = [p["name"] for p in operation.get("parameters", []) + operations.get("parameters", [])
                     if p.get("in") == "query" and (p["schema"].get("type") == "integer" or "ersion" in p["name"] or p["name"] == "continue")]
            parameters[method.upper()] = names
            body = operation.get("requestBody", {}).get("content", {})
            if body and method == "delete":
                self.deletion = next(iter(body.values()))["schema"]
            elif body:
                methods.append(method.upper())
                one = next(iter(body.values()))["schema"]
                if schema is None and (method != "patch" or "Patch" not in json.dumps(one)):
                    schema = one
        target = Target(self, path, schema, methods, parameters)
        if schema is not None:
            self.targets.append(target)
        if parameters:
            self.queries.append(target)

    def resolve(self, schema):
        while True:
            ref = schema.get("$ref") or next((s["$ref"] for s in schema.get("allOf", []) if "$ref" in s), None)
            if ref is None:
                return schema
            schema = self.schemas[ref.rsplit("/", 1)[1]]

    def name(self, schema):
        ref = schema.get("$ref") or next((s["$ref"] for s in schema.get("allOf", []) if "$ref" in s), "")
        return ref.rsplit("/", 1)[-1].rsplit(".", 1)[-1]

    def kind(self, schema, key):
        """The sort of extreme value that suits a field, or None."""
        name, resolved = self.name(schema), self.resolve(schema)
        if name == "Quantity":
            return "quantity"
        if name in ("Time", "MicroTime") or resolved.get("format") in ("date-time", "date"):
            return "time"
        if name == "IntOrString" or resolved.get("format") == "int-or-string":
            return "percentage"
        if name == "Duration" or resolved.get("format") == "duration":
            return "duration"
        if resolved.get("type") in ("integer", "number"):
            return resolved["type"]
        if resolved.get("type") == "string" and re.search(r"(?i)seconds|duration|timeout|resourceVersion|percent|minutes", key or ""):
            return "text"
        return None

    def fields(self, schema, steps=(), schemas=(), seen=()):
        name, resolved = self.name(schema), self.resolve(schema)
        key = next((s for s in reversed(steps) if isinstance(s, str)), None)
        kind = self.kind(schema, key)
        if kind:
            yield Field(list(steps), kind, list(schemas))
            return
        if name and name in seen or len(steps) > DEPTH:
            return
        seen = seen + (name,) if name else seen
        for key, child in resolved.get("properties", {}).items():
            if key not in STRUCTURAL:
                yield from self.fields(child, steps + (key,), schemas + (child,), seen)
        if "items" in resolved:
            yield from self.fields(resolved["items"], steps + (0,), schemas + (resolved["items"],), seen)
        extra = resolved.get("additionalProperties")
        if isinstance(extra, dict):
            yield from self.fields(extra, steps + (None,), schemas + (extra,), seen)

    def minimal(self, schema, depth=0):
        """The required fields alone."""
        name, resolved = self.name(schema), self.resolve(schema)
        if name in PIECES:
            return copy.deepcopy(PIECES[name])
        if "enum" in resolved:
            return resolved["enum"][0]
        sort = resolved.get("type")
        if sort == "object" or "properties" in resolved:
            if depth > 6:
                return {}
            return {key: self.minimal(resolved["properties"][key], depth + 1) for key in resolved.get("required", []) if key in resolved.get("properties", {})}
        return {"array": [], "integer": 1, "number": 1, "boolean": True, "string": "x"}.get(sort, {})

    def put(self, thing, field, value, rng):
        """Sets the field in the object, creating missing parents."""
        for index, (step, schema) in enumerate(zip(field.steps, field.schemas)):
            last = index == len(field.steps) - 1
            if step == 0 and isinstance(thing, list):
                if not thing:
                    thing.append(None)
                slot = 0
            elif isinstance(thing, dict):
                slot = step if step is not None else rng.choice(RESOURCES if field.kind == "quantity" else list(thing) or ["a"])
                if step == 0:
                    return
            else:
                return
            if last:
                thing[slot] = value
                return
            if isinstance(thing, list) and thing[0] is None or isinstance(thing, dict) and not isinstance(thing.get(slot), (dict, list)):
                thing[slot] = self.minimal(schema)
            thing = thing[slot]


def annotations(sources):
    """Every annotation and label in the sources: words with a domain."""
    import glob
    found = set()
    for path in glob.glob(f"{sources}/**/*.swift", recursive=True):
        with open(path) as file:
            found |= set(re.findall(r'"((?:[a-z0-9-]+\.)+(?:io|dev)/[a-z0-9.-]+[a-z0-9])"', file.read()))
    return sorted(name for name in found if not re.search(r"/v[0-9]|/.*\.json", name))

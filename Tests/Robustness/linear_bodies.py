"""Requests that grow, for linear.py: named ones, and one for every list, map and text field of the schemas."""
import glob
import json
import os
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CORE = "/api/v1/namespaces/default/"
JSON, YAML = "application/json", "application/yaml"
JSON_PATCH, MERGE_PATCH = "application/json-patch+json", "application/merge-patch+json"
STRATEGIC_PATCH, APPLY_PATCH = "application/strategic-merge-patch+json", "application/apply-patch+yaml"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def request(method, path, body, kind=JSON):
    data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    return method, path, kind, data


def post(resource, body, kind=JSON):
    return request("POST", f"{CORE}{resource}?dryRun=All", body, kind)


def patch(resource, body, kind):
    return request("PATCH", f"{CORE}{resource}?dryRun=All&fieldManager=m", body, kind)


def config_map(**metadata):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", **metadata}}


def pod(**spec):
    return {"metadata": {"name": "a"}, "spec": {"containers": [container()], **spec}}


def container(**more):
    return {"name": "c", "image": "i", **more}


def service(ports, **spec):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": ports, **spec}}


def each(n, make):
    return [make(i) for i in range(n)]


def joined(n, make, separator=","):
    return separator.join(make(i) for i in range(n))


def address(first, i):
    return f"{first}.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}"


def deployment(**pod_spec):
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [container()], **pod_spec}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
            "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template}}


def definition(spec, **version):
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "foos.x.io"},
            "spec": {"group": "x.io", "scope": "Namespaced",
                     "names": {"plural": "foos", "singular": "foo", "kind": "Foo", "listKind": "FooList"},
                     "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema, **version}]}}


def setup():
    yield request("POST", CORE + "serviceaccounts", {"metadata": {"name": "default"}})
    yield request("POST", CORE + "configmaps", {"metadata": {"name": "z", "labels": {"a": "b"}}})
    yield request("POST", "/apis/apps/v1/namespaces/default/deployments", deployment())
    for i in range(20):
        yield request("POST", CORE + "configmaps", {"metadata": {"name": f"z{i}", "labels": {"a": "zzz"}}})


def named():
    """(name, n → request) for cases that used to be worse than linear, and for similar ones."""
    # How bodies are written
    yield "JSON keys that occur twice", lambda n: post(
        "configmaps", '{"metadata":{"name":"a"},"data":{%s}}' % joined(n, lambda i: f'"{i:x}":1,"{i:x}":1'))
    yield "JSON keys that occur twice, deep", lambda n: post(
        "configmaps", '{"a":' * 450 + "{%s}" % joined(n, lambda i: f'"{i:x}":1,"{i:x}":1') + "}" * 450)
    yield "JSON keys that occur twice below ever deeper objects", lambda n: post(
        "configmaps", joined(n // 100, lambda i: '{"a":1,"a":' * 100 + "1" + "}" * 100).join(("[", "]")))
    yield "JSON keys that occur twice in a long list", lambda n: post(
        "configmaps", '{"metadata":{"name":"a","ownerReferences":[%s]}}' % joined(n, lambda i: '{"uid":"a","uid":"b"}'))
    yield "JSON keys below a long key", lambda n: request("POST", DEFINITIONS, '{"spec":{"versions":[{"schema":{"openAPIV3Schema":{"properties":{"%s":{%s}}}}}]}}' % (
        "k" * (8 * n), joined(n, lambda i: f'"type":"a"')))
    yield "unknown fields", lambda n: post(
        "configmaps&fieldValidation=Strict".replace("&", "?", 1), '{"metadata":{"name":"a"},%s}' % joined(n, lambda i: f'"f{i:x}":1'))
    yield "unknown fields in a long list", lambda n: post("pods", pod(containers=each(n, lambda i: {"no": 1})))
    yield "one key many times", lambda n: post("configmaps", '{"metadata":{"name":"a"},"data":{%s}}' % joined(n, lambda i: '"a":"b"'))
    yield "YAML keys that occur twice", lambda n: post(
        "configmaps", "metadata: {name: a}\ndata:\n" + joined(n, lambda i: f"  k{i:x}: a\n  k{i:x}: b\n", ""), YAML)
    yield "YAML merge keys of one big map", lambda n: post(
        "configmaps", "z0: &z0 {" + joined(900, lambda i: f"k{i}: 1") + "}\n" + joined(n, lambda i: f"z{i + 1}: {{<<: *z0}}\n", ""), YAML)
    yield "YAML merges into one map", lambda n: post(
        "configmaps", joined(n, lambda i: f"z{i}: &z{i} {{a{i}: 1}}\n", "") + "x: {<<: [" + joined(n, lambda i: f"*z{i}") + "]}\n", YAML)
    yield "YAML merges key by key", lambda n: post(
        "configmaps", joined(n, lambda i: f"z{i}: &z{i} {{a{i}: 1}}\n", "") + "x:\n" + joined(n, lambda i: f"  <<: *z{i}\n", ""), YAML)
    yield "YAML aliases of a long text", lambda n: post(
        "configmaps", f'metadata: {{name: a}}\nx: &x "{"A" * (8 * n)}"\ndata:\n' + joined(n, lambda i: f"  k{i}: *x\n", ""), YAML)
    yield "YAML anchors that build on each other", lambda n: post(
        "configmaps", "a0: &a0 [x]\n" + joined(n, lambda i: f"a{i + 1}: &a{i + 1} [*a{i}]\n", ""), YAML)
    yield "YAML containers", lambda n: post(
        "pods", "metadata: {name: a}\nspec:\n  containers:\n" + joined(n, lambda i: "  - {}\n", ""), YAML)
    yield "YAML flow keys on one line", lambda n: post("configmaps", "{" + joined(n, lambda i: f"k{i:x}: 1") + "}", YAML)
    yield "YAML question marks", lambda n: post("configmaps", "? " * n, YAML)
    yield "YAML dashes", lambda n: post("configmaps", "- " * n, YAML)
    yield "YAML empty lines", lambda n: post("configmaps", "#\n" * n, YAML)
    yield "YAML long number", lambda n: post("configmaps", "metadata: {name: a}\ndata: {x: 1" + "_" * n + "1}", YAML)
    yield "YAML long texts in double quotes", lambda n: post("configmaps", 'metadata: {name: a}\ndata: {x: "' + "a \n" * n + '"}', YAML)
    yield "YAML long block text", lambda n: post("configmaps", "metadata: {name: a}\ndata:\n  x: |\n" + "    a\n" * n, YAML)
    yield "YAML brackets never closed", lambda n: post("configmaps", "[" * n, YAML)
    yield "JSON long number", lambda n: post("configmaps", '{"metadata":{"name":"a","generation":0.%se5}}' % ("1" * n))
    yield "JSON escapes", lambda n: post("configmaps", '{"metadata":{"name":"a"},"data":{"x":"%s"}}' % ("\\ud83d\\ude00" * n))
    yield "keys that are equal for Unicode but not for bytes", lambda n: post(
        "configmaps", '{"metadata":{"name":"a"},"data":{%s}}' % joined(n, lambda i: f'"{i:x}\u0065\u0301\u0301\u0327":""'))

    # Metadata
    yield "ownerReferences", lambda n: post("configmaps", config_map(ownerReferences=each(
        n, lambda i: {"apiVersion": "v1", "kind": "A", "name": f"{i:x}", "uid": f"{i:x}"})))
    yield "ownerReferences that occur twice", lambda n: post("configmaps", config_map(ownerReferences=each(
        n, lambda i: {"apiVersion": "v1", "kind": "A", "name": f"{i // 2:x}", "uid": f"{i // 2:x}"})))
    yield "finalizers", lambda n: post("configmaps", config_map(finalizers=each(n, lambda i: f"a.b/{i:x}")))
    yield "finalizers that are wrong", lambda n: post("configmaps", config_map(finalizers=each(n, lambda i: f"{i:x}")))
    yield "labels", lambda n: post("configmaps", config_map(labels={f"{i:x}": "" for i in range(n)}))
    yield "labels that are wrong", lambda n: post("configmaps", config_map(labels={f"-{i:x}": "-" for i in range(n)}))
    yield "annotations that are wrong", lambda n: post("configmaps", config_map(annotations={f"-{i:x}": "-" for i in range(n)}))
    yield "managedFields entries", lambda n: post("configmaps", config_map(managedFields=each(n, lambda i: {
        "manager": f"m{i}", "operation": "Update", "apiVersion": "v1", "time": "2020-01-01T00:00:00Z",
        "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {f"f:k{i}": {}}}})))
    yield "managedFields entries of one apiVersion each", lambda n: post("configmaps", config_map(managedFields=each(n, lambda i: {
        "manager": "m", "operation": "Update", "apiVersion": f"v{i}", "time": "2020-01-01T00:00:00Z",
        "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {"f:k": {}}}})))
    yield "managedFields entries of applications", lambda n: post("configmaps", config_map(managedFields=each(n, lambda i: {
        "manager": f"m{i}", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1",
        "fieldsV1": {"f:data": {"f:k": {}}}})))
    yield "managedFields of keys out of order", lambda n: post("configmaps", config_map(managedFields=[{
        "manager": "m", "operation": "Update", "apiVersion": "v1", "time": "2020-01-01T00:00:00Z", "fieldsType": "FieldsV1",
        "fieldsV1": {f'k:{{"a":{i}}}': {} for i in range(n)}}]))
    yield "keys of a ConfigMap", lambda n: post("configmaps", {**config_map(), "data": {f"{i:x}": "" for i in range(n)}})
    yield "keys of a ConfigMap that are wrong", lambda n: post("configmaps", {**config_map(), "data": {f"/{i:x}": "" for i in range(n)}})
    yield "keys of data and binaryData", lambda n: post("configmaps", {
        **config_map(), "data": {f"{i:x}": "" for i in range(n)}, "binaryData": {f"{i:x}": "" for i in range(n)}})

    # Pods
    yield "empty containers", lambda n: post("pods", pod(containers=[{}] * n))
    yield "containers", lambda n: post("pods", pod(containers=each(n, lambda i: {"name": f"c{i:x}", "image": "i"})))
    yield "containers of one name", lambda n: post("pods", pod(containers=[container()] * n))
    yield "containers beside initContainers", lambda n: post("pods", pod(
        containers=each(n, lambda i: {"name": f"c{i:x}", "image": "i"}), initContainers=each(n, lambda i: {"name": f"c{i:x}", "image": "i"})))
    yield "volumes and mounts", lambda n: post("pods", pod(
        volumes=each(n, lambda i: {"name": f"v{i:x}", "emptyDir": {}}),
        containers=[container(volumeMounts=each(n, lambda i: {"name": f"v{i:x}", "mountPath": f"/{i:x}"}))]))
    yield "volumes and mounts of one path", lambda n: post("pods", pod(
        volumes=each(n, lambda i: {"name": f"v{i:x}", "emptyDir": {}}),
        containers=[container(volumeMounts=each(n, lambda i: {"name": f"v{i:x}", "mountPath": "/"}))]))
    yield "mounts without volumes", lambda n: post("pods", pod(containers=[container(
        volumeMounts=each(n, lambda i: {"name": f"v{i:x}", "mountPath": f"/{i:x}"}))]))
    yield "devices beside mounts", lambda n: post("pods", pod(containers=[container(
        volumeMounts=each(n, lambda i: {"name": f"v{i:x}", "mountPath": f"/{i:x}"}),
        volumeDevices=each(n, lambda i: {"name": f"v{i:x}", "devicePath": f"/{i:x}"}))]))
    yield "empty volumes", lambda n: post("pods", pod(volumes=[{}] * n))
    yield "env", lambda n: post("pods", pod(containers=[container(env=each(n, lambda i: {"name": f"A{i:x}"}))]))
    yield "env that is wrong", lambda n: post("pods", pod(containers=[container(env=each(n, lambda i: {"name": "=", "valueFrom": {}}))]))
    yield "ports of a container", lambda n: post("pods", pod(containers=[container(
        ports=each(n, lambda i: {"name": f"p{i:x}", "containerPort": 1 + i % 65000, "hostPort": 1 + i % 65000}))]))
    yield "ports of many containers", lambda n: post("pods", pod(containers=each(
        n, lambda i: {"name": f"c{i:x}", "image": "i", "ports": [{"containerPort": 1, "hostPort": 1}]})))
    yield "resources", lambda n: post("pods", pod(containers=[container(
        resources={"limits": {f"a/{i:x}": "1" for i in range(n)}, "requests": {f"a/{i:x}": "2" for i in range(n)}})]))
    yield "tolerations", lambda n: post("pods", pod(tolerations=each(n, lambda i: {"key": f"{i:x}", "operator": "Exists"})))
    yield "host aliases", lambda n: post("pods", pod(hostAliases=each(n, lambda i: {"ip": "1", "hostnames": ["_"]})))
    yield "spread constraints", lambda n: post("pods", pod(topologySpreadConstraints=each(n, lambda i: {
        "maxSkew": 1, "topologyKey": f"k{i:x}", "whenUnsatisfiable": "DoNotSchedule"})))
    yield "scheduling gates", lambda n: post("pods", pod(schedulingGates=each(n, lambda i: {"name": f"k{i:x}"})))
    yield "resource claims", lambda n: post("pods", pod(resourceClaims=each(n, lambda i: {"name": f"k{i:x}"})))
    yield "image pull secrets", lambda n: post("pods", pod(imagePullSecrets=each(n, lambda i: {"name": f"k{i // 2:x}"})))
    yield "conditions", lambda n: request("PATCH", "/apis/apps/v1/namespaces/default/deployments/d/status?dryRun=All", {
        "status": {"conditions": each(n, lambda i: {"type": f"a{i:x}", "status": "True"})}}, STRATEGIC_PATCH)

    # Services and their endpoints
    yield "ports of a Service", lambda n: post("services", service(each(n, lambda i: {"name": f"p{i:x}", "port": i + 1})))
    yield "empty ports of a Service", lambda n: post("services", service([{}] * n))
    yield "node ports within the range", lambda n: post("services", service(
        each(min(n, 2600), lambda i: {"name": f"p{i:x}", "port": i + 1}), type="NodePort"))
    yield "node ports beyond the range", lambda n: post("services", service(
        each(n + 2767, lambda i: {"name": f"p{i:x}", "port": i + 1}), type="NodePort"))
    yield "node ports that are named", lambda n: post("services", service(
        each(n, lambda i: {"name": f"p{i:x}", "port": i + 1, "nodePort": 30000 + i}), type="NodePort"))
    yield "externalIPs", lambda n: post("services", service([{"port": 80}], externalIPs=each(n, lambda i: address(8, i))))
    yield "externalIPs that are wrong", lambda n: post("services", service([{"port": 80}], externalIPs=each(n, lambda i: "x")))
    yield "source ranges", lambda n: post("services", service(
        [{"port": 80}], type="LoadBalancer", loadBalancerSourceRanges=each(n, lambda i: address(8, i) + "/32")))
    yield "cluster IPs", lambda n: post("services", service([{"port": 80}], clusterIPs=each(n, lambda i: address(10, i))))
    yield "addresses of a slice", lambda n: request(
        "POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?dryRun=All",
        {"metadata": {"name": "a"}, "addressType": "IPv4", "endpoints": each(n, lambda i: {"addresses": [address(11, i)]})})
    yield "addresses of one endpoint", lambda n: request(
        "POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?dryRun=All",
        {"metadata": {"name": "a"}, "addressType": "IPv4", "endpoints": [{"addresses": each(n, lambda i: address(11, i))}]})
    yield "addresses of Endpoints", lambda n: post("endpoints", {"metadata": {"name": "a"}, "subsets": [
        {"ports": [{"port": 80}], "addresses": each(n, lambda i: {"ip": address(11, i)})}]})
    yield "subsets of Endpoints", lambda n: post("endpoints", {"metadata": {"name": "a"}, "subsets": each(
        n, lambda i: {"ports": [{"port": 80}], "addresses": [{"ip": address(11, i)}]})})
    yield "ports of Endpoints", lambda n: post("endpoints", {"metadata": {"name": "a"}, "subsets": [
        {"ports": each(n, lambda i: {"name": f"p{i:x}", "port": 1 + i % 65000}), "addresses": [{"ip": "11.0.0.1"}]}]})
    yield "addresses with ports of their own", lambda n: post("endpoints", {"metadata": {"name": "a"}, "subsets": each(
        n, lambda i: {"ports": [{"port": 1 + i % 65000}], "addresses": [{"ip": address(11, i)}]})})

    yield from patches()
    yield from selectors()
    yield from definitions()


def patches():
    yield "JSON patch that inserts in front", lambda n: patch(
        "configmaps/z", '[{"op":"add","path":"/x","value":[%s]}%s,{"op":"remove","path":"/x"}]' % (
            ",".join("0" * (50 * n)), ',{"op":"add","path":"/x/0","value":0}' * min(n, 9900)), JSON_PATCH)
    yield "JSON patch that appends", lambda n: patch(
        "configmaps/z", '[{"op":"add","path":"/x","value":[%s]}%s,{"op":"remove","path":"/x"}]' % (
            ",".join("0" * (50 * n)), ',{"op":"add","path":"/x/-","value":0}' * min(n, 9900)), JSON_PATCH)
    yield "JSON patch that replaces below a list", lambda n: patch(
        "configmaps/z", '[{"op":"add","path":"/x","value":[%s]}%s,{"op":"remove","path":"/x"}]' % (
            ",".join(["{}"] * (50 * n)), ',{"op":"add","path":"/x/0/a","value":0}' * min(n, 9900)), JSON_PATCH)
    yield "JSON patch of a wide object", lambda n: patch(
        "configmaps/z", '[{"op":"add","path":"/x","value":{%s}}%s,{"op":"remove","path":"/x"}]' % (
            joined(20 * n, lambda i: f'"{i:x}":0'), joined(min(n, 9900), lambda i: f',{{"op":"add","path":"/x/!{i}","value":0}}', "")), JSON_PATCH)
    yield "JSON patch that moves within a list", lambda n: patch(
        "configmaps/z", '[{"op":"add","path":"/x","value":[%s]}%s,{"op":"remove","path":"/x"}]' % (
            ",".join("0" * (50 * n)), ',{"op":"move","from":"/x/0","path":"/x/-"}' * min(n, 9900)), JSON_PATCH)
    yield "JSON patch that tests a list", lambda n: patch(
        "configmaps/z", '[{"op":"add","path":"/x","value":[%s]}%s,{"op":"remove","path":"/x"}]' % (
            ",".join("0" * (20 * n)), ',{"op":"test","path":"/x/0","value":0}' * min(n, 9900)), JSON_PATCH)
    yield "JSON patch with long pointers", lambda n: patch(
        "configmaps/z", '[{"op":"add","path":"/x","value":%s1%s}%s,{"op":"remove","path":"/x"}]' % (
            '{"a":' * 300, "}" * 300, (',{"op":"add","path":"/x%s/b","value":0}' % ("/a" * 299)) * min(n // 10, 9900)), JSON_PATCH)
    yield "JSON patch that copies", lambda n: patch(
        "configmaps/z", '[{"op":"add","path":"/x","value":[%s]}%s,{"op":"remove","path":"/x"}]' % (
            ",".join("0" * 100), ',{"op":"copy","from":"/x","path":"/y"}' * min(n, 9900)), JSON_PATCH)
    yield "JSON patch of unknown members", lambda n: patch(
        "configmaps/z", "[%s]" % joined(min(n, 9900), lambda i: '{"op":"test","path":"/kind","value":"ConfigMap","a":1,"a":2,"b":3}'), JSON_PATCH)
    yield "JSON patch of one operation with many unknown members", lambda n: patch(
        "configmaps/z", '[{"op":"test","path":"/kind","value":"ConfigMap",%s}]' % joined(n, lambda i: f'"a{i}":1,"a{i}":2'), JSON_PATCH)
    yield "merge patch", lambda n: patch("configmaps/z", {"data": {f"k{i:x}": "a" for i in range(n)}}, MERGE_PATCH)
    yield "merge patch whose keys occur twice", lambda n: patch(
        "configmaps/z", '{"data":{%s}}' % joined(n, lambda i: f'"{i:x}":1,"{i:x}":1'), MERGE_PATCH)
    yield "strategic merge: $setElementOrder", lambda n: patch("configmaps/z", {"metadata": {
        "$setElementOrder/finalizers": each(n, lambda i: f"a/{i:x}"), "finalizers": each(n, lambda i: f"a/{i:x}")}}, STRATEGIC_PATCH)
    yield "strategic merge: a list of texts", lambda n: patch(
        "configmaps/z", {"metadata": {"finalizers": each(n, lambda i: f"a/{i:x}")}}, STRATEGIC_PATCH)
    yield "strategic merge: $deleteFromPrimitiveList", lambda n: patch("configmaps/z", {"metadata": {
        "$deleteFromPrimitiveList/finalizers": each(n, lambda i: f"a/{i:x}"), "finalizers": each(n, lambda i: f"a/{i:x}")}}, STRATEGIC_PATCH)
    yield "strategic merge: $retainKeys", lambda n: patch("configmaps/z", {"data": {
        "$retainKeys": each(n, lambda i: f"k{i:x}"), **{f"k{i:x}": "a" for i in range(n)}}}, STRATEGIC_PATCH)

    def env(n, **more):
        spec = {"containers": [{"name": "c", "env": each(n, lambda i: {"name": f"A{i:x}", **more})}]}
        return request("PATCH", "/apis/apps/v1/namespaces/default/deployments/d?dryRun=All",
                       {"spec": {"template": {"spec": spec}}}, STRATEGIC_PATCH)

    yield "strategic merge: env", lambda n: env(n, value="x")
    yield "strategic merge: elements that are deleted", lambda n: env(n, **{"$patch": "delete"})
    yield "strategic merge: order of env", lambda n: request(
        "PATCH", "/apis/apps/v1/namespaces/default/deployments/d?dryRun=All", {"spec": {"template": {"spec": {"containers": [
            {"name": "c", "$setElementOrder/env": each(n, lambda i: {"name": f"A{i:x}"}),
             "env": each(n, lambda i: {"name": f"A{i:x}", "value": "x"})}]}}}}, STRATEGIC_PATCH)
    yield "strategic merge: elements of different kinds", lambda n: patch(
        "configmaps/z", {"metadata": {"finalizers": each(n, lambda i: f"a/{i:x}" if i else 1)}}, STRATEGIC_PATCH)
    yield "apply: ports of a Service", lambda n: patch(
        "services/a", service(each(n, lambda i: {"port": i + 1, "protocol": "TCP"})), APPLY_PATCH)
    yield "apply: ports that occur twice", lambda n: patch(
        "services/a", service(each(n, lambda i: {"port": 1 + i // 2, "protocol": "TCP"})), APPLY_PATCH)
    yield "apply: keys of a ConfigMap", lambda n: patch(
        "configmaps/a", {**config_map(), "data": {f"{i:x}": "" for i in range(n)}}, APPLY_PATCH)
    yield "apply: finalizers", lambda n: patch("configmaps/a", config_map(finalizers=each(n, lambda i: f"a/{i:x}")), APPLY_PATCH)
    yield "apply: unknown fields", lambda n: patch("configmaps/a", {**config_map(), **{f"x{i}": 1 for i in range(n)}}, APPLY_PATCH)
    yield "apply: values of a wrong type", lambda n: patch(
        "configmaps/a", {**config_map(), "data": {f"x{i}": {} for i in range(n)}}, APPLY_PATCH)
    yield "apply: env", lambda n: request(
        "PATCH", "/apis/apps/v1/namespaces/default/deployments/e?dryRun=All&fieldManager=m",
        {**deployment(containers=[container(env=each(n, lambda i: {"name": f"A{i:x}"}))]), "metadata": {"name": "e"}}, APPLY_PATCH)


def selectors():
    def listed(query):
        return request("GET", f"{CORE}configmaps?{query}", b"")

    yield "label selector of many requirements", lambda n: listed("labelSelector=" + ",".join(["!x"] * n))
    yield "label selector of many keys", lambda n: listed("labelSelector=" + joined(n, lambda i: f"!x{i:x}"))
    yield "label selector of many values", lambda n: listed("labelSelector=a+notin+(" + joined(n, lambda i: f"{i:x}") + ")")
    yield "label selector of wrong values", lambda n: listed("labelSelector=a+in+(" + joined(n, lambda i: f"{i:x}*") + ")")
    yield "field selector of many requirements", lambda n: listed("fieldSelector=" + ",".join(["metadata.name!=x"] * n))
    yield "many query parameters", lambda n: listed("a&" * n)
    yield "query of escapes", lambda n: listed("labelSelector=a=" + "%41" * n)


def definitions():
    def define(spec, **version):
        return request("POST", DEFINITIONS + "?dryRun=All", definition(spec, **version))

    yield "properties of a definition", lambda n: define(
        {"type": "object", "properties": {f"p{i:x}": {"type": "string", "default": "d"} for i in range(n)}})
    yield "properties that are wrong", lambda n: define(
        {"type": "object", "properties": {f"p{i:x}": {} for i in range(n)}})
    yield "wrong properties below a long one", lambda n: define(
        {"type": "object", "properties": {"k" * (20 * n): {"type": "object", "properties": {f"p{i:x}": {} for i in range(n)}}}})
    yield "versions of a definition", lambda n: request("POST", DEFINITIONS + "?dryRun=All", (lambda body: {
        **body, "spec": {**body["spec"], "versions": each(n, lambda i: dict(
            body["spec"]["versions"][0], name=f"v{i + 1}", storage=i == 0))}})(definition({"type": "object"})))
    yield "printer columns", lambda n: define({"type": "object"}, additionalPrinterColumns=each(
        n, lambda i: {"name": f"c{i}", "type": "string", "jsonPath": ".spec.a"}))
    yield "printer columns that are wrong", lambda n: define({"type": "object"}, additionalPrinterColumns=[{}] * n)
    yield "selectable fields", lambda n: define({"type": "object"}, selectableFields=each(n, lambda i: {"jsonPath": f".spec.a{i}"}))
    yield "required and enum of a definition", lambda n: define(
        {"type": "object", "required": each(n, lambda i: f"k{i}"), "enum": each(n, lambda i: f"k{i}")})
    yield "rules of a definition", lambda n: define({"type": "object", "x-kubernetes-validations": [{}] * n})


# Every field of every kind

def schemas():
    found = {}
    for file in sorted(glob.glob(os.path.join(ROOT, "openapi", "*.json"))):
        with open(file) as text:
            found.update(json.load(text)["components"]["schemas"])
    return found


# Where objects of a kind are created, and a valid object to which the growing field is added.
KINDS = {
    "io.k8s.api.core.v1.Pod": ("/api/v1/namespaces/default/pods", pod()),
    "io.k8s.api.core.v1.Service": ("/api/v1/namespaces/default/services", service([{"port": 80}])),
    "io.k8s.api.core.v1.Endpoints": ("/api/v1/namespaces/default/endpoints", {}),
    "io.k8s.api.core.v1.Node": ("/api/v1/nodes", {}),
    "io.k8s.api.core.v1.Namespace": ("/api/v1/namespaces", {}),
    "io.k8s.api.core.v1.ConfigMap": ("/api/v1/namespaces/default/configmaps", {}),
    "io.k8s.api.core.v1.Secret": ("/api/v1/namespaces/default/secrets", {}),
    "io.k8s.api.core.v1.Event": ("/api/v1/namespaces/default/events", {"involvedObject": {"namespace": "default"}}),
    "io.k8s.api.core.v1.ServiceAccount": ("/api/v1/namespaces/default/serviceaccounts", {}),
    "io.k8s.api.core.v1.LimitRange": ("/api/v1/namespaces/default/limitranges", {}),
    "io.k8s.api.core.v1.ResourceQuota": ("/api/v1/namespaces/default/resourcequotas", {}),
    "io.k8s.api.core.v1.PersistentVolumeClaim": ("/api/v1/namespaces/default/persistentvolumeclaims", {
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1"}}}}),
    "io.k8s.api.core.v1.PodTemplate": ("/api/v1/namespaces/default/podtemplates", {"template": pod()}),
    "io.k8s.api.apps.v1.Deployment": ("/apis/apps/v1/namespaces/default/deployments", deployment()),
    "io.k8s.api.apps.v1.ReplicaSet": ("/apis/apps/v1/namespaces/default/replicasets", deployment()),
    "io.k8s.api.apps.v1.StatefulSet": ("/apis/apps/v1/namespaces/default/statefulsets", deployment()),
    "io.k8s.api.apps.v1.DaemonSet": ("/apis/apps/v1/namespaces/default/daemonsets", deployment()),
    "io.k8s.api.apps.v1.ControllerRevision": ("/apis/apps/v1/namespaces/default/controllerrevisions", {}),
    "io.k8s.api.batch.v1.Job": ("/apis/batch/v1/namespaces/default/jobs", {"spec": {"template": pod(restartPolicy="Never")}}),
    "io.k8s.api.batch.v1.CronJob": ("/apis/batch/v1/namespaces/default/cronjobs", {
        "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": pod(restartPolicy="Never")}}}}),
    "io.k8s.api.discovery.v1.EndpointSlice": (
        "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", {"addressType": "IPv4"}),
    "io.k8s.api.events.v1.Event": ("/apis/events.k8s.io/v1/namespaces/default/events", {}),
    "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler": (
        "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers",
        {"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "d"}, "maxReplicas": 3}}),
    "io.k8s.api.coordination.v1.Lease": ("/apis/coordination.k8s.io/v1/namespaces/default/leases", {}),
    "io.k8s.api.networking.v1.Ingress": ("/apis/networking.k8s.io/v1/namespaces/default/ingresses", {}),
    "io.k8s.api.networking.v1.NetworkPolicy": ("/apis/networking.k8s.io/v1/namespaces/default/networkpolicies", {}),
    "io.k8s.api.networking.v1.ServiceCIDR": ("/apis/networking.k8s.io/v1/servicecidrs", {}),
    "io.k8s.api.networking.v1.IPAddress": ("/apis/networking.k8s.io/v1/ipaddresses", {}),
    "io.k8s.api.policy.v1.PodDisruptionBudget": ("/apis/policy/v1/namespaces/default/poddisruptionbudgets", {}),
    "io.k8s.api.rbac.v1.Role": ("/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles", {}),
    "io.k8s.api.rbac.v1.RoleBinding": ("/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", {}),
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition": (
        DEFINITIONS, definition({"type": "object"})),
}

TEXTS = {"letters": "a", "dots": "a.", "dashes": "-", "slashes": "/a", "digits": "9", "blanks": " ", "accents": "e\u0301", "escapes": "\u0001",
         "colons": "1:", "commas": "a,", "dollars": "$(", "percents": "%41"}


class Walk:
    """The places of a kind's object where something can grow."""

    def __init__(self):
        self.types = schemas()

    def resolve(self, schema):
        while True:
            if "$ref" in schema:
                name = schema["$ref"].rsplit("/", 1)[1]
                schema = self.types.get(name, {})
            elif "allOf" in schema:
                schema = schema["allOf"][0]
            else:
                return schema

    def places(self, schema, path=(), names=(), depth=0):
        """(path, schema) of every list, map and text. Path steps: a field's name, 0 in a list, "*" in a map."""
        name = schema.get("$ref") or (schema.get("allOf") or [{}])[0].get("$ref")
        if name and names.count(name) > 0 or depth > 14:
            return
        names = names + (name,) if name else names
        schema = self.resolve(schema)
        kind = schema.get("type")
        if kind == "array":
            yield path, schema
            yield from self.places(schema.get("items", {}), path + (0,), names, depth + 1)
        elif kind == "object" and "additionalProperties" in schema:
            yield path, schema
            if isinstance(schema["additionalProperties"], dict):
                yield from self.places(schema["additionalProperties"], path + ("*",), names, depth + 1)
        elif kind == "string":
            yield path, schema
        for field, inner in schema.get("properties", {}).items():
            if path + (field,) in (("kind",), ("apiVersion",), ("metadata", "name"), ("metadata", "namespace"), ("metadata", "resourceVersion")):
                continue
            yield from self.places(inner, path + (field,), names, depth + 1)

    def filled(self, schema, i, depth=0):
        """A value of a type that differs for every i."""
        schema = self.resolve(schema)
        kind = schema.get("type")
        if "enum" in schema:
            return schema["enum"][i % len(schema["enum"])]
        if kind == "string":
            return "2020-01-01T00:00:00Z" if schema.get("format") == "date-time" else f"n{i:x}"
        if kind in ("integer", "number"):
            return i + 1
        if kind == "boolean":
            return i % 2 == 0
        if kind == "array":
            return [self.filled(schema.get("items", {}), i, depth + 1)] if depth < 3 else []
        if kind == "object" and "additionalProperties" in schema:
            inner = schema["additionalProperties"]
            return {f"k{i:x}": self.filled(inner, i, depth + 1)} if depth < 3 and isinstance(inner, dict) else {}
        if "properties" in schema:
            if depth >= 3:
                return {}
            return {name: self.filled(field, i, depth + 1) for name, field in schema["properties"].items() if depth < 1 or "name" in name.lower() or field.get("type") in ("string", "integer")}
        return f"{i + 1}" if "Quantity" in str(schema) else i + 1 if kind is None and "oneOf" in schema else {}


def put(tree, path, value):
    """The tree with a value at a path; missing parents are created."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if step == 0:
        rest_of_list = tree[1:] if isinstance(tree, list) else []
        return [put(tree[0] if isinstance(tree, list) and tree else {}, rest, value)] + rest_of_list
    key = "k" if step == "*" else step
    tree = dict(tree) if isinstance(tree, dict) else {}
    tree[key] = put(tree.get(key), rest, value)
    return tree


def generated(numbers):
    """(name, n → request) for every place of every kind in every way."""
    walk = Walk()
    for type_name, (path, base) in KINDS.items():
        schema = walk.types[type_name]
        identity = schema["x-kubernetes-group-version-kind"][0]
        version = "/".join(filter(None, [identity["group"], identity["version"]]))
        base = {**base, "apiVersion": version, "kind": identity["kind"], "metadata": {**base.get("metadata", {}), "name": "a.b" if path == DEFINITIONS else "a"}}
        if path == DEFINITIONS:
            base["metadata"]["name"] = "foos.x.io"
        places = list(walk.places(schema))
        lists = [(place, inner) for place, inner in places if inner.get("type") == "array"]
        for place, inner in places:
            label = identity["kind"] + " " + ".".join("[]" if step == 0 else str(step) for step in place)
            if inner.get("type") == "string":
                text = numbers.choice(sorted(TEXTS))
                yield sent(numbers, f"{label} of {text}", path, base, place, lambda n, t=TEXTS[text]: t * n)
            elif inner.get("type") == "array":
                element = inner.get("items", {})
                empty = {"object": {}, "string": "", "array": []}.get(walk.resolve(element).get("type"), 0)
                yield sent(numbers, f"{label} of empty elements", path, base, place, lambda n, e=empty: [e] * n)
                yield sent(numbers, f"{label} of equal elements", path, base, place, lambda n, e=element: [walk.filled(e, 1)] * n)
                yield sent(numbers, f"{label} of distinct elements", path, base, place,
                           lambda n, e=element: [walk.filled(e, i) for i in range(n)])
                other, other_schema = numbers.choice(lists)
                if other[:len(place)] != place and place[:len(other)] != other:
                    both = ".".join("[]" if step == 0 else str(step) for step in other)
                    name, make = sent(numbers, f"{label} beside {both}", path, base, place,
                                      lambda n, e=element: [walk.filled(e, i) for i in range(n)],
                                      also=(other, lambda n, e=other_schema.get("items", {}): [walk.filled(e, i) for i in range(n)]))
                    yield name, make
            else:
                element = inner.get("additionalProperties")
                element = element if isinstance(element, dict) else {}
                yield sent(numbers, f"{label} of many keys", path, base, place,
                           lambda n, e=element: {f"k{i:x}": walk.filled(e, i) for i in range(n)})


def sent(numbers, label, path, base, place, value, also=None):
    """One of the many ways in which a body can be sent."""
    way = numbers.choice(["JSON", "JSON", "YAML", "apply", "protobuf"] if not also else ["JSON", "apply"])
    if way == "protobuf":
        way = "JSON"

    def make(n):
        body = put(base, place, value(n))
        if also:
            body = put(body, also[0], also[1](n))
        if way == "apply":
            return request("PATCH", f"{path}/{base['metadata']['name']}?dryRun=All&fieldManager=m", body, APPLY_PATCH)
        if way == "YAML":
            return request("POST", f"{path}?dryRun=All", yaml(body), YAML)
        return request("POST", f"{path}?dryRun=All", body)

    return f"{label}, {way}", make


def yaml(value, depth=0):
    """Block style, one line for each scalar."""
    pad = "  " * depth
    if isinstance(value, dict) and value:
        return "".join(f"\n{pad}{json.dumps(k)}: {yaml(v, depth + 1)}" for k, v in value.items())
    if isinstance(value, list) and value:
        return "".join(f"\n{pad}- {yaml(v, depth + 1)}" for v in value)
    return json.dumps(value)

import FairleadModel
import Testing

@testable import FairleadRules

/// Rules of pods that no recorded scenario shows.
struct PodValidationTests {
    private func pod(_ spec: Value, container: Value) -> Value {
        var whole: Value = ["name": "c", "image": "img:1"]
        for member in container.object ?? Object() { whole[member.key] = member.value }
        var pod: Value = ["metadata": ["name": "p"], "spec": ["containers": [whole]]]
        for member in spec.object ?? Object() { pod.set(member.value, at: "spec", member.key) }
        PodSpecDefaults.apply(toPod: &pod)
        return pod
    }

    private func errors(_ spec: Value, container: Value = .object(Object())) -> [String] {
        PodSpecValidation(allowsPrivileged: true).errors(ofNewPod: pod(spec, container: container)).map(\.description)
    }

    @Test(
        arguments: [
            (
                ["resources": ["requests": ["cpu": "2", "memory": "1Gi"], "limits": ["cpu": "1"]]],
                ["resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1"]
            ),
            (
                ["resources": ["limits": ["hugepages-2Mi": "2Mi"]]],
                ["resources: Forbidden: HugePages require cpu or memory"]
            ),
            (
                ["resources": ["limits": ["example.com/gpu": "1500m"]]],
                [
                    "resources.limits[example.com/gpu]: Invalid value: \"1500m\": must be an integer",
                    "resources.requests[example.com/gpu]: Invalid value: \"1500m\": must be an integer",
                ]
            ),
            (
                ["env": [["name": "A=B", "valueFrom": ["fieldRef": ["fieldPath": "metadata.foo"]]]]],
                [
                    "env[0].name: Invalid value: \"A=B\": a valid environment variable name must consist only of "
                        + "printable ASCII characters other than '='",
                    "env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"metadata.foo\": error converting "
                        + "fieldPath: field label not supported: metadata.foo",
                ]
            ),
            (
                ["terminationMessagePolicy": "x", "imagePullPolicy": "y"],
                [
                    "imagePullPolicy: Unsupported value: \"y\": supported values: \"Always\", \"IfNotPresent\", "
                        + "\"Never\"",
                    "terminationMessagePolicy: Unsupported value: \"x\": supported values: "
                        + "\"File\", \"FallbackToLogsOnError\"",
                ]
            ),
            (
                ["volumeDevices": [["name": "v", "devicePath": "/dev/x"]]],
                ["volumeDevices[0].name: Not found: \"v\""]
            ),
        ] as [(Value, [String])])
    func container(_ container: Value, expected: [String]) {
        #expect(
            errors(.object(Object()), container: container).sorted()
                == expected.map { "spec.containers[0].\($0)" }.sorted())
    }

    @Test(
        arguments: [
            (
                ["activeDeadlineSeconds": 0],
                ["spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"]
            ),
            (
                ["hostAliases": [["ip": "x", "hostnames": ["A"]]]],
                [
                    "spec.hostAliases[0].ip: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or "
                        + "2001:db8::ffff)",
                    "spec.hostAliases[0].hostnames[0]: Invalid value: \"A\": " + NameRules.dns1123Subdomain("A")[0],
                ]
            ),
            (
                ["securityContext": ["sysctls": [["name": "kernel.shm"], ["name": "kernel.shm"]]]],
                ["spec.securityContext.sysctls[1].name: Duplicate value: \"kernel.shm\""]
            ),
        ] as [(Value, [String])])
    func spec(_ spec: Value, expected: [String]) {
        #expect(errors(spec) == expected)
    }
}

import FairleadModel
import Testing

@testable import FairleadAdmission

struct PodSecurityTests {
    private static func namespace(_ labels: [String: String]) -> Value {
        let full = labels.map { ("pod-security.kubernetes.io/" + $0.key, Value.string($0.value)) }
        return ["metadata": ["name": "n", "labels": .object(Object(full))]]
    }

    private static func pod(_ spec: Value = [:], container: Value = [:]) -> Value {
        var spec = spec
        var first = container
        first["name"] = "c"
        first["image"] = "i"
        spec["containers"] = [first]
        return ["metadata": ["name": "p"], "spec": spec]
    }

    private static let confined: Value = [
        "allowPrivilegeEscalation": false, "capabilities": ["drop": ["ALL"]], "runAsNonRoot": true,
        "seccompProfile": ["type": "RuntimeDefault"],
    ]

    private func denial(_ pod: Value, _ labels: [String: String]) -> String? {
        PodSecurity.review(pod: pod, old: nil, namespace: Self.namespace(labels)).denial
    }

    @Test func withoutLabelsNothingIsRefused() {
        #expect(
            PodSecurity.review(pod: Self.pod(["hostNetwork": true]), old: nil, namespace: Self.namespace([:]))
                == .init())
    }

    private typealias Case = (spec: Value, container: Value, words: String)

    private static let cases: [Case] = [
        (["hostPID": true, "hostIPC": true], [:], "host namespaces (hostPID=true, hostIPC=true)"),
        ([:], ["ports": [["hostPort": 80], ["hostPort": 81]]], "hostPort (container \"c\" uses hostPorts 80, 81)"),
        (
            [:], ["securityContext": ["privileged": true]],
            "privileged (container \"c\" must not set securityContext.privileged=true)"
        ),
        (
            ["volumes": [["name": "h", "hostPath": ["path": "/"]], ["name": "g", "hostPath": ["path": "/"]]]], [:],
            "hostPath volumes (volumes \"h\", \"g\")"
        ),
        (
            ["securityContext": ["seLinuxOptions": ["type": "x", "user": "u", "role": "r"]]], [:],
            "seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type \"x\"; user may not be set; role may not be set)"
        ),
        (
            [:], ["livenessProbe": ["httpGet": ["host": "h"]], "lifecycle": ["preStop": ["tcpSocket": ["host": "g"]]]],
            "probe or lifecycle host (container \"c\" uses probe or lifecycle hosts \"g\", \"h\")"
        ),
        (
            ["securityContext": ["appArmorProfile": ["type": "Unconfined"]]], [:],
            "forbidden AppArmor profile (pod must not set AppArmor profile type to \"Unconfined\")"
        ),
        (
            ["securityContext": ["windowsOptions": ["hostProcess": true]]], [:],
            "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)"
        ),
        (
            [:], ["securityContext": ["procMount": "Unmasked"]],
            "procMount (container \"c\" must not set securityContext.procMount to \"Unmasked\")"
        ),
        (
            ["securityContext": ["sysctls": [["name": "net.ipv4.tcp_rmem"], ["name": "a.b"]]]], [:],
            "forbidden sysctls (a.b)"
        ),
    ]

    @Test(arguments: cases.indices)
    func baselineRefuses(index: Int) {
        let (spec, container, words) = Self.cases[index]
        #expect(
            denial(Self.pod(spec, container: container), ["enforce": "baseline"])
                == "violates PodSecurity \"baseline:latest\": " + words)
    }

    @Test func olderVersionsKnowLess() {
        let probing = Self.pod(container: ["livenessProbe": ["httpGet": ["host": "h"]]])
        #expect(denial(probing, ["enforce": "baseline", "enforce-version": "v1.33"]) == nil)
        #expect(denial(probing, ["enforce": "baseline", "enforce-version": "v1.34"]) != nil)
        let tuned = Self.pod(["securityContext": ["sysctls": [["name": "net.ipv4.tcp_rmem"]]]])
        #expect(
            denial(tuned, ["enforce": "baseline", "enforce-version": "v1.31"])
                == "violates PodSecurity \"baseline:v1.31\": forbidden sysctls (net.ipv4.tcp_rmem)")
    }

    @Test func restrictedReplacesControlsOfBaseline() {
        let volumes = Self.pod(
            ["volumes": [["name": "h", "hostPath": ["path": "/"]]]], container: ["securityContext": Self.confined])
        #expect(
            denial(volumes, ["enforce": "restricted"])
                == "violates PodSecurity \"restricted:latest\": restricted volume types (volume \"h\" uses restricted volume type \"hostPath\")"
        )
        #expect(denial(Self.pod(container: ["securityContext": Self.confined]), ["enforce": "restricted"]) == nil)
    }

    @Test func usersOfAnotherNamespaceMayBeRoot() {
        var context = Self.confined
        context["runAsNonRoot"] = false
        context["runAsUser"] = 0
        let pod = Self.pod(["hostUsers": false], container: ["securityContext": context])
        #expect(denial(pod, ["enforce": "restricted"]) == nil)
        let older = denial(pod, ["enforce": "restricted", "enforce-version": "v1.34"])
        #expect(older?.contains("runAsUser=0") == true && older?.contains("runAsNonRoot != true") == true)
    }

    @Test func enforcementWarnsAboutWorkloads() {
        let resource = GroupResource(group: "apps", resource: "deployments")
        let workload: Value = ["spec": ["template": Self.pod(["hostNetwork": true])]]
        let outcome = PodSecurity.review(
            workload: workload, resource, namespace: Self.namespace(["enforce": "baseline"]))
        #expect(outcome.denial == nil)
        #expect(
            outcome.warnings == ["would violate PodSecurity \"baseline:latest\": host namespaces (hostNetwork=true)"])
        let quiet = Self.namespace(["enforce": "baseline", "warn": "privileged"])
        #expect(PodSecurity.review(workload: workload, resource, namespace: quiet).warnings.isEmpty)
    }

    @Test func updatesCountOnlyIfImagesChange() {
        let namespace = Self.namespace(["enforce": "restricted"])
        let old = Self.pod()
        var labelled = old
        labelled.set("x", at: "metadata", "labels", "a")
        #expect(PodSecurity.review(pod: labelled, old: old, namespace: namespace).denial == nil)
        var renewed = old
        renewed.set([["name": "c", "image": "other"]], at: "spec", "containers")
        #expect(PodSecurity.review(pod: renewed, old: old, namespace: namespace).denial != nil)
    }

    @Test func labelsAreChecked() {
        let bad = Self.namespace(["warn": "odd", "audit-version": "v1.01", "enforce-version": "v1"])
        #expect(
            PodSecurity.errors(ofNamespace: bad, old: nil).map(\.field) == [
                "metadata.labels[pod-security.kubernetes.io/enforce-version]",
                "metadata.labels[pod-security.kubernetes.io/audit-version]",
                "metadata.labels[pod-security.kubernetes.io/warn]",
            ])
        #expect(PodSecurity.errors(ofNamespace: bad, old: bad).isEmpty)
    }

    @Test func stricterLabelsWarnAboutPods() {
        var (a, b, c) = (Self.pod(["hostNetwork": true]), Self.pod(["hostNetwork": true]), Self.pod())
        a.name = "b"
        b.name = "a"
        c.name = "c"
        let warnings = PodSecurity.warnings(
            forNamespace: Self.namespace(["enforce": "baseline"]), old: Self.namespace([:])
        ) { [a, b, c] }
        #expect(
            warnings == [
                "existing pods in namespace \"n\" violate the new PodSecurity enforce level \"baseline:latest\"",
                "a (and 1 other pod): host namespaces",
            ])
        let relaxed = PodSecurity.warnings(
            forNamespace: Self.namespace(["enforce": "baseline"]), old: Self.namespace(["enforce": "restricted"])
        ) { [a] }
        #expect(relaxed.isEmpty)
    }
}

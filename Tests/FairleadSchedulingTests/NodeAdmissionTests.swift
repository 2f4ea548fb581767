import FairleadModel
import Testing

@testable import FairleadScheduling

/// What a kubelet says of pods that were bound by hand.
@Suite struct NodeAdmissionTests {
    private let node = Sample.node("n1", cpu: "1", pods: "2", labels: ["disk": "hdd"])

    @Test func resourcesAreCountedFirst() {
        var admission = NodeAdmission()
        admission.note(Sample.pod("a", cpu: "100m"), on: "n1")
        #expect(
            admission.admit(Sample.pod("b", cpu: "2"), on: node)
                == .init(
                    reason: "OutOfcpu",
                    message: "Node didn't have enough resource: cpu, requested: 2000, used: 100, capacity: 1000"))
        #expect(admission.admit(Sample.pod("c"), on: node) == nil)
        #expect(admission.admit(Sample.pod("c"), on: node) == nil, "asked again")
        #expect(
            admission.admit(Sample.pod("d"), on: node)
                == .init(
                    reason: "OutOfpods",
                    message: "Node didn't have enough resource: pods, requested: 1, used: 2, capacity: 2"))
        admission.forget("uid-c")
        #expect(admission.admit(Sample.pod("d"), on: node) == nil)
    }

    @Test func labelsPortsAndTaintsFollow() {
        var admission = NodeAdmission()
        var choosy = Sample.pod("choosy")
        choosy.set(["disk": "ssd"], at: "spec", "nodeSelector")
        #expect(
            admission.admit(choosy, on: node)
                == .init(
                    reason: "NodeAffinity",
                    message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"))
        var first = Sample.pod("first")
        first.set([["name": "c", "ports": [["hostPort": 80]]]], at: "spec", "containers")
        #expect(admission.admit(first, on: node) == nil)
        var second = first
        second.uid = "second"
        #expect(
            admission.admit(second, on: node)
                == .init(
                    reason: "NodePorts",
                    message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"))
        let tainted = Sample.node("n2", taints: [["key": "k", "effect": "NoExecute"]])
        #expect(admission.admit(Sample.pod("x"), on: tainted)?.reason == "TaintToleration")
        let avoided = Sample.node("n3", taints: [["key": "k", "effect": "NoSchedule"]])
        #expect(admission.admit(Sample.pod("x"), on: avoided) == nil, "a kubelet does not care for these")
        var foreign = Sample.pod("foreign")
        foreign.set("windows", at: "spec", "os", "name")
        #expect(admission.admit(foreign, on: node)?.reason == "PodOSNotSupported")
    }

    @Test func resourcesThatTheNodeDoesNotKnowAreIgnored() {
        var admission = NodeAdmission()
        var pod = Sample.pod("x")
        pod.set(
            [["name": "c", "resources": ["requests": ["example.com/gpu": "2"]]]], at: "spec", "containers")
        #expect(admission.admit(pod, on: node) == nil)
        var other = Sample.node("n4")
        other.set("1", at: "status", "allocatable", "example.com/gpu")
        #expect(admission.admit(pod, on: other)?.reason == "OutOfexample.com/gpu")
    }
}

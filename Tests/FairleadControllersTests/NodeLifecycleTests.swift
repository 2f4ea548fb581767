import FairleadClientTesting
import FairleadModel
import Testing

@testable import FairleadControllers

struct NodeLifecycleTests {
    private let now = Timestamp(seconds: 1_767_225_600)
    private let limits = NodeHealth.Limits(grace: .seconds(40), startup: .seconds(60))

    @Test(arguments: [
        (ready: "True" as String?, taints: [] as [String]),
        ("False", ["node.kubernetes.io/not-ready:NoSchedule", "node.kubernetes.io/not-ready:NoExecute"]),
        ("Unknown", ["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"]),
        (nil, []),
    ])
    func taintsFollowTheReadyCondition(ready: String?, taints: [String]) {
        let admitted: Value = ["key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"]
        let other: Value = ["key": "mine", "effect": "NoSchedule"]
        let node = NodeView(ServiceFixture.node(ready: ready, taints: [other, admitted]))
        let desired = NodeTaints.desired(node, now: now).map { "\($0.key):\($0.effect)" }
        #expect(desired == ["mine:NoSchedule"] + taints)
    }

    @Test func cordoningTaintsWithTheTime() {
        var node = ServiceFixture.node()
        node.set(true, at: "spec", "unschedulable")
        let desired = NodeTaints.desired(NodeView(node), now: now)
        #expect(
            desired == [Taint(key: NodeTaints.unschedulable, effect: "NoSchedule", timeAdded: "2026-01-01T00:00:00Z")])
    }

    @Test func aSilentNodeBecomesUnknownOnce() {
        let node = ServiceFixture.node()
        #expect(
            NodeHealth.verdict(NodeView(node), silence: .seconds(30), limits: limits, now: now)
                == .heard(lookAgainAfter: .seconds(10)))
        guard
            case .silent(let conditions) = NodeHealth.verdict(
                NodeView(node), silence: .seconds(40), limits: limits, now: now)
        else {
            Issue.record("the silence went unnoticed")
            return
        }
        #expect(conditions.list.map { $0.text("status") } == ["Unknown", "Unknown", "Unknown", "Unknown"])
        #expect(conditions.list[0].text("reason") == "NodeStatusUnknown")
        #expect(conditions.list[1].text("reason") == "NodeStatusNeverUpdated")
        var written = node
        written.set(conditions.value, at: "status", "conditions")
        #expect(NodeHealth.verdict(NodeView(written), silence: .seconds(99), limits: limits, now: now) == .known)
    }

    @Test func aNodeThatNeverReportedHasLonger() {
        let node = NodeView(ServiceFixture.node(ready: nil))
        #expect(
            NodeHealth.verdict(node, silence: .seconds(50), limits: limits, now: now)
                == .heard(lookAgainAfter: .seconds(10)))
    }

    @Test func onlyNewsCountAsSignsOfLife() {
        var heartbeats = NodeHeartbeats()
        heartbeats.status(NodeView(ServiceFixture.node()), now: .seconds(0))
        heartbeats.status(NodeView(ServiceFixture.node()), now: .seconds(10))
        #expect(heartbeats.silence(of: "n1", now: .seconds(10)) == .seconds(10))
        heartbeats.lease("n1", renewTime: "a", now: .seconds(20))
        heartbeats.lease("n1", renewTime: "a", now: .seconds(25))
        #expect(heartbeats.silence(of: "n1", now: .seconds(30)) == .seconds(10))
        heartbeats.status(NodeView(ServiceFixture.node(ready: "Unknown")), now: .seconds(40))
        #expect(heartbeats.silence(of: "n1", now: .seconds(40)) == .seconds(20))
    }

    @Test func timeInWhichNobodyListenedIsNotSilence() {
        var time = AwakeTime()
        #expect(time.read(.seconds(100)) == .zero)
        #expect(time.read(.seconds(101)) == .seconds(1))
        #expect(time.read(.seconds(105)) == .seconds(5), "a turn that came late")
        #expect(time.read(.seconds(165)) == .seconds(6), "a minute's pause")
        #expect(time.read(.seconds(165)) == .seconds(6))
        #expect(time.read(.seconds(31_536_000)) == .seconds(7), "a year's pause")
        #expect(time.read(.seconds(31_536_001)) == .seconds(8))
    }

    @Test func nothingIsDrivenAwayWhileNoNodeIsReady() {
        var heartbeats = NodeHeartbeats()
        func see(_ name: String, _ ready: String?, labels: [String: String] = [:]) {
            var node = ServiceFixture.node(name, ready: ready)
            node.labels = labels
            heartbeats.status(NodeView(node), now: .zero)
        }
        #expect(!heartbeats.isDisrupted, "no nodes at all")
        see("a", nil)
        #expect(!heartbeats.isDisrupted, "none has reported")
        see("a", "Unknown")
        #expect(heartbeats.isDisrupted)
        see("b", "True")
        see("excluded", "False", labels: ["node.kubernetes.io/exclude-disruption": ""])
        #expect(!heartbeats.isDisrupted)
        #expect(!heartbeats.isDisrupted(now: .seconds(19), grace: .seconds(40)))
        #expect(heartbeats.isDisrupted(now: .seconds(20), grace: .seconds(40)), "the other has not been heard, either")
        heartbeats.forget("b")
        #expect(heartbeats.isDisrupted)
        let node = NodeView(ServiceFixture.node(ready: "Unknown"))
        #expect(
            NodeTaints.desired(node, isDisrupted: true, now: now).map { "\($0.key):\($0.effect)" }
                == ["node.kubernetes.io/unreachable:NoSchedule"])
        heartbeats.startAfresh(now: .seconds(100))
        #expect(heartbeats.silence(of: "a", now: .seconds(110)) == .seconds(10))
    }

    @Test(arguments: [
        (tolerations: [] as Value, verdict: TaintEviction.Verdict.leaves(after: .seconds(0))),
        ([["operator": "Exists"]] as Value, .stays),
        (
            [["key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 300]] as Value,
            .leaves(after: .seconds(290))
        ),
        (
            [["key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 5]] as Value,
            .leaves(after: .seconds(0))
        ),
        ([["key": "other", "operator": "Exists"]] as Value, .leaves(after: .seconds(0))),
    ])
    func podsLeaveWhenTheirTolerationEnds(tolerations: Value, verdict: TaintEviction.Verdict) {
        let taint = Taint(key: NodeTaints.notReady, effect: "NoExecute", timeAdded: "1999-12-31T23:59:50Z")
        let pod = PodView(ServiceFixture.pod("p", spec: [("tolerations", tolerations)]))
        #expect(TaintEviction.verdict(pod, taints: [taint], waited: .seconds(10)) == verdict)
        let soft = Taint(key: NodeTaints.notReady, effect: "NoSchedule")
        #expect(TaintEviction.verdict(pod, taints: [soft], waited: .seconds(10)) == .stays)
    }
}

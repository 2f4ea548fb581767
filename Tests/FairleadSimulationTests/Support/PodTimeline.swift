import FairleadClient
import FairleadModel

@testable import FairleadSimulation

/// What a pod's status and events show, second by second.
struct PodTimeline {
    static let start = Timestamp(seconds: 1_800_000_000)

    var stages = PodStages()

    /// Looks at the pod whenever the machine asks for it, and notes each change as one line.
    func run(_ pod: Value, until end: Double, from start: Double = 0) -> (lines: [String], pod: Value) {
        var pod = pod
        var memory = PodMemory()
        var time = Duration.seconds(start)
        var lines: [String] = []
        while time <= .seconds(end) {
            let machine = PodMachine(
                pod: pod, hostIPs: ["172.18.0.2"], podIPs: ["10.244.0.2"],
                delays: stages.delays(of: pod, StageDelays()), now: Self.start.adding(seconds: time.inSeconds),
                moment: time, stages: stages)
            let step = machine.next(&memory)
            if let status = step.status {
                pod["status"] = status
                lines.append("\(Self.rounded(time)) \(Self.summary(pod))")
            }
            for event in step.events {
                lines.append("\(Self.rounded(time)) \(event.type) \(event.reason) \(event.message)")
            }
            if step.isDeleted {
                lines.append("\(Self.rounded(time)) deleted")
                pod.set(
                    .string(Self.start.adding(seconds: time.inSeconds).rfc3339), at: "metadata", "deletionTimestamp")
            }
            if step.isGone { lines.append("\(Self.rounded(time)) gone") }
            guard !step.isGone, let again = step.isDeleted ? .milliseconds(1) : step.again else { break }
            time += again
        }
        return (lines, pod)
    }

    private static func rounded(_ time: Duration) -> String { String((time.inSeconds * 100).rounded() / 100) }

    static func summary(_ pod: Value) -> String {
        let containers = (pod.items("status", "initContainerStatuses") + pod.items("status", "containerStatuses")).map {
            status in
            let state = ContainerMachine.state(of: status)
            let reason = status.at("state", state, "reason")?.string ?? state
            return "\(status.text("name"))=\(reason)\(status.flag("ready") ? "+" : "")"
        }
        let ready = PodView(pod).isReady ? "Ready" : "NotReady"
        return
            "\(pod.text("status", "phase")) \(ready) \(pod.text("status", "podIP")) \(containers.joined(separator: " "))"
    }
}

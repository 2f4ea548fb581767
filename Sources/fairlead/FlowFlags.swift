import ArgumentParser
import FairleadServer

/// Flags about how many requests are worked on at a time, named as kube-apiserver's.
struct FlowFlags: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Whether FlowSchemas and PriorityLevelConfigurations share out what may be worked on at a time.",
            valueName: "true|false"))
    var enablePriorityAndFairness = true

    @Option(
        name: .long,
        help: ArgumentHelp(
            "How many requests that change nothing are worked on at a time; together with the next flag, what is shared "
                + "out. Without fairness 0 means no limit.", valueName: "count"))
    var maxRequestsInflight = 400

    @Option(
        name: .long, help: ArgumentHelp("The same for requests that change something.", valueName: "count"))
    var maxMutatingRequestsInflight = 200

    func limits() throws -> FlowLimits {
        let most = 1_000_000
        guard (0...most).contains(maxRequestsInflight), (0...most).contains(maxMutatingRequestsInflight) else {
            throw ValidationError("--max-requests-inflight, --max-mutating-requests-inflight: 0 to \(most) is wanted")
        }
        guard !enablePriorityAndFairness || maxRequestsInflight + maxMutatingRequestsInflight > 0 else {
            throw ValidationError(
                "--max-requests-inflight and --max-mutating-requests-inflight: their sum must be above 0 with "
                    + "--enable-priority-and-fairness")
        }
        var limits = FlowLimits()
        limits.isFair = enablePriorityAndFairness
        limits.reads = maxRequestsInflight
        limits.writes = maxMutatingRequestsInflight
        return limits
    }
}

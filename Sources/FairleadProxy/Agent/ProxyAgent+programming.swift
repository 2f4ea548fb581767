import CFairleadMemory
import FairleadClient
import FairleadModel
import FairleadRouting
import Logging

extension ProxyAgent {
    /// What is in the kernel, and what belongs to it. Of one task.
    private struct Programmed {
        var rules: Ruleset
        /// Whether the kernel has those rules; if not, all of them have to be sent.
        var isCurrent = false
        var udp: [ObjectName: UDPSnapshot] = [:]
        var answers: [ObjectName: (port: Int, answer: HealthCheckPorts.Answer)] = [:]
        var failures = 0
        /// When the kernel last said that the table is there.
        var seenAt: Duration = .zero
        var isNodeMissed = false
    }

    private struct Plan {
        var pending: ClusterState.Pending
        /// What is sent; nil if the kernel has everything already.
        var commands: String?
        var isFull: Bool
        var isStale = false
        var isEligible: Bool
    }

    private static let backoff = Backoff(first: .milliseconds(200), maximum: .seconds(30))
    /// How often the table is looked for if nothing changes: other programs flush the whole ruleset.
    private static let lookInterval = Duration.seconds(30)

    func keepProgrammed() async {
        fairlead_heap_tune()
        let skeleton = Skeleton(clusterCIDRs: [], serviceCIDRs: [], nodeAddresses: [])
        var programmed = Programmed(rules: Ruleset(node: settings.node, skeleton: skeleton))
        while !Task.isCancelled {
            await changed.wait()
            if Task.isCancelled { return }
            let start = world.clock.now
            guard let plan = plan(&programmed) else {
                await lookForTable(&programmed)
                continue
            }
            if await carryOut(plan, &programmed, since: start) {
                await world.clock.sleep(until: start + settings.pause)
            } else {
                await world.clock.sleep(for: Self.backoff.delay(afterFailures: programmed.failures - 1))
                changed.raise()
            }
        }
    }

    /// Wakes the task that programs, now and then.
    func keepLooking() async {
        while !Task.isCancelled {
            await world.clock.sleep(for: Self.lookInterval)
            changed.raise()
        }
    }

    /// If the table is gone, all of it waits to be sent.
    private func lookForTable(_ programmed: inout Programmed) async {
        let now = world.clock.now
        guard programmed.isCurrent, now - programmed.seenAt >= Self.lookInterval / 2 else { return }
        do {
            try await world.kernel.apply(Skeleton.presence)
            programmed.seenAt = now
        } catch {
            logger.error(
                "the table is not there any more; it is made again", metadata: ["error": .string(error.description)])
            programmed.isCurrent = false
            var everything = ClusterState.Pending()
            everything.touchesAll = true
            everything.since = now
            state.withLock { [everything] in $0.return(everything) }
            changed.raise()
        }
    }

    // MARK: Planning

    /// - Returns: nil if there is nothing to do, or not everything is known yet.
    private func plan(_ programmed: inout Programmed) -> Plan? {
        let node = settings.node
        return state.withLock { state -> Plan? in
            guard state.isComplete, state.hasPending else { return nil }
            let pending = state.takePending()
            let skeleton = skeleton(state)
            let isFull = !programmed.isCurrent || (pending.touchesAll && skeleton != programmed.rules.skeleton)
            var plan = Plan(pending: pending, isFull: isFull, isEligible: state.isEligible)
            let services: [ObjectName]
            if isFull {
                sayIfNodeIsMissing(state, &programmed)
                programmed.rules.set(skeleton)
                programmed.rules.fill(from: state.table)
                plan.commands = programmed.rules.script()
                services = state.table.serviceNames
                plan.isStale = !programmed.isCurrent
                programmed.udp = [:]
                programmed.answers = [:]
            } else {
                var touched = pending.services
                if pending.touchesAll {
                    touched.formUnion(state.table.serviceNames)
                    touched.formUnion(programmed.rules.serviceNames)
                }
                services = Array(touched)
                let change = programmed.rules.update(services, from: state.table)
                plan.commands = change.isEmpty ? nil : change.script
            }
            for service in services {
                let udp = UDPSnapshot(service, in: state.table, on: node)
                if programmed.udp[service, default: UDPSnapshot()].isStaleAfter(udp) { plan.isStale = true }
                programmed.udp[service] = udp.isEmpty ? nil : udp
                programmed.answers[service] = answer(service, state.table)
            }
            return plan
        }
    }

    private func skeleton(_ state: ClusterState) -> Skeleton {
        let own = world.interfaces()
        let addresses = [true, false].compactMap { state.table.nodes[settings.node]?.address(isIPv4: $0) }
        return Skeleton(
            clusterCIDRs: settings.routing.clusterCIDRs, serviceCIDRs: state.serviceCIDRs,
            nodeAddresses: addresses.filter(own.contains))
    }

    private func answer(
        _ service: ObjectName, _ table: RoutingTable
    ) -> (port: Int, answer: HealthCheckPorts.Answer)? {
        let ports = table.servicePorts(of: service).map(\.healthCheckNodePort)
        guard let port = ports.first(where: { $0 != 0 }), table.healthChecked(port) == service else { return nil }
        let count = table.readyAddresses(of: service, on: settings.node)
        return (port, HealthCheckPorts.Answer(service: service, localEndpoints: count))
    }

    private func sayIfNodeIsMissing(_ state: ClusterState, _ programmed: inout Programmed) {
        let isMissing = state.table.nodes[settings.node] == nil
        if isMissing, !programmed.isNodeMissed {
            logger.warning(
                "the cluster has no such node: no node ports until there is one (--node)",
                metadata: ["node": .string(settings.node)])
        }
        programmed.isNodeMissed = isMissing
    }

    // MARK: Sending

    /// - Returns: false if the kernel has refused.
    private func carryOut(_ plan: Plan, _ programmed: inout Programmed, since start: Duration) async -> Bool {
        var kernelTime: Duration?
        if let commands = plan.commands {
            let began = world.clock.now
            do {
                if plan.isFull {
                    try await world.kernel.load(commands)
                } else {
                    try await world.kernel.apply(commands)
                }
            } catch {
                refused(error, plan, &programmed)
                return false
            }
            kernelTime = world.clock.now - began
            programmed.seenAt = world.clock.now
        }
        if plan.isFull {
            sayProgrammed(programmed, kernelTime)
            // Lists and commands of many megabytes are gone now.
            fairlead_heap_trim()
        }
        programmed.isCurrent = true
        programmed.failures = 0
        let end = world.clock.now
        let now = world.now()
        metrics.record(
            .init(
                isFull: plan.isFull, total: end - start, kernel: kernelTime,
                sinceOldest: plan.commands == nil ? nil : plan.pending.since.map { end - $0 },
                // Other machines' clocks may be ahead.
                causes: plan.pending.causes.map { max(.zero, now.duration(since: $0)) }, end: seconds(now)))
        metrics.recordChanges(services: plan.pending.serviceChanges, slices: plan.pending.sliceChanges)
        metrics.recordServices(programmed.rules.services)
        health.update(
            isEligible: plan.isEligible, pendingSince: state.withLock { $0.pendingSince }, hasUpdated: true)
        if plan.isStale { stale.raise() }
        let answers = Dictionary(
            programmed.answers.values.map { ($0.port, $0.answer) }, uniquingKeysWith: { first, _ in first })
        await healthPorts.set(answers, on: answers.isEmpty ? [] : hosts())
        return true
    }

    private func refused(_ refusal: KernelRefusal, _ plan: Plan, _ programmed: inout Programmed) {
        metrics.recordFailure()
        programmed.isCurrent = false
        programmed.failures += 1
        let wait = Self.backoff.delay(afterFailures: programmed.failures - 1)
        logger.error(
            "the kernel has refused a transaction; the whole table is sent again",
            metadata: [
                "error": .string(refusal.description), "transaction": .string(plan.isFull ? "full" : "partial"),
                "failures": .stringConvertible(programmed.failures),
                "retryAfter": .string("\(wait.inSeconds)s"),
            ])
        let since = state.withLock { state -> Duration? in
            state.return(plan.pending)
            return state.pendingSince
        }
        health.update(isEligible: plan.isEligible, pendingSince: since, hasUpdated: false)
    }

    private func sayProgrammed(_ programmed: Programmed, _ time: Duration?) {
        logger.info(
            "the table has been replaced",
            metadata: [
                "services": .stringConvertible(programmed.rules.services),
                "seconds": .string("\((time ?? .zero).inSeconds)"),
            ])
    }

    /// Where health check node ports are answered: the addresses that take node ports.
    private func hosts() -> [String] {
        let own = world.interfaces()
        guard settings.routing.nodePortAddresses.isEmpty else {
            let addresses = state.withLock { $0.table.nodes[settings.node]?.addresses ?? [] }
            return addresses.filter { address in
                own.contains(address) && settings.routing.nodePortAddresses.contains { $0.contains(address) }
            }.map(\.description)
        }
        return [own.contains { !$0.isIPv4 } ? "::" : "0.0.0.0"]
    }
}

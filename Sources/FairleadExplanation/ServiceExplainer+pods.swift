import FairleadModel

/// Services with a selector: which pods they match, and why some of these are not endpoints.
extension ServiceExplainer {
    typealias Finding = ServiceExplanation.Finding

    func selected() -> [Finding] {
        let selector = service.selector ?? [:]
        let matching = inputs.pods.map { PodView($0) }.filter { pod in
            let labels = pod.labels
            return selector.allSatisfy { labels[$0.key] == $0.value }
        }.sorted { $0.name < $1.name }
        if matching.isEmpty { return [nothingMatches(selector)] }
        let living = matching.filter { !$0.isTerminating }
        if living.isEmpty { return [allTerminating(matching)] }
        let working = living.filter { !$0.isFinished }
        if working.isEmpty { return [allFinished(living)] }
        return readiness(working) + families(working) + targetPorts(working)
    }

    // MARK: No pod

    private func nothingMatches(_ selector: [String: String]) -> Finding {
        let wanted = Self.text(selector)
        if !inputs.strangers.isEmpty { return elsewhere(wanted) }
        if inputs.pods.isEmpty {
            return Finding(
                cause: .noPods, message: "There is no pod at all in namespace \(service.namespace).",
                object: .init(kind: "Namespace", name: service.namespace),
                commands: ["\(kubectl) run \(service.name) --image=nginx --labels=\(wanted)"])
        }
        let message = "No pod in namespace \(service.namespace) has the labels \(wanted)."
        let nearest = NearestLabels(to: selector, among: inputs.pods.map(\.labels)).proposals
        guard let best = nearest.first else {
            return Finding(
                cause: .selectorMatchesNothing, message: message, details: labelsThatExist(), object: subject,
                commands: ["\(kubectl) get pods --show-labels"])
        }
        return Finding(
            cause: .selectorMatchesNothing, message: message,
            details: Self.cut(nearest.prefix(3).map { "near: \(Self.text($0.labels)) on \(Self.pods($0.pods))" }),
            object: subject,
            commands: ["\(kubectl) set selector service \(service.name) \(Self.text(best.labels))"])
    }

    private func labelsThatExist() -> [String] {
        var counts: [String: Int] = [:]
        for pod in inputs.pods { for label in pod.labels { counts["\(label.key)=\(label.value)", default: 0] += 1 } }
        let order = counts.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }
        return Self.cut(order.map { "exists: \($0.key) on \(Self.pods($0.value))" })
    }

    /// The Service selects only pods in its own namespace.
    private func elsewhere(_ wanted: String) -> Finding {
        var counts: [String: Int] = [:]
        for pod in inputs.strangers { counts[pod.namespace, default: 0] += 1 }
        let order = counts.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }
        let home = order.first?.key ?? ""
        let pairs = service.ports.map { "--tcp=\($0.number):\(Self.target($0))" }
        let create = ["kubectl -n \(home) create service clusterip \(service.name)"] + pairs
        return Finding(
            cause: .podsInOtherNamespace,
            message: "No pod in namespace \(service.namespace) has the labels \(wanted), but pods of another namespace "
                + "do. A Service selects pods of its own namespace only.",
            details: Self.cut(order.map { "namespace \($0.key): \(Self.pods($0.value))" }),
            object: .init(kind: "Service", namespace: home, name: service.name),
            commands: [
                create.joined(separator: " "), "kubectl -n \(home) set selector service \(service.name) \(wanted)",
            ])
    }

    // MARK: Pods that do not count

    private func allTerminating(_ pods: [PodView]) -> Finding {
        Finding(
            cause: .allTerminating, message: "\(Self.allPods(pods.count)) being deleted.",
            details: Self.cut(pods.map { "pod \($0.name): since \($0.deletionTimestamp ?? "")" }),
            object: owner(of: pods))
    }

    private func allFinished(_ pods: [PodView]) -> Finding {
        Finding(
            cause: .allFinished,
            message: "\(Self.allPods(pods.count)) finished: what has finished does not run again.",
            details: Self.cut(pods.map { "pod \($0.name): \($0.phase)" }), object: owner(of: pods))
    }

    private func readiness(_ pods: [PodView]) -> [Finding] {
        let judged = pods.map { (pod: $0, ailment: PodAilment(of: $0, self)) }
        let ailing = judged.compactMap { entry in entry.ailment.map { (entry.pod, $0) } }
        guard let (first, ailment) = ailing.first else { return [] }
        let isEmpty = ailing.count == judged.count
        return [
            Finding(
                cause: isEmpty ? .noneReady : .someNotReady,
                message: isEmpty
                    ? "\(Self.pods(pods.count)) \(pods.count == 1 ? "matches" : "match"), but none is ready."
                    : "\(ailing.count) of the \(Self.pods(pods.count)) that match "
                        + "\(ailing.count == 1 ? "is" : "are") not ready.",
                details: Self.cut(ailing.map { "pod \($0.0.name): \($0.1.why)" }),
                object: ailment.object ?? .init(kind: "Pod", namespace: first.namespace, name: first.name),
                commands: ailment.commands)
        ]
    }

    private func families(_ pods: [PodView]) -> [Finding] {
        let addresses = pods.flatMap(\.podIPs).compactMap { IPAddress($0)?.family }
        if addresses.isEmpty { return [] }
        return service.ipFamilies.filter { !addresses.contains($0) }.map { family in
            let other = IPFamilies.other(family)
            return Finding(
                cause: .noAddressOfFamily,
                message: "The Service wants \(family) endpoints, but no pod that matches has an \(family) address.",
                object: subject,
                commands: [
                    "\(kubectl) patch service \(service.name) --type=merge -p "
                        + "'{\"spec\":{\"ipFamilyPolicy\":\"SingleStack\",\"ipFamilies\":[\"\(other)\"]}}'"
                ])
        }
    }

    private func owner(of pods: [PodView]) -> ServiceExplanation.Subject {
        let namespace = service.namespace
        guard let first = pods.first else { return subject }
        guard let owner = first.value.controllerRef else {
            return .init(kind: "Pod", namespace: namespace, name: first.name)
        }
        return .init(kind: owner.kind, namespace: namespace, name: owner.name)
    }

    // MARK: Words

    static func pods(_ count: Int) -> String { count == 1 ? "1 pod" : "\(count) pods" }

    private static func allPods(_ count: Int) -> String {
        count == 1 ? "The only pod that matches is" : "All \(count) pods that match are"
    }

    static func cut(_ lines: [String]) -> [String] {
        let limit = ServiceExplanation.maximumDetails
        return lines.count <= limit ? lines : lines.prefix(limit) + ["and \(lines.count - limit) more"]
    }
}

/// The two address families.
enum IPFamilies {
    static func other(_ family: String) -> String { family == "IPv6" ? "IPv4" : "IPv6" }
}

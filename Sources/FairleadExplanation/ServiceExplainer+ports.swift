import FairleadModel

/// Target ports: names that no container has, and numbers on which nothing listens.
extension ServiceExplainer {
    func targetPorts(_ pods: [PodView]) -> [Finding] {
        named(pods) + unheard(pods)
    }

    private func named(_ pods: [PodView]) -> [Finding] {
        service.ports.enumerated().compactMap { index, port in
            guard case .name(let name) = port.target else { return nil }
            let lacking = pods.filter { $0.resolve(port) == nil }
            if lacking.isEmpty { return nil }
            let title = "Target port \(name.goQuoted) (\(port.protocolName)) of port \(port.number)"
            if lacking.count < pods.count {
                return Finding(
                    cause: .targetPortMissingInSome,
                    message:
                        "\(title) is in no container of \(lacking.count) of the \(Self.pods(pods.count)): those are "
                        + "endpoints without this port.",
                    details: Self.cut(lacking.map { "pod \($0.name): \(Self.portNames([$0]))" }),
                    object: .init(kind: "Pod", namespace: service.namespace, name: lacking[0].name),
                    commands: ["\(kubectl) get pod \(lacking[0].name) -o jsonpath='{.spec.containers[*].ports}'"])
            }
            return Finding(
                cause: .targetPortNotFound, message: "\(title) is in no container of any pod that matches.",
                details: ["ports of the containers: \(Self.portNames(pods))"], object: subject,
                commands: [patch(index, port, pods)])
        }
    }

    /// Numbers that no pod listens on. Nothing is said
    /// - of real pods, which may listen on ports that they do not declare;
    /// - while there is a pod that declares no ports: it may listen on any, and so simulated ones do;
    /// - of headless Services, whose clients choose the port themselves.
    private func unheard(_ pods: [PodView]) -> [Finding] {
        if inputs.annotations == nil || service.isHeadless { return [] }
        var ports = service.ports.enumerated().filter { if case .number = $0.element.target { true } else { false } }
        for pod in pods where !ports.isEmpty {
            let heard = pod.listens(to: ports.map(\.element))
            ports = zip(ports, heard).filter { !$0.1 }.map(\.0)
        }
        return ports.prefix(ServiceExplanation.maximumDetails).map { unheard($0.offset, $0.element, pods) }
    }

    private func unheard(_ index: Int, _ port: ServiceView.Port, _ pods: [PodView]) -> Finding {
        let title = "Target port \(Self.target(port)) (\(port.protocolName)) of port \(port.number)"
        let isOfOtherProtocol = !pods.flatMap(\.containerPorts).contains { $0.protocolName == port.protocolName }
        return Finding(
            cause: .targetPortUnheard,
            message: "\(title) is in no container of any pod that matches, and they declare others: nothing listens on "
                + "it, and clients are refused. (A real pod may listen on a port that it does not declare; simulated "
                + "ones do not.)",
            details: ["ports of the containers: \(Self.portNames(pods))"], object: subject,
            commands: isOfOtherProtocol
                ? ["\(kubectl) edit service \(service.name)"] : [patch(index, port, pods)])
    }

    private static func portNames(_ pods: [PodView]) -> String {
        var names: [String] = []
        var known: Set<String> = []
        for port in pods.lazy.flatMap(\.containerPorts) {
            let name = "\(port.name.isEmpty ? "unnamed" : port.name) (\(port.number)/\(port.protocolName))"
            if known.insert(name).inserted { names.append(name) }
        }
        return names.isEmpty ? "none" : cut(names).joined(separator: ", ")
    }

    /// Points the Service at the container port that was most probably meant.
    private func patch(_ index: Int, _ port: ServiceView.Port, _ pods: [PodView]) -> String {
        let candidates = pods.flatMap(\.containerPorts).filter { $0.protocolName == port.protocolName }
        var value: Value = .int(port.number)
        if case .name(let wanted) = port.target {
            let named = candidates.filter { !$0.name.isEmpty }
            let best = named.min { one, other in
                let distances = (EditDistance.of(one.name, wanted), EditDistance.of(other.name, wanted))
                return distances.0 == distances.1 ? one.name < other.name : distances.0 < distances.1
            }
            if let best {
                value = .string(best.name)
            } else if let first = candidates.first {
                value = .int(first.number)
            }
        } else if let first = candidates.first, !candidates.contains(where: { $0.number == port.number }) {
            value = .int(first.number)
        }
        let operation: Value = [
            "op": "replace", "path": .string("/spec/ports/\(index)/targetPort"), "value": value,
        ]
        return "\(kubectl) patch service \(service.name) --type=json -p '\(Value.array([operation]).jsonText)'"
    }
}

extension PodView {
    /// Whether a simulated pod listens on each of the target ports, as far as its containers say: if they declare no ports
    /// at all, it listens on any number.
    func listens(to ports: [ServiceView.Port]) -> [Bool] {
        struct Declared: Hashable {
            var number: Int64
            var protocolName: String
        }
        let declared = Set(containerPorts.map { Declared(number: $0.number, protocolName: $0.protocolName) })
        return zip(ports, resolve(ports)).map { port, number in
            guard let number else { return false }
            guard case .number = port.target, !declared.isEmpty else { return true }
            return declared.contains(Declared(number: number, protocolName: port.protocolName))
        }
    }
}

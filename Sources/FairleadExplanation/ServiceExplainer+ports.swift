import FairleadModel

/// Named target ports.
extension ServiceExplainer {
    func targetPorts(_ pods: [PodView]) -> [Finding] {
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

    private static func portNames(_ pods: [PodView]) -> String {
        var names: [String] = []
        for port in pods.flatMap(\.containerPorts) {
            let text = "\(port.name.isEmpty ? "unnamed" : port.name) (\(port.number)/\(port.protocolName))"
            if !names.contains(text) { names.append(text) }
        }
        return names.isEmpty ? "none" : names.joined(separator: ", ")
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
        }
        let operation: Value = [
            "op": "replace", "path": .string("/spec/ports/\(index)/targetPort"), "value": value,
        ]
        return "\(kubectl) patch service \(service.name) --type=json -p '\(Value.array([operation]).jsonText)'"
    }
}

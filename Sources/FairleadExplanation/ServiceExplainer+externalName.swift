import FairleadModel

/// Services that are only a name for something outside.
extension ServiceExplainer {
    func externalName() -> Finding {
        Finding(
            cause: .externalName,
            message: "The Service is a DNS alias of \(service.externalName) and has neither an address nor endpoints.",
            object: subject)
    }

    /// Ports, which mean nothing here: DNS answers with a CNAME, no proxy sees the packets, and the client connects to
    /// whichever port it likes. Ports that lead to the same number only document something and do no harm; those that
    /// lead to another promise a translation that never takes place.
    func externalNamePorts() -> [Finding] {
        let ports = service.ports
        if ports.isEmpty { return [] }
        let mapped = ports.enumerated().filter { $0.element.target != .number($0.element.number) }
        if mapped.isEmpty {
            return [
                Finding(
                    cause: .externalNamePorts,
                    message: "The ports of the Service are not used: DNS answers with the name "
                        + "\(service.externalName), and clients connect to whichever port of it they choose.",
                    object: subject)
            ]
        }
        return [
            Finding(
                cause: .externalNamePortMapped,
                message: "The Service is only a DNS alias: nobody translates its ports, and clients that connect to "
                    + "port \(mapped[0].element.number) reach port \(mapped[0].element.number) of "
                    + "\(service.externalName). Let them connect to the port that \(service.externalName) listens on.",
                details: Self.cut(mapped.map { "port \(Self.text($0.element)): not translated" }), object: subject,
                commands: [patch(mapped)])
        ]
    }

    /// Makes the ports say what is true already.
    private func patch(_ mapped: [(offset: Int, element: ServiceView.Port)]) -> String {
        let operations = mapped.map { index, port -> Value in
            // Nothing resolves a name here, so that only the port itself can be what was meant.
            let (field, value) =
                switch port.target {
                case .number(let number): ("port", number)
                case .name: ("targetPort", port.number)
                }
            return ["op": "replace", "path": .string("/spec/ports/\(index)/\(field)"), "value": .int(value)]
        }
        return "\(kubectl) patch service \(service.name) --type=json -p '\(Value.array(operations).jsonText)'"
    }
}

import FairleadRules
package import FairleadModel

/// The rules for `spec.ports`.
package enum ServicePortValidation {
    private static let protocols = ["TCP", "UDP", "SCTP"]
    private static let path = FieldPath("spec", "ports")

    package static func errors(for ports: [Value]) -> [FieldError] {
        var errors: [FieldError] = []
        var names: Set<String> = []
        for (index, port) in ports.enumerated() {
            let here = path.index(index)
            let name = port.text("name")
            if name.isEmpty {
                if ports.count > 1 { errors.append(.required(here.child("name"))) }
            } else {
                errors += FieldChecks.dnsLabel(name, here.child("name"))
                if !names.insert(name).inserted { errors.append(.duplicate(here.child("name"), .string(name))) }
            }
            errors += FieldChecks.port(port["port"], here.child("port"))
            errors += protocolErrors(port, here)
            errors += FieldChecks.portNumberOrName(port["targetPort"], here.child("targetPort"))
            if let text = port["appProtocol"]?.string {
                errors += FieldChecks.qualifiedName(text, here.child("appProtocol"))
            }
        }
        return errors
    }

    package static func protocolErrors(_ port: Value, _ path: FieldPath) -> [FieldError] {
        let text = port.text("protocol")
        return text.isEmpty ? [.required(path.child("protocol"))] : supportErrors(text, path.child("protocol"))
    }

    /// An error unless ports can have this protocol; the empty string is not supported either.
    package static func supportErrors(_ text: String, _ path: FieldPath) -> [FieldError] {
        protocols.contains(text) ? [] : [.notSupported(path, .string(text), supported: protocols)]
    }

    /// Node ports that are not allowed, and duplicate ports.
    package static func conflicts(in spec: ServiceSpec) -> [FieldError] {
        var errors: [FieldError] = []
        if spec.type == "ClusterIP" {
            for (index, port) in spec.ports.enumerated() where port.number("nodePort") != 0 {
                errors.append(
                    .forbidden(path.index(index).child("nodePort"), "may not be used when `type` is 'ClusterIP'"))
            }
        }
        var nodePorts: Set<String> = []
        for (index, port) in spec.ports.enumerated() where port.number("nodePort") != 0 {
            let number = port.number("nodePort")
            if !nodePorts.insert("\(port.text("protocol"))/\(number)").inserted {
                errors.append(.duplicate(path.index(index).child("nodePort"), .int(number)))
            }
        }
        var ports: Set<String> = []
        for (index, port) in spec.ports.enumerated() {
            let key = "\(port.text("protocol"))/\(port.number("port"))"
            if !ports.insert(key).inserted { errors.append(duplicate(port, path.index(index))) }
        }
        return errors
    }

    /// Kubernetes prints the pair that it compares as its internal struct.
    private static func duplicate(_ port: Value, _ path: FieldPath) -> FieldError {
        let text = Value.string(port.text("protocol")).jsonText
        let printed =
            "{\"Name\":\"\",\"Protocol\":\(text),\"AppProtocol\":null,\"Port\":\(port.number("port")),"
            + "\"TargetPort\":0,\"NodePort\":0}"
        return FieldError(.duplicate, path, printedValue: printed, detail: "")
    }
}

import FairleadModel

/// Warnings about duplicate or ambiguous ports.
enum PortWarnings {
    static func of(_ containers: [(container: Value, path: FieldPath)]) -> [String] {
        let ports = containers.flatMap { container, path in
            container.items("ports").enumerated().map { (port: $0.element, path: path.child("ports").index($0.offset)) }
        }
        var warnings: [String] = []
        var known: [String: [(port: Value, path: FieldPath)]] = [:]
        for (port, path) in ports where warnings.count < PodWarnings.maximum {
            let address = port.text("hostIP")
            if !address.isEmpty, port.number("hostPort") == 0 {
                warnings.append("\(path): hostIP set without hostPort: \(printed(port))")
            }
            let key = "\(port.number("containerPort"))/\(port.text("protocol"))"
            for other in known[key] ?? [] {
                guard let words = conflict(port, other.port) else { continue }
                warnings.append("\(path): \(words) port definition with \(other.path)")
            }
            known[key, default: []].append((port, path))
        }
        return warnings + names(containers)
    }

    /// What is wrong with two ports that have the same number and protocol.
    private static func conflict(_ port: Value, _ other: Value) -> String? {
        let (one, two) = (port.number("hostPort"), other.number("hostPort"))
        let (here, there) = (port.text("hostIP"), other.text("hostIP"))
        if one == two, here == there { return "duplicate" }
        if one == 0 || two == 0 { return "overlapping" }
        return one == two && here.isEmpty != there.isEmpty ? "dangerously ambiguous" : nil
    }

    /// The struct as Go prints it.
    private static func printed(_ port: Value) -> String {
        "{Name:\(port.text("name")) HostPort:\(port.number("hostPort")) "
            + "ContainerPort:\(port.number("containerPort")) Protocol:\(port.text("protocol")) "
            + "HostIP:\(port.text("hostIP"))}"
    }

    /// Port names are unique only within a container; a lookup in the whole pod finds the first. Init containers that
    /// are not sidecars are skipped.
    private static func names(_ containers: [(container: Value, path: FieldPath)]) -> [String] {
        var warnings: [String] = []
        var known: [String: FieldPath] = [:]
        for (container, path) in containers {
            let isInit = path.description.contains("initContainers[")
            if isInit, container.text("restartPolicy") != "Always" { continue }
            for (index, port) in container.items("ports").enumerated() where !port.text("name").isEmpty {
                let name = port.text("name")
                let here = path.child("ports").index(index)
                guard let first = known[name] else {
                    known[name] = here
                    continue
                }
                warnings.append(
                    "\(here): duplicate port name \(name.goQuoted) with \(first), services and probes that select "
                        + "ports by name will use \(first)")
                if warnings.count >= PodWarnings.maximum { return warnings }
            }
        }
        return warnings
    }
}

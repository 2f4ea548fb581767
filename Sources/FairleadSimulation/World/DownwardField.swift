import FairleadModel

/// What a container can be told of its own pod: `fieldRef` and `resourceFieldRef`.
///
/// Reference: "Downward API".
struct DownwardField {
    let pod: Value
    /// The node that the pod is on, for limits that are not set.
    var node: Value?

    /// The value of a field of the pod; nil if there is no such field.
    func field(_ path: String) -> String? {
        if let (map, key) = Self.subscripted(path) {
            switch map {
            case "metadata.labels": return pod.labels[key] ?? ""
            case "metadata.annotations": return pod.annotations[key] ?? ""
            default: return nil
            }
        }
        switch path {
        case "metadata.name": return pod.name
        case "metadata.namespace": return pod.namespace
        case "metadata.uid": return pod.uid
        case "metadata.labels": return Self.lines(of: pod.labels)
        case "metadata.annotations": return Self.lines(of: pod.annotations)
        case "spec.nodeName": return pod.text("spec", "nodeName")
        case "spec.serviceAccountName":
            let name = pod.text("spec", "serviceAccountName")
            return name.isEmpty ? "default" : name
        case "status.hostIP": return pod.text("status", "hostIP")
        case "status.hostIPs": return pod.items("status", "hostIPs").map { $0.text("ip") }.joined(separator: ",")
        case "status.podIP": return pod.text("status", "podIP")
        case "status.podIPs": return PodView(pod).podIPs.joined(separator: ",")
        default: return nil
        }
    }

    /// `metadata.labels['key']`.
    private static func subscripted(_ path: String) -> (map: String, key: String)? {
        guard path.hasSuffix("']"), let start = path.firstRange(of: "['") else { return nil }
        return (String(path[..<start.lowerBound]), String(path[start.upperBound...].dropLast(2)))
    }

    /// One line for each pair, sorted, without a newline at the end.
    static func lines(of map: [String: String]) -> String {
        map.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.goQuoted)" }.joined(separator: "\n")
    }

    /// The amount of a resource, in units of the divisor, rounded up; nil if there is no such container or resource.
    ///
    /// - Parameter container: the container whose variable it is, if the reference names none.
    func resource(_ reference: Value, container: Value?) -> String? {
        let name = reference.text("containerName")
        let view = PodView(pod)
        let spec =
            name.isEmpty ? container : (view.containers + view.initContainers).first { $0.text("name") == name }
        guard let spec else { return nil }
        let parts = reference.text("resource").split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[0] == "limits" || parts[0] == "requests" else { return nil }
        let divisor = reference["divisor"].flatMap(Self.quantity) ?? Quantity(1)
        guard let amount = amount(parts[1], parts[0], of: spec) else { return "0" }
        let unit = divisor.isZero ? Quantity(1) : divisor
        if unit < Quantity(1) {
            let (quotient, rest) = amount.milliValue.quotientAndRemainder(dividingBy: max(1, unit.milliValue))
            return String(rest > 0 ? quotient + 1 : quotient)
        }
        let (quotient, rest) = amount.value.quotientAndRemainder(dividingBy: max(1, unit.value))
        return String(rest > 0 ? quotient + 1 : quotient)
    }

    private func amount(_ resource: String, _ list: String, of spec: Value) -> Quantity? {
        if let own = spec.at("resources", list, resource).flatMap(Self.quantity) { return own }
        guard list == "limits" else {
            return pod.at("spec", "resources", "requests", resource).flatMap(Self.quantity)
        }
        if let shared = pod.at("spec", "resources", "limits", resource).flatMap(Self.quantity) { return shared }
        return node?.at("status", "allocatable", resource).flatMap(Self.quantity)
    }

    private static func quantity(_ value: Value) -> Quantity? {
        switch value {
        case .string(let text): Quantity(text)
        case .int(let number): Quantity(number)
        default: nil
        }
    }
}

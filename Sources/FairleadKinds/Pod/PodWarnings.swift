import FairleadModel

/// What is allowed in a pod but hardly meant. Reference: k8s.io/kubernetes `pkg/api/pod/warnings.go`.
enum PodWarnings {
    static func ofPod(_ pod: Value, isNew: Bool) -> [String] {
        var warnings: [String] = []
        if isNew {
            warnings += ofName(pod.name, usedIn: "the Pod's hostname")
        }
        return warnings + ofSpec(pod["spec"] ?? .null, FieldPath("spec"))
    }

    static func ofTemplate(_ template: Value?, _ path: FieldPath) -> [String] {
        ofSpec(template?["spec"] ?? .null, path.child("spec"))
    }

    /// Names that are no DNS labels although they will stand in hostnames.
    static func ofName(_ name: String, usedIn place: String) -> [String] {
        let messages = NameRules.dns1123Label(name)
        if messages.isEmpty { return [] }
        return [
            "metadata.name: this is used in \(place), which can result in surprising behavior; "
                + "a DNS label is recommended: [\(messages.joined(separator: " "))]"
        ]
    }

    private static func ofSpec(_ spec: Value, _ path: FieldPath) -> [String] {
        var warnings: [String] = []
        var addresses: Set<String> = []
        for (index, alias) in spec.items("hostAliases").enumerated() {
            let address = alias.text("ip")
            if addresses.insert(address).inserted { continue }
            let here = path.child("hostAliases").index(index).child("ip").description
            warnings.append("\(here): duplicate ip \(address.goQuoted)")
        }
        var secrets: Set<String> = []
        let names = spec.items("imagePullSecrets").map { $0.text("name") }
        func place(_ index: Int) -> String {
            path.child("imagePullSecrets").index(index).child("name").description
        }
        for (index, name) in names.enumerated() where !secrets.insert(name).inserted {
            warnings.append("\(place(index)): duplicate name \(name.goQuoted)")
        }
        for (index, name) in names.enumerated() where name.isEmpty {
            warnings.append("\(place(index)): invalid empty name \(name.goQuoted)")
        }
        for key in ["containers", "initContainers"] {
            for (index, container) in spec.items(key).enumerated() {
                warnings += ofContainer(container, path.child(key).index(index))
            }
        }
        if spec.number("terminationGracePeriodSeconds") < 0 {
            warnings.append(
                "\(path.child("terminationGracePeriodSeconds").description): must be >= 0; "
                    + "negative values are invalid and will be treated as 1")
        }
        return warnings
    }

    private static func ofContainer(_ container: Value, _ path: FieldPath) -> [String] {
        var warnings: [String] = []
        var names: Set<String> = []
        for (index, variable) in container.items("env").enumerated() {
            let name = variable.text("name")
            if names.insert(name).inserted { continue }
            // `PATH=$(PATH):/x` builds on the previous definition and is meant.
            if variable.text("value").refers(to: name) { continue }
            warnings.append(
                "\(path.child("env").index(index).description): hides previous definition of \(name.goQuoted), "
                    + "which may be dropped when using apply")
        }
        var ports: [Value: Int] = [:]
        for (index, port) in container.items("ports").enumerated() {
            var place = port
            place["name"] = nil
            guard let first = ports[place] else {
                ports[place] = index
                continue
            }
            let list = path.child("ports")
            warnings.append(
                "\(list.index(index).description): duplicate port definition with \(list.index(first).description)")
        }
        return warnings
    }
}

extension String {
    /// Whether the text has `$(name)` in it. Of texts that overlap themselves a search byte by byte would begin again and
    /// again, so that it looks only at what stands between `$(` and the next `)`.
    fileprivate func refers(to name: String) -> Bool {
        if name.contains(")") || name.contains("$(") { return false }
        return split(separator: "$(", omittingEmptySubsequences: false).dropFirst().contains { part in
            part.utf8.starts(with: name.utf8) && part.utf8.dropFirst(name.utf8.count).first == UInt8(ascii: ")")
        }
    }
}

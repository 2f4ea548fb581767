import FairleadModel

/// The environment of a container, from its spec and the objects that it refers to.
///
/// Reference: "Define Environment Variables for a Container"; messages are those of the v1.36 kubelet.
struct EnvironmentResolver {
    typealias Variables = [(name: String, value: String)]

    let objects: any ClusterObjects
    /// With its addresses in the status.
    let pod: Value
    let node: Value?
    /// Reads a file of one of the pod's volumes, for `fileKeyRef`; nil if there is none.
    var file: (_ volume: String, _ path: String) -> [UInt8]? = { _, _ in nil }

    /// The variables in the order in which they are printed: those of the image, of the spec, of Services. A later one
    /// of the same name takes the place of the earlier.
    ///
    /// - Parameter image: the variables of the image, and those that the runtime sets.
    func resolve(_ container: Value, image: Variables) throws(ContainerFault) -> Variables {
        let links = ServiceLinks.variables(
            for: pod, objects.services(in: pod.namespace),
            apiServer: objects.services(in: "default").first { $0.name == "kubernetes" })
        var list = VariableList()
        for source in container.items("envFrom") { try addAll(of: source, to: &list) }
        let linked = Dictionary(links.map { ($0.name, $0.value) }) { first, _ in first }
        for variable in container.items("env") {
            guard let value = try value(of: variable, container, { list[$0] ?? linked[$0] }) else { continue }
            list.set(variable.text("name"), value)
            guard value.utf8.count <= VariableExpansion.longest, list.size <= Self.largest else {
                throw .configuration("the environment of container \(container.text("name").goQuoted) is too long")
            }
        }
        var result = VariableList()
        for (name, value) in image { result.set(name, value) }
        for (name, value) in list.variables { result.set(name, value) }
        for (name, value) in links where list[name] == nil { result.set(name, value) }
        return result.variables
    }

    /// Whether everything that the environment refers to is there, without working it out.
    func check(_ container: Value) throws(ContainerFault) {
        guard container["envFrom"] != nil || container["env"] != nil else { return }
        var list = VariableList()
        for source in container.items("envFrom") { try addAll(of: source, to: &list) }
        for variable in container.items("env") where variable["valueFrom"] != nil {
            _ = try value(of: variable, container) { _ in nil }
        }
    }

    /// What Linux takes as a whole environment.
    private static let largest = 2 << 20

    // MARK: - envFrom

    private func addAll(of source: Value, to list: inout VariableList) throws(ContainerFault) {
        let prefix = source.text("prefix")
        if let reference = source["configMapRef"] {
            guard let data = try configMap(reference)?["data"]?.object else { return }
            for (key, value) in data where Self.isName(prefix + key) { list.set(prefix + key, value.string ?? "") }
        } else if let reference = source["secretRef"] {
            guard let data = try secret(reference)?["data"]?.object else { return }
            for (key, value) in data where Self.isName(prefix + key) {
                list.set(prefix + key, Self.decoded(value.string ?? ""))
            }
        }
    }

    /// Printable characters but `=`, as the API server allows them.
    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "=") }
    }

    private static func decoded(_ text: String) -> String { String(decoding: Base64.decode(text), as: UTF8.self) }

    private func configMap(_ reference: Value) throws(ContainerFault) -> Value? {
        let name = reference.text("name")
        if let found = objects.configMap(namespace: pod.namespace, name: name) { return found }
        if reference.flag("optional") { return nil }
        throw .configuration("configmap \(name.goQuoted) not found")
    }

    private func secret(_ reference: Value) throws(ContainerFault) -> Value? {
        let name = reference.text("name")
        if let found = objects.secret(namespace: pod.namespace, name: name) { return found }
        if reference.flag("optional") { return nil }
        throw .configuration("secret \(name.goQuoted) not found")
    }

    // MARK: - env

    /// nil for a variable that is left out, as what it refers to is optional and not there.
    private func value(
        of variable: Value, _ container: Value, _ known: (String) -> String?
    ) throws(ContainerFault) -> String? {
        guard let source = variable["valueFrom"], !source.isNull else {
            return VariableExpansion.expand(variable.text("value"), known)
        }
        let field = DownwardField(pod: pod, node: node)
        if let reference = source["fieldRef"] {
            let path = reference.text("fieldPath")
            guard let value = field.field(path) else {
                throw .configuration("unsupported fieldPath: \(path)")
            }
            return value
        }
        if let reference = source["resourceFieldRef"] {
            guard let value = field.resource(reference, container: container) else {
                throw .configuration("unsupported container resource : \(reference.text("resource"))")
            }
            return value
        }
        if let reference = source["configMapKeyRef"] {
            let key = reference.text("key")
            guard let map = try configMap(reference) else { return nil }
            if let value = map.at("data", key)?.string { return value }
            if reference.flag("optional") { return nil }
            throw .configuration("couldn't find key \(key) in ConfigMap \(pod.namespace)/\(reference.text("name"))")
        }
        if let reference = source["secretKeyRef"] {
            let key = reference.text("key")
            guard let secret = try secret(reference) else { return nil }
            if let value = secret.at("data", key)?.string { return Self.decoded(value) }
            if reference.flag("optional") { return nil }
            throw .configuration("couldn't find key \(key) in Secret \(pod.namespace)/\(reference.text("name"))")
        }
        if let reference = source["fileKeyRef"] { return try fileValue(reference) }
        return ""
    }

    /// A line `KEY=value` of a file in a volume.
    private func fileValue(_ reference: Value) throws(ContainerFault) -> String? {
        let key = reference.text("key")
        let path = reference.text("path")
        let isOptional = reference.flag("optional")
        guard let bytes = file(reference.text("volumeName"), path) else {
            if isOptional { return nil }
            throw .configuration("file \(path.goQuoted) not found in volume \(reference.text("volumeName").goQuoted)")
        }
        for line in String(decoding: bytes.prefix(64 << 10), as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0] == key[...], !line.hasPrefix("#") else { continue }
            var value = parts[1]
            for mark in ["\"", "'"] where value.count >= 2 && value.hasPrefix(mark) && value.hasSuffix(mark) {
                value = value.dropFirst().dropLast()
                break
            }
            return String(value)
        }
        if isOptional { return nil }
        throw .configuration("environment variable key \(key.goQuoted) not found in file \(path.goQuoted)")
    }
}

/// Variables in the order in which they came first, each with its last value.
private struct VariableList {
    private(set) var variables: EnvironmentResolver.Variables = []
    private var places: [String: Int] = [:]
    /// Bytes of all values.
    private(set) var size = 0

    subscript(name: String) -> String? { places[name].map { variables[$0].value } }

    mutating func set(_ name: String, _ value: String) {
        size += value.utf8.count
        if let place = places[name] {
            variables[place].value = value
        } else {
            places[name] = variables.count
            variables.append((name: name, value: value))
        }
    }
}

import FairleadContainers
package import FairleadModel

/// A file that the kubelet writes into a volume.
struct ProjectedFile: Hashable, Sendable {
    var bytes: [UInt8]
    var mode: UInt16
    var user: UInt32 = 0
}

/// Where the tokens of service accounts come from.
package protocol ServiceAccountTokens: Sendable {
    /// A token for the pod's account; nil if there is none now.
    ///
    /// - Parameters:
    ///   - audience: nil for the API server's.
    ///   - seconds: how long it shall be good.
    func token(for pod: Value, audience: String?, seconds: Int64) -> String?
}

/// The files of the volumes that are made from objects: configMap, secret, downwardAPI, projected.
///
/// Messages are those of the v1.36 kubelet.
struct VolumeProjection {
    let objects: any ClusterObjects
    let pod: Value
    let node: Value?
    let tokens: (any ServiceAccountTokens)?

    /// An object that a volume is made from.
    struct Reference: Hashable, Sendable {
        enum Kind: Hashable, Sendable { case configMap, secret }
        var kind: Kind
        var namespace: String
        var name: String
    }

    /// Whether a volume is made from objects.
    static func isProjection(_ volume: Value) -> Bool {
        ["configMap", "secret", "downwardAPI", "projected"].contains { volume[$0] != nil }
    }

    /// The objects that the volumes of a pod are made from.
    static func references(of pod: Value) -> Set<Reference> {
        var result: Set<Reference> = []
        func add(_ kind: Reference.Kind, _ name: String?) {
            if let name { result.insert(Reference(kind: kind, namespace: pod.namespace, name: name)) }
        }
        for volume in pod.items("spec", "volumes") {
            add(.configMap, volume.at("configMap", "name")?.string)
            add(.secret, volume.at("secret", "secretName")?.string)
            for source in volume.items("projected", "sources") {
                add(.configMap, source.at("configMap", "name")?.string)
                add(.secret, source.at("secret", "name")?.string)
            }
        }
        return result
    }

    /// The files of a volume by their paths; the later source wins.
    func files(of volume: Value) throws(ContainerFault) -> [String: ProjectedFile] {
        let name = volume.text("name")
        if let source = volume["configMap"] {
            return try configMap(source, source.text("name"), Self.mode(source["defaultMode"], 0o644), volume: name)
        }
        if let source = volume["secret"] {
            return try secret(source, source.text("secretName"), Self.mode(source["defaultMode"], 0o644), volume: name)
        }
        if let source = volume["downwardAPI"] {
            return try downward(source, Self.mode(source["defaultMode"], 0o644), volume: name)
        }
        guard let projected = volume["projected"] else { return [:] }
        let mode = Self.mode(projected["defaultMode"], 0o644)
        var result: [String: ProjectedFile] = [:]
        for source in projected.items("sources") {
            if let part = source["configMap"] {
                result.merge(try configMap(part, part.text("name"), mode, volume: name)) { $1 }
            } else if let part = source["secret"] {
                result.merge(try secret(part, part.text("name"), mode, volume: name)) { $1 }
            } else if let part = source["downwardAPI"] {
                result.merge(try downward(part, mode, volume: name)) { $1 }
            } else if let part = source["serviceAccountToken"], let file = token(part, mode) {
                result[part.text("path")] = file
            }
        }
        return result
    }

    private static func mode(_ value: Value?, _ standard: UInt16) -> UInt16 {
        value?.int.map { UInt16(clamping: $0) & 0o777 } ?? standard
    }

    private func configMap(
        _ source: Value, _ name: String, _ mode: UInt16, volume: String
    ) throws(ContainerFault) -> [String: ProjectedFile] {
        guard let map = objects.configMap(namespace: pod.namespace, name: name) else {
            // Every namespace gets its own copy, if a little later than its first pods.
            if source.flag("optional") || name == "kube-root-ca.crt" { return [:] }
            throw .mount(volume, "configmap \(name.goQuoted) not found")
        }
        var content: [String: [UInt8]] = [:]
        for (key, text) in map["data"]?.object ?? [:] { content[key] = Array((text.string ?? "").utf8) }
        for (key, text) in map["binaryData"]?.object ?? [:] { content[key] = Base64.decode(text.string ?? "") }
        return try items(source, content, mode) { key throws(ContainerFault) in
            throw .mount(volume, "configmap references non-existent config key: \(key)")
        }
    }

    private func secret(
        _ source: Value, _ name: String, _ mode: UInt16, volume: String
    ) throws(ContainerFault) -> [String: ProjectedFile] {
        guard let secret = objects.secret(namespace: pod.namespace, name: name) else {
            if source.flag("optional") { return [:] }
            throw .mount(volume, "secret \(name.goQuoted) not found")
        }
        var content: [String: [UInt8]] = [:]
        for (key, text) in secret["data"]?.object ?? [:] { content[key] = Base64.decode(text.string ?? "") }
        return try items(source, content, mode) { key throws(ContainerFault) in
            throw .mount(volume, "references non-existent secret key: \(key)")
        }
    }

    private func items(
        _ source: Value, _ content: [String: [UInt8]], _ mode: UInt16,
        missing: (String) throws(ContainerFault) -> Void
    ) throws(ContainerFault) -> [String: ProjectedFile] {
        let chosen = source.items("items")
        if chosen.isEmpty { return content.mapValues { ProjectedFile(bytes: $0, mode: mode) } }
        var result: [String: ProjectedFile] = [:]
        for item in chosen {
            let key = item.text("key")
            if let bytes = content[key] {
                result[item.text("path")] = ProjectedFile(bytes: bytes, mode: Self.mode(item["mode"], mode))
            } else if !source.flag("optional") {
                try missing(key)
            }
        }
        return result
    }

    private func downward(
        _ source: Value, _ mode: UInt16, volume: String
    ) throws(ContainerFault) -> [String: ProjectedFile] {
        let field = DownwardField(pod: pod, node: node)
        var result: [String: ProjectedFile] = [:]
        for item in source.items("items") {
            let text: String?
            if let reference = item["fieldRef"] {
                text = field.field(reference.text("fieldPath"))
            } else {
                text = item["resourceFieldRef"].flatMap { field.resource($0, container: nil) }
            }
            guard let text else { throw .mount(volume, "unsupported field of \(item.text("path").goQuoted)") }
            result[item.text("path")] = ProjectedFile(bytes: Array(text.utf8), mode: Self.mode(item["mode"], mode))
        }
        return result
    }

    private func token(_ source: Value, _ mode: UInt16) -> ProjectedFile? {
        let audience = source["audience"]?.string
        guard
            let token = tokens?.token(
                for: pod, audience: audience?.isEmpty == true ? nil : audience,
                seconds: source["expirationSeconds"]?.int ?? 3600)
        else { return nil }
        let users = Set(PodView(pod).containers.map { $0.at("securityContext", "runAsUser")?.int })
        let user = users.count == 1 ? users.first.flatMap { $0 } : nil
        let owner = user ?? pod.at("spec", "securityContext", "runAsUser")?.int
        let isPrivate = owner != nil || pod.at("spec", "securityContext", "fsGroup") != nil
        return ProjectedFile(
            bytes: Array(token.utf8), mode: isPrivate ? 0o600 : mode, user: owner.map { UInt32(clamping: $0) } ?? 0)
    }
}

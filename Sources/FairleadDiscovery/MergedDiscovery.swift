import FairleadKinds
import FairleadModel
import FairleadSchema

/// The discovery documents of this server with the group versions of others in their places.
///
/// Groups are ordered by their priorities, then by name; versions within a group by theirs, then by Kubernetes' order of
/// versions. This server's own groups keep the order that they have among each other.
///
/// Reference: k8s.io/kube-aggregator `pkg/apiserver` (handler_apis.go, handler_discovery.go).
struct MergedDiscovery: Sendable {
    let local: DiscoveryDocuments
    let remote: RemoteContents

    /// `/apis`.
    func groupList() -> Value {
        var list = local.groupList()
        if remote.versions.isEmpty { return list }
        let own = Dictionary(uniqueKeysWithValues: (list["groups"]?.array ?? []).map { ($0["name"]?.string ?? "", $0) })
        list["groups"] = .array(
            order(list["groups"]?.array?.compactMap { $0["name"]?.string } ?? []).map { name in
                merged(own[name], name)
            })
        return list
    }

    /// `/apis/<group>`; nil for a group that nobody serves.
    func group(_ name: String) -> Value? {
        let own = local.group(name)
        guard remote.versions.contains(where: { $0.group == name }) else { return own }
        var group = merged(own, name)
        group["kind"] = "APIGroup"
        group["apiVersion"] = "v1"
        return group
    }

    /// `/api` and `/apis` with all resources.
    func aggregated(core: Bool) -> Value {
        var document = local.aggregated(core: core)
        if core || remote.versions.isEmpty { return document }
        let items = document["items"]?.array ?? []
        let own = Dictionary(uniqueKeysWithValues: items.map { ($0.at("metadata", "name")?.string ?? "", $0) })
        document["items"] = .array(
            order(items.compactMap { $0.at("metadata", "name")?.string }).map { name in
                let known = own[name]?["versions"]?.array ?? []
                let versions = ordered(known.compactMap { $0["version"]?.string }, of: name).map { version -> Value in
                    other(name, version).map(Self.aggregated)
                        ?? known.first { $0["version"]?.string == version } ?? .null
                }
                return ["metadata": ["name": .string(name)], "versions": .array(versions)]
            })
        return document
    }

    /// The paths of remote versions, for the list at `/`.
    var paths: [String] { remote.versions.flatMap { ["/apis/\($0.group)", "/apis/\($0.group)/\($0.version)"] } }

    private func other(_ group: String, _ version: String) -> RemoteVersion? {
        remote.versions.first { $0.group == group && $0.version == version }
    }

    private func merged(_ own: Value?, _ name: String) -> Value {
        let known = own?["versions"]?.array?.compactMap { $0["version"]?.string } ?? []
        let versions: [Value] = ordered(known, of: name).map { version in
            ["groupVersion": .string("\(name)/\(version)"), "version": .string(version)]
        }
        return ["name": .string(name), "versions": .array(versions), "preferredVersion": versions.first ?? .null]
    }

    // MARK: - order

    /// The names of all groups, given those of this server.
    private func order(_ own: [String]) -> [String] {
        // No APIService is about APIServices: their group comes first.
        var result = own.map { name in
            (name: name, priority: name == "apiregistration.k8s.io" ? .max : remote.groupPriority(name))
        }
        var others: [String: Int64] = [:]
        for version in remote.versions where !own.contains(version.group) {
            others[version.group] = max(version.groupPriority, others[version.group] ?? 0)
        }
        for (name, priority) in others.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            let place = result.firstIndex { $0.priority < priority || $0.priority == priority && $0.name > name }
            result.insert((name, priority), at: place ?? result.endIndex)
        }
        return result.map(\.name)
    }

    /// The versions of a group, given those of this server.
    private func ordered(_ own: [String], of group: String) -> [String] {
        let others = remote.versions.filter { $0.group == group }
        if others.isEmpty { return own }
        var priorities: [String: Int64] = [:]
        for version in own { priorities[version] = remote.versionPriority(version, of: group) }
        for version in others { priorities[version.version] = version.versionPriority }
        return priorities.sorted { left, right in
            left.value != right.value ? left.value > right.value : VersionOrder.precedes(left.key, right.key)
        }.map(\.key)
    }

    // MARK: - resources

    private static func aggregated(_ version: RemoteVersion) -> Value {
        var resources: [Object] = []
        var places: [String: Int] = [:]
        var parts: [String: [Value]] = [:]
        for entry in version.resources?["resources"]?.array ?? [] {
            let names = (entry["name"]?.string ?? "").split(separator: "/", maxSplits: 1).map(String.init)
            guard let name = names.first else { continue }
            let kind: Value = [
                "group": text(entry, "group"), "version": text(entry, "version"), "kind": text(entry, "kind"),
            ]
            if names.count == 2 {
                parts[name, default: []].append([
                    "subresource": .string(names[1]), "responseKind": kind, "verbs": texts(entry, "verbs"),
                ])
                continue
            }
            guard places[name] == nil else { continue }
            var resource: Object = [
                "resource": .string(name), "responseKind": kind,
                "scope": entry["namespaced"]?.bool == true ? "Namespaced" : "Cluster",
                "singularResource": text(entry, "singularName"), "verbs": texts(entry, "verbs"),
            ]
            for field in ["shortNames", "categories"] where entry[field]?.array?.isEmpty == false {
                resource[field] = texts(entry, field)
            }
            places[name] = resources.count
            resources.append(resource)
        }
        for (name, list) in parts {
            if let place = places[name] { resources[place]["subresources"] = .array(list) }
        }
        var result: Object = ["version": .string(version.version)]
        if !resources.isEmpty { result["resources"] = .array(resources.map { .object($0) }) }
        result["freshness"] = version.isFresh && version.resources != nil ? "Current" : "Stale"
        return .object(result)
    }

    /// What another server says is taken for what it should be, whatever it is.
    private static func text(_ entry: Value, _ field: String) -> Value { .string(entry[field]?.string ?? "") }

    private static func texts(_ entry: Value, _ field: String) -> Value {
        .array((entry[field]?.array ?? []).compactMap(\.string).map { .string($0) })
    }
}

package import FairleadModel

/// The lists that clients use for discovery.
///
/// Reference: Kubernetes API reference, meta/v1 APIGroupList, APIResourceList; KEP-3352 (aggregated discovery).
package struct DiscoveryDocuments: Sendable {
    let table: ResourceTable

    package init(table: ResourceTable) { self.table = table }

    /// `/api`.
    ///
    /// - Parameter serverAddress: the host and port at which the client reached the server.
    package func coreVersions(serverAddress: String) -> Value {
        [
            "kind": "APIVersions",
            "versions": .array((table.groups.first { $0.name.isEmpty }?.versions ?? []).map { .string($0) }),
            "serverAddressByClientCIDRs": [
                ["clientCIDR": "0.0.0.0/0", "serverAddress": .string(serverAddress)]
            ],
        ]
    }

    /// `/apis`.
    package func groupList() -> Value {
        [
            "kind": "APIGroupList", "apiVersion": "v1",
            "groups": .array(table.groups.filter { !$0.name.isEmpty }.map { .object(Self.group($0)) }),
        ]
    }

    /// `/apis/<group>`; nil for a group that is not served.
    package func group(_ name: String) -> Value? {
        guard !name.isEmpty, let group = table.groups.first(where: { $0.name == name }) else { return nil }
        var object = Self.group(group)
        object["kind"] = "APIGroup"
        object["apiVersion"] = "v1"
        return .object(object)
    }

    private static func group(_ group: ResourceTable.Group) -> Object {
        let versions: [Value] = group.versions.map {
            ["groupVersion": .string("\(group.name)/\($0)"), "version": .string($0)]
        }
        return ["name": .string(group.name), "versions": .array(versions), "preferredVersion": versions.first ?? .null]
    }

    /// `/api/v1`, `/apis/<group>/<version>`; nil for a version that is not served.
    package func resourceList(group: String, version: String) -> Value? {
        guard table.hasVersion(version, of: group) else { return nil }
        var resources: [Value] = []
        for info in table.resources(of: group, version) {
            resources.append(Self.resource(info))
            for part in info.subresources { resources.append(Self.subresource(part, of: info)) }
        }
        var list: Object = [
            "kind": "APIResourceList", "resources": .array(resources),
            "groupVersion": .string(group.isEmpty ? version : "\(group)/\(version)"),
        ]
        if !group.isEmpty { list["apiVersion"] = "v1" }
        return .object(list)
    }

    private static func resource(_ info: ResourceInfo) -> Value {
        var object: Object = [
            "name": .string(info.gvr.resource), "singularName": .string(info.singular),
            "namespaced": .bool(info.isNamespaced), "kind": .string(info.kind), "verbs": strings(info.verbs),
        ]
        if !info.shortNames.isEmpty { object["shortNames"] = strings(info.shortNames) }
        if !info.categories.isEmpty { object["categories"] = strings(info.categories) }
        if !info.storageVersionHash.isEmpty { object["storageVersionHash"] = .string(info.storageVersionHash) }
        return .object(object)
    }

    private static func subresource(_ part: SubresourceInfo, of info: ResourceInfo) -> Value {
        var object: Object = [
            "name": .string("\(info.gvr.resource)/\(part.name)"), "singularName": "",
            "namespaced": .bool(info.isNamespaced), "kind": .string(part.kind), "verbs": strings(part.verbs),
        ]
        if let group = part.group { object["group"] = .string(group) }
        if let version = part.version { object["version"] = .string(version) }
        return .object(object)
    }

    /// `/api` and `/apis` as one document that includes all resources (apidiscovery.k8s.io/v2).
    package func aggregated(core: Bool) -> Value {
        let groups = table.groups.filter { $0.name.isEmpty == core }
        return [
            "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": .object(Object()),
            "items": .array(groups.map { aggregated($0) }),
        ]
    }

    private func aggregated(_ group: ResourceTable.Group) -> Value {
        let versions: [Value] = group.versions.map { version in
            [
                "version": .string(version), "freshness": "Current",
                "resources": .array(table.resources(of: group.name, version).map { Self.aggregated($0) }),
            ]
        }
        let metadata: Object = group.name.isEmpty ? [:] : ["name": .string(group.name)]
        return ["metadata": .object(metadata), "versions": .array(versions)]
    }

    private static func aggregated(_ info: ResourceInfo) -> Value {
        // The kind's group and version are left empty if they are those of the list, except for custom kinds.
        var object: Object = [
            "resource": .string(info.gvr.resource), "singularResource": .string(info.singular),
            "responseKind": kind(info.kind, group: info.gvr.group, version: info.gvr.version, in: info),
            "scope": info.isNamespaced ? "Namespaced" : "Cluster", "verbs": strings(info.verbs),
        ]
        if !info.shortNames.isEmpty { object["shortNames"] = strings(info.shortNames) }
        if !info.categories.isEmpty { object["categories"] = strings(info.categories) }
        if !info.subresources.isEmpty {
            object["subresources"] = .array(
                info.subresources.map { part in
                    let group = part.group ?? info.gvr.group
                    let version = part.version ?? info.gvr.version
                    return [
                        "subresource": .string(part.name), "verbs": strings(part.verbs),
                        "responseKind": kind(part.kind, group: group, version: version, in: info),
                    ]
                })
        }
        return .object(object)
    }

    private static func kind(_ kind: String, group: String, version: String, in info: ResourceInfo) -> Value {
        let isOwn = group == info.gvr.group && version == info.gvr.version && !info.isCustom
        return [
            "group": .string(isOwn ? "" : group), "version": .string(isOwn ? "" : version), "kind": .string(kind),
        ]
    }

    private static func strings(_ texts: [String]) -> Value { .array(texts.map { .string($0) }) }
}

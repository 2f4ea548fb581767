package import FairleadModel

/// All served resources, in discovery order. Immutable.
package final class ResourceTable: Sendable {
    package let all: [ResourceInfo]
    /// The groups, the core group ("") first, then in the order of `/apis`.
    package let groups: [Group]

    package struct Group: Sendable {
        package let name: String
        /// The preferred version first.
        package let versions: [String]
    }

    private let byResource: [GroupVersionResource: ResourceInfo]
    private let byKind: [KindName: ResourceInfo]

    private struct KindName: Hashable {
        var apiVersion: String
        var kind: String
    }

    package init(_ resources: [ResourceInfo]) {
        all = resources
        var groups: [Group] = []
        var byResource: [GroupVersionResource: ResourceInfo] = [:]
        var byKind: [KindName: ResourceInfo] = [:]
        for info in resources {
            byResource[info.gvr] = info
            byKind[KindName(apiVersion: info.apiVersion, kind: info.kind)] = info
            if let index = groups.firstIndex(where: { $0.name == info.gvr.group }) {
                if !groups[index].versions.contains(info.gvr.version) {
                    groups[index] = Group(
                        name: info.gvr.group, versions: groups[index].versions + [info.gvr.version])
                }
            } else {
                groups.append(Group(name: info.gvr.group, versions: [info.gvr.version]))
            }
        }
        self.groups = groups
        self.byResource = byResource
        self.byKind = byKind
    }

    package func resource(_ gvr: GroupVersionResource) -> ResourceInfo? { byResource[gvr] }

    package func resource(kind: String, apiVersion: String) -> ResourceInfo? {
        byKind[KindName(apiVersion: apiVersion, kind: kind)]
    }

    /// The resource's preferred version.
    package func resource(_ resource: GroupResource) -> ResourceInfo? { all.first { $0.groupResource == resource } }

    package func hasGroup(_ group: String) -> Bool { groups.contains { $0.name == group } }

    package func hasVersion(_ version: String, of group: String) -> Bool {
        groups.contains { $0.name == group && $0.versions.contains(version) }
    }

    /// The resources of one version, by name.
    package func resources(of group: String, _ version: String) -> [ResourceInfo] {
        all.filter { $0.gvr.group == group && $0.gvr.version == version }.sorted { $0.gvr.resource < $1.gvr.resource }
    }
}

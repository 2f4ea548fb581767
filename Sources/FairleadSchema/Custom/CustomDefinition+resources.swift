import FairleadModel

extension CustomDefinition {
    /// One version as a served resource, like the built-in ones.
    package func resource(_ version: CustomDefinition.Version) -> ResourceInfo {
        var parts: [SubresourceInfo] = []
        let verbs = ["get", "patch", "update"]
        if version.scale != nil {
            parts.append(
                SubresourceInfo(name: "scale", kind: "Scale", group: "autoscaling", version: "v1", verbs: verbs))
        }
        if version.hasStatus {
            parts.append(SubresourceInfo(name: "status", kind: names.kind, group: nil, version: nil, verbs: verbs))
        }
        return ResourceInfo(
            gvr: GroupVersionResource(group: group, version: version.name, resource: plural), kind: names.kind,
            listKind: names.listKind, singular: names.singular, shortNames: names.shortNames,
            categories: names.categories, isNamespaced: isNamespaced, verbs: Self.verbs, subresources: parts,
            typeName: CustomDefinition.schemaName(group: group, version: version.name, kind: names.kind),
            storage: groupResource, isStored: true,
            storageVersionHash: CustomDefinition.storageHash("\(group)/\(storageVersion)/\(names.kind)"), isCustom: true
        )
    }

    private static let verbs: [String] = [
        "delete", "deletecollection", "get", "list", "patch", "create", "update", "watch",
    ]
}

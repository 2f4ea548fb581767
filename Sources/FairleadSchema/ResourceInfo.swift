package import FairleadModel

/// One served resource: its names, verbs and subresources.
package struct ResourceInfo: Sendable {
    package let gvr: GroupVersionResource
    package let kind: String
    package let listKind: String
    package let singular: String
    package let shortNames: [String]
    package let categories: [String]
    package let isNamespaced: Bool
    package let verbs: [String]
    package let subresources: [SubresourceInfo]
    /// The definition's name: `io.k8s.api.core.v1.Service`.
    package let typeName: String
    /// Where its objects are stored; several versions or groups may share the same storage (events).
    package let storage: GroupResource
    /// Whether objects are stored at all: reviews and bindings are answered, but not stored.
    package let isStored: Bool
    /// Eight bytes of a hash over the stored kind, in base64; empty if nothing is stored.
    package let storageVersionHash: String
    /// Whether it was created from a CustomResourceDefinition.
    package let isCustom: Bool

    package init(
        gvr: GroupVersionResource, kind: String, listKind: String, singular: String, shortNames: [String],
        categories: [String], isNamespaced: Bool, verbs: [String], subresources: [SubresourceInfo], typeName: String,
        storage: GroupResource, isStored: Bool, storageVersionHash: String, isCustom: Bool = false
    ) {
        self.gvr = gvr
        self.kind = kind
        self.listKind = listKind
        self.singular = singular
        self.shortNames = shortNames
        self.categories = categories
        self.isNamespaced = isNamespaced
        self.verbs = verbs
        self.subresources = subresources
        self.typeName = typeName
        self.storage = storage
        self.isStored = isStored
        self.storageVersionHash = storageVersionHash
        self.isCustom = isCustom
    }

    package var groupResource: GroupResource { gvr.groupResource }
    package var apiVersion: String { gvr.apiVersion }

    package func subresource(_ name: String) -> SubresourceInfo? { subresources.first { $0.name == name } }
}

/// A part of an object with its own path.
package struct SubresourceInfo: Sendable {
    package let name: String
    /// The kind that is read and written there; its group and version are nil if they are the resource's own.
    package let kind: String
    package let group: String?
    package let version: String?
    package let verbs: [String]

    /// - Parameter group: nil, like `version`, if it is the resource's own.
    package init(name: String, kind: String, group: String?, version: String?, verbs: [String]) {
        self.name = name
        self.kind = kind
        self.group = group
        self.version = version
        self.verbs = verbs
    }
}

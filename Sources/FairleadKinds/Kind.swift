package import FairleadModel
package import FairleadSchema

/// A served kind and everything known about it: its names, subresources, verbs, rules and columns.
///
/// Built-in kinds are described in the folders of their names and listed in `BuiltInKinds.swift`; the others are
/// created from CustomResourceDefinitions. Immutable: a request keeps the kind that it began with.
package final class Kind: Sendable {
    package let info: ResourceInfo
    package let strategy: any ResourceStrategy
    package let columns: TablePrinter
    /// Warnings that every answer about the kind carries.
    package let readWarnings: [String]
    /// The folder under `/registry` where Kubernetes keeps the objects in etcd.
    private let storageFolder: String
    /// What is specific to custom resources; nil for built-in kinds.
    package let custom: Kind.Custom?
    /// For kinds that are stored in the form of another kind.
    package let conversion: Conversion?

    /// A built-in kind.
    ///
    /// - Parameters:
    ///   - kind: `Service`; the singular defaults to it in lower case.
    ///   - resource: `services`, as in paths.
    ///   - package: the package of the type's definition, `core.v1`.
    ///   - typeName: the definition, if its name does not follow from the package.
    ///   - storage: the resource that the objects are stored under, if it is another one.
    ///   - storageFolder: the folder in etcd, if it is not named after the resource.
    ///   - storageHash: the `storageVersionHash` of discovery, empty if nothing is stored.
    ///   - conversion: set if the objects are stored in another form, which the strategy then refers to.
    convenience init(
        _ kind: String, group: String = "", version: String = "v1", resource: String, singular: String? = nil,
        shortNames: [String] = [], categories: [String] = [], isNamespaced: Bool = true,
        verbs: [String] = everyVerb, subresources: [SubresourceInfo] = [], package: String = "",
        typeName: String? = nil, storage: GroupResource? = nil, storageFolder: String? = nil,
        storageHash: String = "", readWarnings: [String] = [], strategy: any ResourceStrategy = PlainStrategy(),
        columns: TablePrinter = .nameAndCreation, conversion: Conversion? = nil
    ) {
        let gvr = GroupVersionResource(group: group, version: version, resource: resource)
        self.init(
            info: ResourceInfo(
                gvr: gvr, kind: kind, listKind: kind + "List", singular: singular ?? kind.lowercased(),
                shortNames: shortNames, categories: categories, isNamespaced: isNamespaced, verbs: verbs,
                subresources: subresources.sorted { $0.name < $1.name },
                typeName: typeName ?? "io.k8s.api.\(package).\(kind)", storage: storage ?? gvr.groupResource,
                isStored: verbs.contains("watch"), storageVersionHash: storageHash),
            strategy: strategy, columns: columns, readWarnings: readWarnings, storageFolder: storageFolder,
            conversion: conversion)
    }

    init(
        info: ResourceInfo, strategy: any ResourceStrategy, columns: TablePrinter, readWarnings: [String] = [],
        storageFolder: String? = nil, custom: Kind.Custom? = nil, conversion: Conversion? = nil
    ) {
        self.info = info
        self.strategy = strategy
        self.columns = columns
        self.readWarnings = readWarnings
        self.storageFolder = storageFolder ?? info.gvr.resource
        self.custom = custom
        self.conversion = conversion
    }

    static let everyVerb: [String] = [
        "create", "delete", "deletecollection", "get", "list", "patch", "update", "watch",
    ]

    package var groupResource: GroupResource { info.gvr.groupResource }
    package var apiVersion: String { info.gvr.apiVersion }

    /// Whether finalizers need no domain prefix: only the core's validation requires one.
    package var allowsAnyFinalizer: Bool { custom != nil || info.gvr.group == "apiextensions.k8s.io" }

    package func key(namespace: String, name: String) -> ObjectKey {
        ObjectKey(info.storage, namespace: namespace, name: name)
    }

    /// The etcd key under which Kubernetes keeps an object. Clients see it only in the messages of failed
    /// preconditions.
    package func storagePath(of key: ObjectKey) -> String {
        "/registry/\(storageFolder)/" + (key.namespace.isEmpty ? key.name : "\(key.namespace)/\(key.name)")
    }

    package func notFound(_ name: String) -> APIStatus { .notFound(groupResource, name: name) }

    /// - Parameter object: what was refused; a custom object may name a kind other than its own.
    package func invalid(_ name: String, _ errors: [FieldError], of object: Value? = nil) -> APIStatus {
        if custom != nil, let object {
            return .invalid(group: info.gvr.group, kind: object.kind, name: name, errors: errors)
        }
        // An Event is validated in its stored form.
        return .invalid(group: convertsEvents ? "" : info.gvr.group, kind: info.kind, name: name, errors: errors)
    }
}

/// A kind without rules of its own.
struct PlainStrategy: ResourceStrategy {}

extension SubresourceInfo {
    static func status(_ kind: String) -> SubresourceInfo { part("status", kind) }

    /// A subresource with the kind `kind`, in the resource's own group and version.
    static func part(
        _ name: String, _ kind: String, _ verbs: [String] = ["get", "patch", "update"]
    ) -> SubresourceInfo {
        SubresourceInfo(name: name, kind: kind, group: nil, version: nil, verbs: verbs)
    }

    /// - Parameter kind: of its options.
    static func proxy(_ kind: String) -> SubresourceInfo {
        part("proxy", kind, ["create", "delete", "get", "patch", "update"])
    }

    static let scale = SubresourceInfo(
        name: "scale", kind: "Scale", group: "autoscaling", version: "v1", verbs: ["get", "patch", "update"])
}

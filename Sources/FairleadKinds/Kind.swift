package import FairleadModel
package import FairleadSchema

/// One served kind and all that is known about it: what it is called and can be asked, its rules, its columns.
///
/// Those that are built in describe themselves in the folders of their names and are listed in `BuiltInKinds.swift`;
/// the others are made of CustomResourceDefinitions. Immutable: a request goes on with the kind that it began with.
package final class Kind: Sendable {
    package let info: ResourceInfo
    package let strategy: any ResourceStrategy
    package let columns: TablePrinter
    /// Warnings that every answer about the kind carries.
    package let readWarnings: [String]
    /// Where below `/registry` Kubernetes keeps the objects in etcd.
    private let storageFolder: String
    /// What is particular to custom resources; nil for built-in kinds.
    package let custom: Kind.Custom?
    /// For kinds that are stored in the form of another one.
    package let conversion: Conversion?

    /// A kind of Kubernetes.
    ///
    /// - Parameters:
    ///   - kind: `Service`; the singular, unless given, is the same in lower case.
    ///   - resource: `services`, as in paths.
    ///   - package: the package of the type's definition, `core.v1`.
    ///   - typeName: the definition, where its name does not follow from the package.
    ///   - storage: where the objects are stored if that is among those of another resource.
    ///   - storageFolder: the folder in etcd where it is not named after the resource.
    ///   - storageHash: the `storageVersionHash` of discovery, empty where nothing is stored.
    ///   - conversion: where the objects are stored in another form; the strategy is about that one.
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

    /// Whether finalizers need not be qualified by a domain: the core's validation asks for that, others do not.
    package var allowsAnyFinalizer: Bool { custom != nil || info.gvr.group == "apiextensions.k8s.io" }

    package func key(namespace: String, name: String) -> ObjectKey {
        ObjectKey(info.storage, namespace: namespace, name: name)
    }

    /// Where Kubernetes keeps an object in etcd. Clients see these keys only in the words of failed preconditions.
    package func storagePath(of key: ObjectKey) -> String {
        "/registry/\(storageFolder)/" + (key.namespace.isEmpty ? key.name : "\(key.namespace)/\(key.name)")
    }

    package func notFound(_ name: String) -> APIStatus { .notFound(groupResource, name: name) }

    /// - Parameter object: what was refused; a custom object may name another kind than it should.
    package func invalid(_ name: String, _ errors: [FieldError], of object: Value? = nil) -> APIStatus {
        if custom != nil, let object {
            return .invalid(group: info.gvr.group, kind: object.kind, name: name, errors: errors)
        }
        // An Event is validated as what it is stored as.
        return .invalid(group: convertsEvents ? "" : info.gvr.group, kind: info.kind, name: name, errors: errors)
    }
}

/// A kind without rules of its own.
struct PlainStrategy: ResourceStrategy {}

extension SubresourceInfo {
    static func status(_ kind: String) -> SubresourceInfo { part("status", kind) }

    /// A part with the kind `kind`, of the resource's own group and version.
    static func part(
        _ name: String, _ kind: String, _ verbs: [String] = ["get", "patch", "update"]
    ) -> SubresourceInfo {
        SubresourceInfo(name: name, kind: kind, group: nil, version: nil, verbs: verbs)
    }

    /// - Parameter kind: that of its options.
    static func proxy(_ kind: String) -> SubresourceInfo {
        part("proxy", kind, ["create", "delete", "get", "patch", "update"])
    }

    static let scale = SubresourceInfo(
        name: "scale", kind: "Scale", group: "autoscaling", version: "v1", verbs: ["get", "patch", "update"])
}

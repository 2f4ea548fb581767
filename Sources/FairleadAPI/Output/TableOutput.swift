import FairleadKinds
package import FairleadModel

/// Objects as seen by clients that ask for `as=Table` or `as=PartialObjectMetadata` (meta/v1).
package enum TableOutput {
    /// What a row carries besides its cells: nothing, the metadata (the default) or the whole object.
    package enum IncludeObject: String, Sendable {
        case none = "None"
        case metadata = "Metadata"
        case object = "Object"
    }

    /// A Table of objects in the version of the path.
    ///
    /// - Parameters:
    ///   - listMeta: resourceVersion, and for lists continue and remainingItemCount.
    ///   - showsColumns: false for all but the first event of a watch, which have null columnDefinitions.
    ///   - version: of meta.k8s.io: `v1` or `v1beta1`.
    static func table(
        of objects: [Value], listMeta: Object, printer: TablePrinter, includeObject: IncludeObject = .metadata,
        showsColumns: Bool = true, version: String = "v1", now: Timestamp
    ) -> Value {
        let rows = objects.map { object in
            row(for: object, printer, includeObject, version: version, now: now)
        }
        return [
            "kind": "Table", "apiVersion": .string("meta.k8s.io/\(version)"), "metadata": .object(listMeta),
            "columnDefinitions": showsColumns ? printer.columns : .null, "rows": .array(rows),
        ]
    }

    static func row(
        for object: Value, _ printer: TablePrinter, _ includeObject: IncludeObject, version: String, now: Timestamp
    ) -> Value {
        var row: Object = ["cells": .array(printer.row(for: object, now: now))]
        let conditions = printer.conditions(TableSubject(object, now: now))
        if !conditions.isEmpty { row["conditions"] = .array(conditions) }
        switch includeObject {
        case .none: row["object"] = .null
        case .metadata: row["object"] = partialMetadata(of: object, version: version)
        case .object: row["object"] = object
        }
        return .object(row)
    }

    /// Only the metadata of an object.
    package static func partialMetadata(of object: Value, version: String = "v1") -> Value {
        [
            "kind": "PartialObjectMetadata", "apiVersion": .string("meta.k8s.io/\(version)"),
            "metadata": object["metadata"] ?? .object(Object()),
        ]
    }

    /// A list of metadata; unlike items of typed lists, its items have a kind and an apiVersion.
    package static func partialMetadataList(of objects: [Value], listMeta: Object, version: String = "v1") -> Value {
        [
            "kind": "PartialObjectMetadataList", "apiVersion": .string("meta.k8s.io/\(version)"),
            "metadata": .object(listMeta), "items": .array(objects.map { partialMetadata(of: $0, version: version) }),
        ]
    }
}

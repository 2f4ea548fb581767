import FairleadKinds
package import FairleadModel
package import FairleadSchema
package import FairleadStorage

/// Calls the webhook of a definition that converts its objects between versions.
package protocol CustomConverter: Sendable {
    /// - Parameters:
    ///   - objects: in any versions of the definition but the desired one.
    ///   - apiVersion: the desired one.
    /// - Returns: as many objects, in the same order.
    /// - Throws: 500 if the webhook fails, or answers with something else.
    func convert(
        _ objects: [Value], of definition: CustomDefinition, to apiVersion: String, _ snapshot: Snapshot
    ) async throws(APIStatus) -> [Value]
}

extension Kind {
    /// Whether objects stored in another version are converted by a webhook: they must be before they are shown.
    var isConvertedByWebhook: Bool { custom?.definition.conversionWebhook != nil }
}

extension API {
    /// How many objects a webhook converts at once.
    private static let batch = 200

    /// Stored objects that are to be shown as a kind: in its version where a webhook converts to it, and otherwise as
    /// they are.
    func presentable(_ objects: [StoredObject], _ kind: Kind) async throws(APIStatus) -> [StoredObject] {
        guard let custom = kind.custom, custom.definition.conversionWebhook != nil else { return objects }
        var result = objects
        var places: [Int] = []
        for (place, object) in objects.enumerated() where object.value.apiVersion != custom.apiVersion {
            if let known = conversions[object, custom] {
                result[place] = known
            } else {
                places.append(place)
            }
        }
        var rest = places[...]
        while !rest.isEmpty {
            let now = rest.prefix(Self.batch)
            rest = rest.dropFirst(Self.batch)
            let shown = try await converted(now.map { objects[$0].value }, custom.definition, to: kind)
            for (place, value) in zip(now, shown) {
                let object = StoredObject(
                    key: objects[place].key, document: Document(value), revision: objects[place].revision,
                    createRevision: objects[place].createRevision)
                conversions[objects[place], custom] = object
                result[place] = object
            }
        }
        return result
    }

    /// The object as clients of the kind see it.
    func presented(_ object: StoredObject, _ kind: Kind) async throws(APIStatus) -> Value {
        guard kind.isConvertedByWebhook else { return kind.presented(object.value) }
        return kind.presented(try await presentable([object], kind)[0].value)
    }

    /// The object as it is stored.
    func stored(_ object: Value, _ kind: Kind) async throws(APIStatus) -> Value {
        guard let custom = kind.custom, custom.definition.conversionWebhook != nil,
            object.apiVersion != custom.definition.storageAPIVersion,
            let storage = custom.definition.versions.first(where: \.isStorage),
            let target = kinds.anyKind(
                GroupVersionResource(
                    group: kind.info.gvr.group, version: storage.name, resource: kind.info.gvr.resource))
        else { return kind.stored(object) }
        var stored = try await converted([object], custom.definition, to: target)[0]
        storage.schema.prune(&stored)
        return stored
    }

    /// Objects in the version of `kind`, by the webhook of their definition or, without one, by name only.
    func converted(
        _ objects: [Value], _ definition: CustomDefinition, to kind: Kind
    ) async throws(APIStatus) -> [Value] {
        guard definition.conversionWebhook != nil, let converter else {
            return objects.map { kind.presented(kind.stored($0)) }
        }
        let places = objects.indices.filter { objects[$0].apiVersion != kind.apiVersion }
        if places.isEmpty { return objects }
        // Revisions are not known yet when Kubernetes converts.
        let asked = places.map { place in
            var object = objects[place]
            object.set(nil, at: "metadata", "resourceVersion")
            return object
        }
        let answers = try await converter.convert(asked, of: definition, to: kind.apiVersion, store.current)
        var result = objects
        for (place, var answer) in zip(places, answers) {
            answer.set(objects[place].at("metadata", "resourceVersion"), at: "metadata", "resourceVersion")
            result[place] = answer
        }
        return result
    }
}

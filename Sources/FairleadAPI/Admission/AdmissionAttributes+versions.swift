package import FairleadKinds
package import FairleadModel

/// Rules name resources in one version, and mean the same objects in others: those that are stored as the same objects.
extension AdmissionAttributes {
    /// The other kinds under which the objects of the resource are served.
    package var equivalentKinds: [Kind] {
        if let custom = kind.custom {
            return custom.definition.versions.compactMap { version in
                guard version.name != custom.version.name else { return nil }
                return api.kinds.kind(
                    GroupVersionResource(
                        group: kind.info.gvr.group, version: version.name, resource: kind.info.gvr.resource))
            }
        }
        return api.kinds.resources.all.compactMap { info in
            guard info.storage == kind.info.storage, info.isStored, info.gvr != kind.info.gvr else { return nil }
            return api.kinds.kind(info.gvr)
        }
    }

    /// The object as another kind shows it. Parts are the same whatever the version of what they belong to.
    package func converted(_ object: Value?, to other: Kind) async throws(APIStatus) -> Value? {
        guard let object, case .object = form, other !== kind else { return object }
        return try await api.converted(object, from: kind, to: other)
    }

    /// An object of another kind in the version of the request.
    package func converted(_ object: Value, from other: Kind) async throws(APIStatus) -> Value {
        guard case .object = form, other !== kind else { return object }
        return try await api.converted(object, from: other, to: kind)
    }

    /// Like `decode`, for an object that is shown as another kind.
    package func decode(_ object: Value, as other: Kind) throws(APIStatus) -> Value {
        guard case .object = form, other !== kind else { return try decode(object) }
        return try api.admissionDecoded(object, as: other)
    }
}

extension API {
    /// An object of one version of a resource in another one.
    func converted(_ object: Value, from: Kind, to: Kind) async throws(APIStatus) -> Value {
        if let source = from.custom, to.custom != nil {
            return try await converted([object], source.definition, to: to)[0]
        }
        let stored = from.conversion?.toStored(object) ?? object
        var shown = to.conversion?.fromStored(stored) ?? stored
        shown["kind"] = .string(to.info.kind)
        shown["apiVersion"] = .string(to.apiVersion)
        return shown
    }
}

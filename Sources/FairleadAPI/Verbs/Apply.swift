import FairleadKinds
import FairleadMerge
import FairleadModel
import FairleadSchema
import FairleadStorage

extension API {
    /// Applies a configuration to the object `name`, creating it if there is none.
    ///
    /// - Throws: 400 and 500 for a configuration that does not fit, 409 for fields of other managers (unless
    ///   `options.force`), and any error of a create or an update.
    func apply(
        _ kind: Kind, namespace: String, name: String, _ request: ApplyRequest, scope: UpdateScope = .main,
        options: WriteOptions
    ) async throws(APIStatus) -> WriteResult {
        try request.checkKind(is: kind.info.kind, apiVersion: kind.apiVersion)
        let duplicates = try request.warnings(options.fieldValidation)
        let key = kind.key(namespace: namespace, name: name)
        var attempt = 0
        while scope == .main, store.current.isFree(key) {
            attempt += 1
            do {
                let object = try applied(request, to: nil, kind, namespace: namespace, name: name, scope, options)
                var result = try await create(
                    kind, namespace: namespace, object, options: options, ownership: .settled)
                result.warnings = duplicates + result.warnings
                return result
            } catch  where error.reason == "AlreadyExists" && attempt < 3 && !store.current.isFree(key) {
                continue
            }
        }
        return try await modify(kind, namespace: namespace, name: name, scope: scope, options: options) {
            (old, _) throws(APIStatus) in
            let object = try applied(request, to: old, kind, namespace: namespace, name: name, scope, options)
            return Modification(object: object, warnings: duplicates, isReplayable: true, ownership: .settled)
        }
    }

    /// The result of applying a configuration to `old`: decoded, with its managedFields.
    private func applied(
        _ request: ApplyRequest, to old: Value?, _ kind: Kind, namespace: String, name: String, _ scope: UpdateScope,
        _ options: WriteOptions
    ) throws(APIStatus) -> Value {
        guard let type = kind.custom?.version.type ?? types.type(named: kind.info.typeName) else {
            throw .internalError("no schema of \(kind.info.typeName)")
        }
        let owner = FieldOwner(
            manager: options.fieldManager, operation: .apply, apiVersion: kind.apiVersion,
            subresource: scope.subresource)
        let ownership = FieldOwnership(
            type: type, types: types, owner: owner, now: environment.now(),
            metadataResetByStatus: kind.strategy.metadataResetByStatus, shared: fieldsV1)
        var live = old.map { kind.conversion?.fromStored($0) ?? $0 } ?? type.empty
        live["kind"] = .string(kind.info.kind)
        live["apiVersion"] = .string(kind.apiVersion)
        let merged = try ownership.apply(
            request.configuration, to: live, isNew: old == nil, force: options.force ?? false)
        var object = merged.object
        if !merged.isDecoded {
            do {
                object = try normalized(object, as: kind)
            } catch {
                throw APIStatus(code: 500, reason: "", message: error.message)
            }
        }
        if old == nil {
            if !object.uid.isEmpty {
                throw .conflict(
                    kind.groupResource, name: name,
                    "uid mismatch: the provided object specified uid \(object.uid), and no existing object was found")
            }
            object.set(nil, at: "metadata", "resourceVersion")
        }
        try setNamespace(kind, namespace: namespace, &object)
        guard !object.name.isEmpty else {
            throw .badRequest("the name of the object (\(name) based on URL) was undeterminable: name must be provided")
        }
        guard object.name == name else {
            throw .badRequest(
                "the name of the object (\(object.name)) does not match the name on the URL (\(name))")
        }
        return kind.conversion?.toStored(object) ?? object
    }

    /// How a write records its manager in `metadata.managedFields`.
    enum Ownership: Sendable {
        /// The manager comes to own what the write changes, and the lists that it emptied.
        case update(emptyLists: [[String]] = [])
        /// The object already has its managedFields.
        case settled
    }

    /// Updates the managedFields of `object`, which a write creates from `old`.
    func trackFields(
        _ kind: Kind, _ object: inout Value, old: Value?, scope: UpdateScope, manager: String,
        emptyLists: [[String]] = []
    ) {
        let typeName = kind.conversion?.storedType ?? kind.info.typeName
        guard let type = kind.custom?.version.type ?? types.type(named: typeName) else {
            return object.set(old?.at("metadata", "managedFields"), at: "metadata", "managedFields")
        }
        let owner = FieldOwner(
            manager: manager, operation: .update, apiVersion: kind.conversion?.storedAPIVersion ?? kind.apiVersion,
            subresource: scope.subresource)
        let ownership = FieldOwnership(
            type: type, types: types, owner: owner, now: environment.now(),
            metadataResetByStatus: kind.strategy.metadataResetByStatus, shared: fieldsV1)
        object.set(
            ownership.managedFields(afterUpdate: object, of: old, emptyLists: emptyLists), at: "metadata",
            "managedFields")
    }

    /// Whether two versions are equal, apart from the times in their managedFields.
    func isUnchanged(_ new: Value, _ old: Value) -> Bool {
        if new == old { return true }
        let mine = new.at("metadata", "managedFields")
        let theirs = old.at("metadata", "managedFields")
        guard mine != theirs, let mine = mine?.array, let theirs = theirs?.array, mine.count == theirs.count else {
            return false
        }
        for (mine, theirs) in zip(mine, theirs) {
            var timeless = mine
            timeless["time"] = theirs["time"]
            if timeless != theirs { return false }
        }
        var copy = new
        copy.set(.array(theirs), at: "metadata", "managedFields")
        return copy == old
    }
}

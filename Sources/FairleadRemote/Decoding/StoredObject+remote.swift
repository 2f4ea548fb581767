import FairleadModel

extension StoredObject {
    /// An object as another server sent it, in the form in which this program keeps its own.
    ///
    /// Without `metadata.managedFields`, which often are half of an object and which only the server needs: writing an
    /// object without them leaves them as they are. `createRevision` is not known and is that of this version.
    ///
    /// - Parameters:
    ///   - kind, apiVersion: what the object is if it does not say so, as the items of lists do not.
    ///   - keepsTree: whether the tree stays in memory beside the bytes, which take a fraction of it.
    static func remote(
        _ object: Value, _ resource: GroupResource, kind: String = "", apiVersion: String = "", keepsTree: Bool
    ) throws(APIStatus) -> StoredObject {
        var object = object
        let name = object.name
        guard object["metadata"]?.object != nil, !name.isEmpty else {
            throw RemoteFailure.unreadable("the server sent an object of \(resource) without a name")
        }
        let key = ObjectKey(resource, namespace: object.namespace, name: name)
        let revision = try RemoteRevision.parse(object.at("metadata", "resourceVersion"), of: "\(key)")
        object.set(nil, at: "metadata", "managedFields")
        if object["kind"] == nil, !kind.isEmpty { object["kind"] = .string(kind) }
        if object["apiVersion"] == nil, !apiVersion.isEmpty { object["apiVersion"] = .string(apiVersion) }
        let document = Document(object)
        if keepsTree { return StoredObject(key: key, document: document, revision: revision, createRevision: revision) }
        return StoredObject(
            key: key, bytes: document.bytes, revisionOffset: document.revisionOffset, revision: revision,
            createRevision: revision)
    }
}

/// The resourceVersions of other servers. Clients need not understand them, except that informers here compare them.
enum RemoteRevision {
    /// - Parameter what: whose it is, for the complaint.
    static func parse(_ value: Value?, of what: @autoclosure () -> String) throws(APIStatus) -> Int64 {
        guard let text = value?.string, !text.isEmpty else {
            throw RemoteFailure.unreadable("the server sent no resourceVersion for \(what())")
        }
        // Every API server since Kubernetes 1.35 sends integers, and every one before did so in fact.
        guard let revision = Int64(text), revision >= 0 else {
            throw RemoteFailure.unreadable(
                "the server sent the resourceVersion \(String(text.prefix(80)).goQuoted) for \(what()), which is not "
                    + "an integer of 64 bits: its resources cannot be followed")
        }
        return revision
    }
}

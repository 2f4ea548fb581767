import FairleadKinds
import FairleadModel
import FairleadStorage

extension API {
    /// Lists at the revision that the options ask for, without waiting.
    ///
    /// - Throws: 400 for a bad token, 410 for a revision that history no longer has, 504 for a future one.
    func list(_ kind: Kind, _ selection: Selection, _ options: ListOptions) throws(APIStatus) -> ListPage {
        var start: (namespace: String, name: String)?
        let snapshot: Snapshot
        if options.continueToken.isEmpty {
            snapshot = try self.snapshot(for: options, of: kind)
        } else {
            let token = try ContinueToken(options.continueToken)
            if !options.resourceVersion.isEmpty, options.resourceVersion != "0" {
                throw .badRequest("specifying resource version is not allowed when using continue")
            }
            start = token.start(in: kind.info.isNamespaced ? selection.namespace : "")
            snapshot = try self.snapshot(at: token, of: kind)
        }
        let limit = options.limit(of: kind)
        var objects: [StoredObject] = []
        var hasMore = false
        for object in candidates(kind, selection, snapshot, after: start) where selection.includes(object) {
            if objects.count == limit {
                hasMore = true
                break
            }
            objects.append(object)
        }
        var page = ListPage(objects: objects, revision: snapshot.revision)
        if hasMore, let last = objects.last {
            let isAcross = kind.info.isNamespaced && selection.namespace == nil
            page.continueToken =
                ContinueToken(revision: snapshot.revision, after: last.key, isAcrossNamespaces: isAcross).text
            store.keep(snapshot, of: kind.info.storage)
            if selection.isEverything {
                page.remainingItemCount = remaining(kind, selection, snapshot, after: last.key)
            }
        }
        return page
    }

    /// The objects to select from, in list order: a single look-up if only one name is asked for.
    func candidates(
        _ kind: Kind, _ selection: Selection, _ snapshot: Snapshot, after start: (namespace: String, name: String)?
    ) -> AnySequence<StoredObject> {
        let place = kind.info.isNamespaced ? selection.namespace : ""
        if let name = selection.name, let namespace = place, start == nil {
            let found = snapshot.object(kind.key(namespace: namespace, name: name))
            return AnySequence(found.map { [$0] } ?? [])
        }
        return AnySequence(snapshot.objects(kind.info.storage, namespace: selection.namespace, after: start))
    }

    private func remaining(_ kind: Kind, _ selection: Selection, _ snapshot: Snapshot, after key: ObjectKey) -> Int {
        snapshot.objects(kind.info.storage, namespace: selection.namespace, after: (key.namespace, key.name)).count
    }

    private func snapshot(for options: ListOptions, of kind: Kind) throws(APIStatus) -> Snapshot {
        let current = store.current
        guard let wanted = try ListOptions.revision(options.resourceVersion, failing: 400), wanted > 0 else {
            return current
        }
        if wanted > current.revision {
            throw StorageError.tooLarge(requested: wanted, current: current.revision)
        }
        let isExact =
            options.resourceVersionMatch == "Exact"
            || (options.resourceVersionMatch.isEmpty && options.limit > 0)
        guard isExact else { return current }
        do {
            return try store.snapshot(at: wanted, of: kind.info.storage)
        } catch {
            throw Self.expiredList(error, wanted)
        }
    }

    private func snapshot(at token: ContinueToken, of kind: Kind) throws(APIStatus) -> Snapshot {
        guard let revision = token.revision else { return store.current }
        do {
            return try store.snapshot(at: revision, of: kind.info.storage)
        } catch {
            var status = APIStatus.expired(
                "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list."
            )
            status.continueToken = token.inconsistent.text
            throw status
        }
    }

    private static func expiredList(_ error: StorageError, _ wanted: Int64) -> APIStatus {
        if case .expired = error { return .expired("The resourceVersion for the provided list is too old.") }
        return error.status(GroupResource(group: "", resource: ""), name: "")
    }
}

extension ListOptions {
    /// How many objects a page may have.
    func limit(of kind: Kind) -> Int {
        // Kubernetes answers resourceVersion 0 from its watch cache, which ignores limits but does not hold Events.
        let isUnlimited = limit <= 0 || resourceVersion == "0" && kind.info.storage.resource != "events"
        return isUnlimited ? .max : Int(clamping: limit)
    }
}

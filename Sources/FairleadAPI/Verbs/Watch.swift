import FairleadKinds
import FairleadModel
import FairleadStorage

extension API {
    /// Opens a watch on what `selection` selects, starting where the options say.
    ///
    /// Reference: Kubernetes API concepts, "Efficient detection of changes"; KEP-3157 for `sendInitialEvents`.
    func watch(
        _ kind: Kind, _ selection: Selection, _ options: ListOptions, encoder: ObjectEncoder
    ) throws(APIStatus) -> WatchStream {
        let requested = try ListOptions.revision(options.resourceVersion, failing: 500) ?? 0
        let snapshot = store.current
        var start = WatchStream.Start(after: requested, ignoringUpTo: 0)
        let wantsState = options.sendInitialEvents ?? (requested == 0)
        if wantsState || requested == 0 { start.after = snapshot.revision }
        if wantsState {
            start.initial = candidatesForWatch(kind, selection, snapshot)
            // resourceVersion 0 means "any state will do": the bookmark tells the client when it has all of it.
            start.marksInitialEnd =
                options.allowsBookmarks && (options.sendInitialEvents == true || options.resourceVersion == "0")
        }
        if start.after > snapshot.revision {
            start.ignoringUpTo = start.after
            start.after = snapshot.revision
        }
        let bookmark = bookmarkTemplate(kind)
        let timeout = WatchStream.timeout(asked: options.timeoutSeconds, fraction: environment.randomFraction())
        do {
            let topic = store.topicField(of: kind.info.storage).flatMap(selection.required)
            let cursor = try store.watch(kind.info.storage, topic: topic, after: start.after)
            return WatchStream(
                start: start, cursor: cursor, selection: selection, encoder: encoder, bookmark: bookmark,
                sendsBookmarks: options.allowsBookmarks, timeout: timeout,
                metrics: watchMetrics.series(of: kind.info.gvr),
                convert: conversion(to: kind),
                isCurrent: { [kinds] in kind.custom == nil || kinds.lastCustom.isCurrent(kind) },
                subscribe: { wake in
                    let changes = store.subscribe(kind.info.storage, topic: topic, wake: wake)
                    if kind.custom == nil { return [changes] }
                    let definitions = store.subscribe(CustomKinds.definitions) { [kinds] in kinds.whenCustomRead(wake)
                    }
                    return [changes, definitions]
                })
        } catch {
            guard case .expired(let requested, let oldest) = error else {
                throw error.status(kind.groupResource, name: "")
            }
            let status = APIStatus.expired("too old resource version: \(requested) (\(oldest))")
            return WatchStream(failing: status, selection: selection, encoder: encoder)
        }
    }

    private func conversion(to kind: Kind) -> WatchStream.Convert? {
        guard kind.isConvertedByWebhook else { return nil }
        return { (objects) async throws(APIStatus) in try await presentable(objects, kind) }
    }

    private func candidatesForWatch(_ kind: Kind, _ selection: Selection, _ snapshot: Snapshot) -> [StoredObject] {
        candidates(kind, selection, snapshot, after: nil).filter(selection.includes)
    }

    /// An otherwise empty object of the kind, with only the fields that must be present.
    private func bookmarkTemplate(_ kind: Kind) -> Value {
        var value: Value = [
            "kind": .string(kind.info.kind), "apiVersion": .string(kind.apiVersion), "metadata": .object(Object()),
        ]
        _ = try? types.normalize(&value, as: kind.info.typeName)
        value["kind"] = .string(kind.info.kind)
        value["apiVersion"] = .string(kind.apiVersion)
        return value
    }
}

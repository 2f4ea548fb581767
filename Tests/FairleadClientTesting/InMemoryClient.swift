import FairleadClient
package import FairleadModel
import Synchronization

/// An API server of a few lines for tests of controllers: stores what it is told, checks preconditions, and tells
/// watchers. It knows no types: nothing is defaulted, validated or allocated.
package final class InMemoryClient: ObjectClient {
    struct State {
        var objects: [ObjectKey: StoredObject] = [:]
        var events: [(resource: GroupResource, event: WatchEvent)] = []
        var revision: Int64 = 0
        /// Watches from before this revision get 410.
        var oldest: Int64 = 0
        var names = 0
        var actions: [String] = []
        var failures: [String: [APIStatus]] = [:]
        var watches: [Int: InMemoryWatch] = [:]
    }

    let state = Mutex(State())

    package init() {}

    /// Every request but reads, in order: `create pods ns/name`.
    package var actions: [String] { state.withLock { $0.actions } }

    package var openWatches: Int { state.withLock { $0.watches.count } }

    /// All lists, watches and writes from now on.
    package func forgetActions() { state.withLock { $0.actions = [] } }

    /// The next request with this verb (`create pods`) fails.
    package func failNext(_ request: String, _ error: APIStatus) {
        state.withLock { $0.failures[request, default: []].append(error) }
    }

    /// Ends all watches; what comes after must be asked for again.
    package func endWatches() {
        let watches = state.withLock { Array($0.watches.values) }
        for watch in watches { watch.cancel() }
    }

    /// Ends all watches like connections that break.
    package func breakWatches(_ status: APIStatus) {
        let watches = state.withLock { Array($0.watches.values) }
        for watch in watches { watch.fail(status) }
    }

    /// Forgets history: watches that are not at the newest revision cannot go on.
    package func compact() {
        state.withLock { state in
            state.oldest = state.revision
            state.events = []
        }
    }

    /// Writes an object whatever is there, as somebody else would; returns it.
    @discardableResult
    package func put(_ resource: GroupVersionResource, _ object: Value) -> Value {
        let (value, watches) = state.withLock { state in
            let key = ObjectKey(resource.groupResource, namespace: object.namespace, name: object.name)
            return (state.store(key, object), Array(state.watches.values))
        }
        for watch in watches { watch.wake() }
        return value
    }

    package func objects(_ resource: GroupVersionResource, namespace: String? = nil) -> [Value] {
        state.withLock { state in
            state.objects.values
                .filter {
                    $0.key.resource == resource.groupResource && (namespace ?? $0.key.namespace) == $0.key.namespace
                }
                .sorted { $0.key < $1.key }.map(\.value)
        }
    }
}

extension InMemoryClient.State {
    mutating func fail(_ request: String, _ what: String) throws(APIStatus) {
        actions.append("\(request) \(what)")
        if var queued = failures[request], !queued.isEmpty {
            let failure = queued.removeFirst()
            failures[request] = queued
            throw failure
        }
    }

    mutating func store(_ key: ObjectKey, _ object: Value) -> Value {
        let old = objects[key]
        var object = object
        if object.uid.isEmpty {
            let uid = old?.value.uid ?? "uid-\(revision + 1)"
            object.set(.string(uid), at: "metadata", "uid")
        }
        object.set(nil, at: "metadata", "resourceVersion")
        if let old {
            var before = old.value
            before.set(nil, at: "metadata", "resourceVersion")
            if before == object { return old.value }
        }
        revision += 1
        let new = StoredObject(
            key: key, document: Document(object), revision: revision, createRevision: old?.createRevision ?? revision)
        objects[key] = new
        events.append(
            (key.resource, WatchEvent(kind: old == nil ? .added : .modified, object: new, revision: revision)))
        return new.value
    }

    mutating func remove(_ key: ObjectKey) {
        guard let old = objects.removeValue(forKey: key) else { return }
        revision += 1
        let final = old.restamped(revision: revision)
        events.append((key.resource, WatchEvent(kind: .deleted, object: final, revision: revision)))
    }
}

package import FairleadClient
package import FairleadModel
import Synchronization

/// A watch of an `InMemoryClient`.
package final class InMemoryWatch: ObjectWatch {
    private let client: InMemoryClient
    private let id: Int
    private let resource: GroupResource
    private let position: Mutex<Int64>
    private let isEnded = Mutex(false)
    private let failure = Mutex<APIStatus?>(nil)
    private let signal = Signal()

    init(client: InMemoryClient, id: Int, resource: GroupResource, after revision: Int64) {
        self.client = client
        self.id = id
        self.resource = resource
        position = Mutex(revision)
    }

    func wake() { signal.raise() }

    /// Ends like a connection that breaks.
    func fail(_ status: APIStatus) {
        failure.withLock { $0 = status }
        signal.raise()
    }

    package func next() async throws(APIStatus) -> [WatchEvent] {
        while true {
            if let failure = failure.withLock({ $0 }) { throw failure }
            if Task.isCancelled || isEnded.withLock({ $0 }) { return [] }
            let after = position.withLock { $0 }
            let (oldest, last, events) = client.state.withLock { state in
                // From the end: histories are long, and little of them is new.
                var start = state.events.count
                while start > 0, state.events[start - 1].event.revision > after { start -= 1 }
                let new = state.events[start...]
                return (state.oldest, new.last?.event.revision, new.filter { $0.resource == resource })
            }
            if after < oldest { throw .expired("too old resource version: \(after)") }
            if let last { position.withLock { $0 = last } }
            if !events.isEmpty { return events.map(\.event) }
            await signal.wait()
        }
    }

    package func cancel() {
        isEnded.withLock { $0 = true }
        client.state.withLock { _ = $0.watches.removeValue(forKey: id) }
        signal.raise()
    }
}

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
    private let signal = Signal()

    init(client: InMemoryClient, id: Int, resource: GroupResource, after revision: Int64) {
        self.client = client
        self.id = id
        self.resource = resource
        position = Mutex(revision)
    }

    func wake() { signal.raise() }

    package func next() async throws(APIStatus) -> [WatchEvent] {
        while true {
            if Task.isCancelled || isEnded.withLock({ $0 }) { return [] }
            let after = position.withLock { $0 }
            let (oldest, events) = client.state.withLock { state in
                (state.oldest, state.events.filter { $0.resource == resource && $0.event.revision > after })
            }
            if after < oldest { throw .expired("too old resource version: \(after)") }
            if let last = events.last {
                position.withLock { $0 = last.event.revision }
                return events.map(\.event)
            }
            await signal.wait()
        }
    }

    package func cancel() {
        isEnded.withLock { $0 = true }
        client.state.withLock { _ = $0.watches.removeValue(forKey: id) }
        signal.raise()
    }
}

import Synchronization

/// What the server has done since it started, for `/metrics`.
package struct HTTPStatistics: Sendable, Hashable {
    package init() {}

    package var connectionsAccepted = 0
    package var connectionsOpen = 0
    package var requests = 0
    package var requestsInFlight = 0
    /// How many of these may change something.
    package var mutatingInFlight = 0
    /// How many of these are watches and followed logs.
    package var longRunning = 0
    package var streamsOpen = 0
    package var bodyBytesReceived = 0
    package var bytesSent = 0
}

/// The counters of one event loop: only that loop writes them, anyone may read.
final class LoopCounters: Sendable {
    let connectionsAccepted = Atomic<Int>(0)
    let connectionsOpen = Atomic<Int>(0)
    let requests = Atomic<Int>(0)
    let requestsInFlight = Atomic<Int>(0)
    let mutatingInFlight = Atomic<Int>(0)
    let longRunning = Atomic<Int>(0)
    let streamsOpen = Atomic<Int>(0)
    let bodyBytesReceived = Atomic<Int>(0)
    let bytesSent = Atomic<Int>(0)

    func add(to total: inout HTTPStatistics) {
        total.connectionsAccepted += connectionsAccepted.load(ordering: .relaxed)
        total.connectionsOpen += connectionsOpen.load(ordering: .relaxed)
        total.requests += requests.load(ordering: .relaxed)
        total.requestsInFlight += requestsInFlight.load(ordering: .relaxed)
        total.mutatingInFlight += mutatingInFlight.load(ordering: .relaxed)
        total.longRunning += longRunning.load(ordering: .relaxed)
        total.streamsOpen += streamsOpen.load(ordering: .relaxed)
        total.bodyBytesReceived += bodyBytesReceived.load(ordering: .relaxed)
        total.bytesSent += bytesSent.load(ordering: .relaxed)
    }
}

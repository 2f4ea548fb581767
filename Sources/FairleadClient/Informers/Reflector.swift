package import FairleadModel
import Logging

/// Keeps a cache of a resource current: lists once, then watches. A watch that ended is resumed where it stopped; it
/// lists again if history no longer reaches back that far (410), or if the watch fails twice in a row.
package struct Reflector: Sendable {
    /// Receives lists and events, one call at a time and in revision order.
    package struct Sink: Sendable {
        /// The complete contents; objects that are not in the list are gone.
        package var replace: @Sendable (ObjectList) -> Void
        package var apply: @Sendable ([WatchEvent]) -> Void

        package init(
            replace: @escaping @Sendable (ObjectList) -> Void, apply: @escaping @Sendable ([WatchEvent]) -> Void
        ) {
            self.replace = replace
            self.apply = apply
        }
    }

    private let client: any ObjectClient
    private let resource: GroupVersionResource
    private let sink: Sink
    private let clock: any DelayClock
    private let backoff: Backoff
    private let log: FailureLog
    /// The resource, in the log. Printing it anew for each watch would cost more than the watch.
    private let key: String

    package init(
        client: any ObjectClient, resource: GroupVersionResource, sink: Sink,
        clock: any DelayClock = SystemDelayClock(), backoff: Backoff = .reflectors,
        log: FailureLog = FailureLog(logger: Logger(label: "reflector"))
    ) {
        self.client = client
        self.resource = resource
        self.sink = sink
        self.clock = clock
        self.backoff = backoff
        self.log = log
        key = resource.groupResource.description
    }

    /// Runs until the task is cancelled. Failures are retried with a growing backoff, forever.
    package func run() async {
        var revision: Int64?
        var failures = 0
        while !Task.isCancelled {
            do throws(APIStatus) {
                let start: Int64
                if let revision {
                    start = revision
                } else {
                    let list = try await client.list(resource, namespace: nil)
                    if Task.isCancelled { return }
                    sink.replace(list)
                    start = list.revision
                }
                revision = start
                let reached = try await follow(after: start) {
                    revision = $0
                    // A connection that breaks after it has worked is no failure in a row.
                    failures = 0
                }
                failures = reached > start ? 0 : failures + 1
                if failures == 0 { continue }
            } catch {
                if error.code == 410 {
                    revision = nil
                    if failures == 0 {
                        failures += 1
                        continue
                    }
                }
                // Whatever is wrong with that revision, a new list may help.
                if failures > 0 { revision = nil }
                failures += 1
                if !Task.isCancelled {
                    log.failed(
                        ReconcileFailure(
                            controller: "reflector", key: key, error: error, retries: failures,
                            retryAfter: backoff.delay(afterFailures: failures - 1)))
                }
            }
            if Task.isCancelled { return }
            await clock.sleep(for: backoff.delay(afterFailures: failures - 1))
        }
    }

    /// Watches until the watch ends; reports after each batch how far it got.
    private func follow(
        after start: Int64, progress: (Int64) -> Void
    ) async throws(APIStatus) -> Int64 {
        let watch = try await client.watch(resource, after: start)
        defer { watch.cancel() }
        log.recovered(controller: "reflector", key: key, retries: 0)
        var revision = start
        while true {
            let events = try await watch.next()
            guard let last = events.last, !Task.isCancelled else { return revision }
            sink.apply(events)
            revision = max(revision, last.revision)
            progress(revision)
        }
    }
}

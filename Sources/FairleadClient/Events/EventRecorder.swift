import DequeModule
package import FairleadModel
import Logging
import Synchronization

/// Writes core/v1 Events about objects.
///
/// `event` only queues: it never waits and never fails. Equal events about one object are counted up in one Event; a
/// flood about one object is limited (see `EventCorrelator`), long messages are truncated, and when a thousand events
/// are waiting to be written, new ones are dropped. Somebody must `run` the recorder; a controller does so alongside
/// its workers.
package final class EventRecorder: Sendable {
    private struct Pending: Sendable {
        var subject: EventCorrelator.Subject
        var resourceVersion: String
        var fieldPath: String
        var type: String
        var reason: String
        var message: String
        var time: Timestamp
        /// The same moment on the monotonic clock, for counting and rate limiting, whatever happens to the wall clock.
        var moment: Duration
    }

    private static let capacity = 1000
    /// The length at which Kubernetes' scheduler truncates its messages.
    private static let longestMessage = 1024

    private let client: any ObjectClient
    private let component: String
    private let host: String
    private let environment: Environment
    private let clock: any DelayClock
    private let pending = Mutex<Deque<Pending>>([])
    private let arrived = Signal()
    private let correlator = Mutex(EventCorrelator())
    private let logger = Logger(label: "events")

    /// - Parameters:
    ///   - component: `source.component` and `reportingComponent`, such as `service-controller`.
    ///   - host: `source.host` (a kubelet's node), or empty.
    package init(
        client: any ObjectClient, component: String, host: String = "", environment: Environment,
        clock: any DelayClock = SystemDelayClock()
    ) {
        self.client = client
        self.component = component
        self.host = host
        self.environment = environment
        self.clock = clock
    }

    /// - Parameters:
    ///   - object: an object with kind, apiVersion and metadata.
    ///   - type: `Normal` or `Warning`.
    ///   - fieldPath: the part of the object concerned, such as `spec.containers{main}`.
    package func event(
        about object: Value, type: String, reason: String, message: String, fieldPath: String = ""
    ) {
        let metadata = object["metadata"]
        let subject = EventCorrelator.Subject(
            kind: object["kind"]?.string ?? "", namespace: metadata?["namespace"]?.string ?? "",
            name: metadata?["name"]?.string ?? "", uid: metadata?["uid"]?.string ?? "",
            apiVersion: object["apiVersion"]?.string ?? "")
        let event = Pending(
            subject: subject, resourceVersion: metadata?["resourceVersion"]?.string ?? "", fieldPath: fieldPath,
            type: type, reason: reason, message: Self.cut(message), time: environment.now(), moment: clock.now)
        let isQueued = pending.withLock { pending -> Bool in
            guard pending.count < Self.capacity else { return false }
            pending.append(event)
            return true
        }
        if isQueued { arrived.raise() }
    }

    private static func cut(_ message: String) -> String {
        guard message.utf8.count > longestMessage else { return message }
        return String(message.unicodeScalars.prefix(longestMessage - 4)) + " ..."
    }

    /// Writes events until the task is cancelled. A failed write is not retried: events are only advice.
    package func run() async {
        while !Task.isCancelled {
            guard let event = pending.withLock({ $0.popFirst() }) else {
                await arrived.wait()
                continue
            }
            await write(event)
        }
    }

    private func write(_ event: Pending) async {
        let decision = correlator.withLock {
            $0.decide(
                about: event.subject, part: event.fieldPath, type: event.type, reason: event.reason,
                message: event.message, seconds: event.moment.components.seconds)
        }
        switch decision {
        case .drop: return
        case .create(let message): await create(event, message: message)
        case .count(let known, let message):
            // A series must not end before it began, even if the clock was set back in between.
            let last = max(event.time, Timestamp(seconds: known.firstSeconds))
            let patch: Value = [
                "count": .int(known.count), "lastTimestamp": .string(last.rfc3339), "message": .string(message),
            ]
            do throws(APIStatus) {
                let name = name(of: event, stamp: known.stamp)
                try await client.patch(.events, namespace: namespace(of: event), name: name, patch)
            } catch {
                // The Event is gone (Events live for an hour): start a new one.
                if error.code == 404 { await create(event, message: message) }
            }
        }
    }

    private func create(_ event: Pending, message: String) async {
        let stamp =
            UInt64(bitPattern: event.time.seconds) &* 1_000_000_000
            &+ UInt64(truncatingIfNeeded: event.time.nanoseconds)
        let name = name(of: event, stamp: stamp)
        let object = object(event, name: name, message: message)
        do throws(APIStatus) {
            _ = try await client.create(.events, namespace: namespace(of: event), object)
        } catch {
            logger.debug("event given up", metadata: ["event": .string(name), "error": .string(error.message)])
            return
        }
        let known = EventCorrelator.Known(stamp: stamp, count: 1, firstSeconds: event.time.seconds)
        correlator.withLock {
            $0.remember(
                known, about: event.subject, part: event.fieldPath, type: event.type, reason: event.reason,
                message: message)
        }
    }

    /// The same names as client-go's.
    private func name(of event: Pending, stamp: UInt64) -> String {
        "\(event.subject.name).\(String(stamp, radix: 16))"
    }

    private func namespace(of event: Pending) -> String {
        event.subject.namespace.isEmpty ? "default" : event.subject.namespace
    }

    private func object(_ event: Pending, name: String, message: String) -> Value {
        var involved: Object = [
            "kind": .string(event.subject.kind), "name": .string(event.subject.name),
            "apiVersion": .string(event.subject.apiVersion),
        ]
        if !event.subject.namespace.isEmpty { involved["namespace"] = .string(event.subject.namespace) }
        if !event.subject.uid.isEmpty { involved["uid"] = .string(event.subject.uid) }
        if !event.resourceVersion.isEmpty { involved["resourceVersion"] = .string(event.resourceVersion) }
        if !event.fieldPath.isEmpty { involved["fieldPath"] = .string(event.fieldPath) }
        var source: Object = ["component": .string(component)]
        if !host.isEmpty { source["host"] = .string(host) }
        let metadata: Object = ["name": .string(name), "namespace": .string(namespace(of: event))]
        let time: Value = .string(event.time.rfc3339)
        return .object([
            "kind": "Event", "apiVersion": "v1", "metadata": .object(metadata), "involvedObject": .object(involved),
            "reason": .string(event.reason), "message": .string(message), "source": .object(source),
            "firstTimestamp": time, "lastTimestamp": time, "count": 1, "type": .string(event.type),
            "reportingComponent": .string(component), "reportingInstance": .string(host),
        ])
    }
}

import FairleadContainers
import FairleadModel
import FairleadSchema
import FairleadStorage
import Synchronization

/// One client's watch: a cursor over the shared history, a filter, and what the client has been promised.
///
/// Events come in revision order, each exactly once. A client that falls behind the retained history gets an ERROR
/// event with a 410 and the end of the stream. A bookmark is sent only once every event up to its revision has been
/// sent.
final class WatchStream: EventStream {
    struct Start: Sendable {
        /// Events after this revision are sent.
        var after: Int64
        /// The future revision after which the client asked for events.
        var ignoringUpTo: Int64
        /// The objects sent as ADDED before anything else.
        var initial: [StoredObject] = []
        /// Whether a bookmark marks the end of the initial objects.
        var marksInitialEnd = false
    }

    private struct State {
        var cursor: WatchCursor?
        var initial: ArraySlice<StoredObject>
        var owesInitialEnd: Bool
        var failure: APIStatus?
        var hasEnded = false
        var hasShownColumns = false
        var upTo: Int64
        var nextBookmark: SuspendingClock.Instant?
        var subscriptions: [Subscription] = []
        /// What has to be converted before it can be sent, and nothing after it may be sent before.
        var waiting: [Outgoing] = []
        var isConverting = false
        /// What has been converted.
        var converted: [Outgoing] = []
        var wake: (@Sendable () -> Void)?
    }

    /// An event of an object, in the order in which events are sent.
    private struct Outgoing {
        var type: StaticString
        var object: StoredObject
    }

    /// Converts objects to the version of the kind.
    typealias Convert = @Sendable ([StoredObject]) async throws(APIStatus) -> [StoredObject]

    private let selection: Selection
    private let encoder: ObjectEncoder
    private let bookmark: Value
    private let sendsBookmarks: Bool
    private let ignoringUpTo: Int64
    /// Whether the kind is unchanged since the watch began; once it has changed, the watch ends.
    private let isCurrent: @Sendable () -> Bool
    private let end: SuspendingClock.Instant?
    private let metrics: WatchMetrics.Series?
    /// nil for kinds whose objects can be shown as they are stored.
    private let convert: Convert?
    private let tasks = TaskKeeper()
    private let now: @Sendable () -> SuspendingClock.Instant
    private let subscribe: @Sendable (@escaping @Sendable () -> Void) -> [Subscription]
    private let state: Mutex<State>

    /// How long a watch lasts: as long as the client asks, else between half an hour and an hour, so that watches that
    /// began together do not all reconnect together (kube-apiserver's `--min-request-timeout`).
    ///
    /// - Parameter fraction: random, from 0 to 1.
    static func timeout(asked seconds: Int64?, fraction: Double) -> Duration {
        if let seconds, seconds > 0 { return .seconds(min(seconds, 100 * 366 * 86_400)) }
        return .seconds(1800 * (1 + fraction))
    }

    /// How many batches of events one pull examines; fewer if each event has to be matched against a selector.
    private var batchesPerPull: Int { selection.termCount == 0 && !encoder.isLaborious ? 8 : 1 }
    /// How many objects are encoded before others get their turn, however short they are.
    private var objectsAtOnce: Int { encoder.isLaborious ? ListBody.fewItems : .max }
    /// How often an idle watch that asked for bookmarks gets one.
    private static let bookmarkInterval = Duration.seconds(60)
    /// How long before its timeout a watch gets its last bookmark.
    private static let lastBookmarkLead = Duration.seconds(2)

    init(
        start: Start, cursor: WatchCursor, selection: Selection, encoder: ObjectEncoder, bookmark: Value,
        sendsBookmarks: Bool, timeout: Duration, metrics: WatchMetrics.Series? = nil,
        convert: Convert? = nil, isCurrent: @escaping @Sendable () -> Bool = { true },
        subscribe: @escaping @Sendable (@escaping @Sendable () -> Void) -> [Subscription],
        now: @escaping @Sendable () -> SuspendingClock.Instant = { SuspendingClock.now }
    ) {
        self.selection = selection
        self.encoder = encoder
        self.bookmark = bookmark
        self.sendsBookmarks = sendsBookmarks
        ignoringUpTo = start.ignoringUpTo
        self.metrics = metrics
        self.convert = convert
        self.now = now
        self.subscribe = subscribe
        self.isCurrent = isCurrent
        let opened = now()
        end = opened + timeout
        var state = State(
            cursor: cursor, initial: start.initial[...], owesInitialEnd: start.marksInitialEnd, upTo: start.after)
        if sendsBookmarks {
            state.nextBookmark = WatchStream.bookmarkTime(after: opened, end: end)
        }
        self.state = Mutex(state)
    }

    /// A watch that consists of a single ERROR event.
    init(failing status: APIStatus, selection: Selection, encoder: ObjectEncoder) {
        self.selection = selection
        self.encoder = encoder
        bookmark = .null
        sendsBookmarks = false
        ignoringUpTo = 0
        metrics = nil
        convert = nil
        end = nil
        now = { SuspendingClock.now }
        subscribe = { _ in [] }
        isCurrent = { true }
        state = Mutex(State(cursor: nil, initial: [], owesInitialEnd: false, failure: status, upTo: 0))
    }

    /// Tables and other formats are encoded for each event, defaults are filled in for each, and long selectors are
    /// evaluated for each.
    var computes: Bool {
        encoder.format != .json && encoder.format.encoding != .protobuf || selection.termCount > 32
            || encoder.weight > 1
    }

    func onWake(_ wake: @escaping @Sendable () -> Void) {
        let subscriptions = subscribe(wake)
        let isTooLate = state.withLock { state in
            if !state.hasEnded {
                state.subscriptions = subscriptions
                state.wake = wake
            }
            return state.hasEnded
        }
        if isTooLate { for subscription in subscriptions { subscription.cancel() } }
    }

    var deadline: SuspendingClock.Instant? {
        let bookmark = state.withLock { $0.nextBookmark }
        guard let end else { return bookmark }
        return bookmark.map { min($0, end) } ?? end
    }

    func cancel() {
        let subscriptions = state.withLock { state in
            defer { state.subscriptions = [] }
            state.hasEnded = true
            state.wake = nil
            return state.subscriptions
        }
        tasks.abandon()
        for subscription in subscriptions { subscription.cancel() }
    }

    func pull(maximumBytes: Int) -> StreamStep {
        let moment = now()
        // Checked first: what was published before the kind changed is still sent.
        let isLast = !isCurrent()
        return state.withLock { state in
            if state.hasEnded { return .end([]) }
            var frames = FrameBuffer(isProtobuf: encoder.format.encoding == .protobuf, metrics)
            if let failure = state.failure {
                frames.append(type: "ERROR", object: encoder.bytes(failure))
                state.hasEnded = true
                return .end(frames.pieces)
            }
            for outgoing in state.converted { encode(outgoing.type, outgoing.object, to: &frames, &state) }
            state.converted = []
            if state.isConverting { return .wait }
            takeInitial(&state, into: &frames, maximumBytes: maximumBytes)
            var hasMore = false
            if state.initial.isEmpty, state.waiting.isEmpty {
                hasMore = takeEvents(&state, into: &frames, maximumBytes: maximumBytes)
            }
            if state.hasEnded { return .end(frames.pieces) }
            if !state.waiting.isEmpty {
                beginConverting(&state)
                return frames.size == 0 ? .wait : .data(frames.pieces)
            }
            if frames.size < maximumBytes { takeBookmark(&state, into: &frames, at: moment) }
            if isLast, !hasMore, state.initial.isEmpty, frames.size < maximumBytes {
                state.hasEnded = true
                return .end(frames.pieces)
            }
            if let end, moment >= end {
                state.hasEnded = true
                return .end(frames.pieces)
            }
            return frames.size == 0 && !hasMore ? .wait : .data(frames.pieces)
        }
    }

    private func takeInitial(_ state: inout State, into frames: inout FrameBuffer, maximumBytes: Int) {
        var count = 0
        while frames.size < maximumBytes, count < objectsAtOnce, state.waiting.count < Self.conversionsAtOnce,
            let object = state.initial.popFirst()
        {
            append("ADDED", object, to: &frames, &state)
            count += 1
        }
        guard state.initial.isEmpty, state.waiting.isEmpty else { return }
        // An empty slice would keep the objects it has shown alive for as long as the watch lives.
        state.initial = []
        if state.owesInitialEnd {
            state.owesInitialEnd = false
            appendBookmark(state.upTo, endsInitial: true, to: &frames, &state)
        }
    }

    /// - Returns: whether there is more, because the client accepts no more now or because so much has been examined
    ///   that other connections must get their turn: a selector may match little of a long history.
    private func takeEvents(
        _ state: inout State, into frames: inout FrameBuffer, maximumBytes: Int
    ) -> Bool {
        for _ in 0..<batchesPerPull where frames.size < maximumBytes && state.waiting.isEmpty {
            do {
                guard let batch = try state.cursor?.next(maximum: min(64, objectsAtOnce)) else { return false }
                for event in batch.events where event.revision > ignoringUpTo { append(event, to: &frames, &state) }
                state.upTo = max(state.upTo, batch.upTo)
                if batch.atEnd { return false }
            } catch {
                let status = error.status(encoder.kind.groupResource, name: "")
                frames.append(type: "ERROR", object: encoder.bytes(status))
                state.hasEnded = true
                return false
            }
        }
        return true
    }

    /// An object that enters the selection is ADDED, one that leaves it is DELETED with its last matching content.
    private func append(_ event: StoreEvent, to frames: inout FrameBuffer, _ state: inout State) {
        let matchedBefore = event.previous.map(selection.includes) ?? false
        if event.isDeletion {
            if matchedBefore { append("DELETED", event.object, to: &frames, &state) }
            return
        }
        switch (matchedBefore, selection.includes(event.object)) {
        case (false, true): append("ADDED", event.object, to: &frames, &state)
        case (true, true): append("MODIFIED", event.object, to: &frames, &state)
        case (true, false):
            guard let last = event.previous?.restamped(revision: event.revision) else { return }
            append("DELETED", last, to: &frames, &state)
        case (false, false): break
        }
    }

    /// How many objects are converted before more are taken.
    private static let conversionsAtOnce = 64

    private func append(
        _ type: StaticString, _ object: StoredObject, to frames: inout FrameBuffer, _ state: inout State
    ) {
        if convert != nil {
            state.waiting.append(Outgoing(type: type, object: object))
        } else {
            encode(type, object, to: &frames, &state)
        }
    }

    /// Nothing is sent until it is done; then the stream is pulled again.
    private func beginConverting(_ state: inout State) {
        guard let convert else { return }
        let waiting = state.waiting
        state.waiting = []
        state.isConverting = true
        tasks.start { [weak self] in
            let result: Result<[StoredObject], APIStatus>
            do throws(APIStatus) {
                result = .success(try await convert(waiting.map(\.object)))
            } catch {
                result = .failure(error)
            }
            self?.finishConverting(waiting, result)
        }
    }

    private func finishConverting(_ waiting: [Outgoing], _ result: Result<[StoredObject], APIStatus>) {
        let wake = state.withLock { state in
            state.isConverting = false
            switch result {
            case .success(let objects):
                state.converted = zip(waiting, objects).map { Outgoing(type: $0.type, object: $1) }
            case .failure(let status): state.failure = status
            }
            return state.wake
        }
        wake?()
    }

    private func encode(
        _ type: StaticString, _ object: StoredObject, to frames: inout FrameBuffer, _ state: inout State
    ) {
        if case .table(let version) = encoder.format.shape {
            let meta: Object = ["resourceVersion": .string(String(object.revision))]
            let table = encoder.table(
                [encoder.present(object)], meta, version: version, showsColumns: !state.hasShownColumns)
            state.hasShownColumns = true
            frames.append(type: type, object: table.jsonBytes)
        } else {
            frames.append(type: type, object: encoder.encode(object))
        }
    }

    private func takeBookmark(_ state: inout State, into frames: inout FrameBuffer, at moment: SuspendingClock.Instant)
    {
        guard let due = state.nextBookmark, moment >= due else { return }
        appendBookmark(state.upTo, endsInitial: false, to: &frames, &state)
        state.nextBookmark = WatchStream.bookmarkTime(after: moment, end: end)
    }

    private func appendBookmark(
        _ revision: Int64, endsInitial: Bool, to frames: inout FrameBuffer, _ state: inout State
    ) {
        var object = bookmark
        object.set(.string(String(revision)), at: "metadata", "resourceVersion")
        if endsInitial { object.set(["k8s.io/initial-events-end": "true"], at: "metadata", "annotations") }
        switch encoder.format.shape {
        case .object: break
        case .partialMetadata(let version): object = TableOutput.partialMetadata(of: object, version: version)
        case .table(let version):
            // The bookmark's content is in the row's object, so it is never left out.
            var encoder = encoder
            if encoder.includeObject == .none { encoder.includeObject = .metadata }
            let meta: Object = ["resourceVersion": .string(String(revision))]
            object = encoder.table([object], meta, version: version, showsColumns: !state.hasShownColumns)
            state.hasShownColumns = true
        }
        let bytes = ObjectEncoder.bytes(object, encoder.format, encoder.types)
        frames.append(type: "BOOKMARK", object: bytes)
    }

    /// After the regular interval or shortly before the end, whichever comes first; no more after that.
    private static func bookmarkTime(
        after moment: SuspendingClock.Instant, end: SuspendingClock.Instant?
    ) -> SuspendingClock.Instant? {
        let regular = moment + bookmarkInterval
        guard let end else { return regular }
        let last = end - lastBookmarkLead
        if regular < last { return regular }
        return last > moment ? last : nil
    }
}

/// Outgoing watch frames: one JSON document per line, or length-prefixed protobuf messages.
private struct FrameBuffer {
    let isProtobuf: Bool
    private let metrics: WatchMetrics.Series?
    private(set) var pieces: [[UInt8]] = []
    private(set) var size = 0

    init(isProtobuf: Bool, _ metrics: WatchMetrics.Series?) {
        self.isProtobuf = isProtobuf
        self.metrics = metrics
    }

    mutating func append(type: StaticString, object: [UInt8]) {
        metrics?.sent(bytes: object.count)
        if isProtobuf {
            let frame = ProtobufCodec.watchFrame(type: "\(type)", object: object)
            pieces.append(frame)
            size += frame.count
            return
        }
        let head = Array("{\"type\":\"\(type)\",\"object\":".utf8)
        pieces.append(head)
        pieces.append(object)
        pieces.append([UInt8(ascii: "}"), UInt8(ascii: "\n")])
        size += head.count + object.count + 2
    }
}

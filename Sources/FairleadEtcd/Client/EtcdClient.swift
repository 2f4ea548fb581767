import Synchronization

/// The cluster: its members, one of which is asked until it fails.
final class EtcdClient: Sendable {
    private let members: [EtcdMember]
    private let current = Mutex(0)

    /// How long one member may take. Another one is asked after that.
    static let patience = Duration.seconds(2)
    private static let pause = Duration.milliseconds(50)

    /// - Throws: for certificates that cannot be read.
    init(_ options: EtcdOptions) throws {
        // Replicas begin with different members, so that the load is spread.
        let first = Int.random(in: 0..<options.endpoints.count)
        let endpoints = options.endpoints[first...] + options.endpoints[..<first]
        members = try endpoints.map { try EtcdMember($0, options) }
    }

    /// Keeps the connections until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for member in members { group.addTask { await member.run() } }
        }
    }

    /// The member that is asked at the moment.
    var member: EtcdMember { members[current.withLock { $0 }] }

    /// Asks the next member from now on, if this one is still the one that is asked.
    func leave(_ member: EtcdMember) {
        current.withLock { current in
            if members[current].endpoint == member.endpoint { current = (current + 1) % members.count }
        }
    }

    /// Asks once. After a failure that is the member's, the next request goes to another one.
    func callOnce<Response: EtcdResponse>(
        _ method: EtcdMethod, _ request: some EtcdRequest, _ type: Response.Type,
        timeout: Duration = EtcdClient.patience
    ) async throws(EtcdError) -> Response {
        let member = member
        do {
            return try await member.call(method, request, type, timeout: timeout)
        } catch {
            if case .unavailable = error { leave(member) }
            throw error
        }
    }

    /// Asks until somebody answers. Only for requests that may be carried out twice.
    func call<Response: EtcdResponse>(
        _ method: EtcdMethod, _ request: some EtcdRequest, _ type: Response.Type,
        until deadline: SuspendingClock.Instant
    ) async throws(EtcdError) -> Response {
        while true {
            do {
                return try await callOnce(method, request, type)
            } catch {
                guard case .unavailable = error, !Task.isCancelled, .now + Self.pause < deadline else { throw error }
                // Cancellation is seen at the next turn.
                try? await Task.sleep(for: Self.pause, clock: .suspending)
            }
        }
    }
}

import FairleadModel
import FairleadStorage

extension EtcdEngine {
    /// How many objects a page has at first, and the bytes that it should have.
    private static let firstPage: Int64 = 256
    private static let pageBytes = 4 << 20

    /// Reads every object, as of one revision.
    func loadAll(until deadline: SuspendingClock.Instant) async throws(EtcdError) -> EngineState {
        while true {
            do {
                return try await loadOnce(until: deadline)
            } catch {
                // Others have compacted the revision meanwhile: there is a newer one.
                guard case .compacted = error, .now < deadline else { throw error }
            }
        }
    }

    private func loadOnce(until deadline: SuspendingClock.Instant) async throws(EtcdError) -> EngineState {
        var request = RangeRequest(key: keys.root, end: EtcdKeys.end(of: keys.root), limit: Self.firstPage)
        var state = EngineState(revision: 0, compactedRevision: 0)
        while true {
            let page = try await client.call(.range, request, RangeResponse.self, until: deadline)
            if state.revision == 0 {
                state.revision = page.header.revision
                state.compactedRevision = page.header.revision
                request.revision = page.header.revision
            }
            var bytes = 0
            for value in page.values {
                bytes += value.value.count
                take(value, into: &state)
            }
            guard page.hasMore, let last = page.values.last else { return state }
            request.key = last.key + [0]
            if bytes < Self.pageBytes / 2 {
                request.limit = min(request.limit * 2, 16_384)
            } else if bytes > Self.pageBytes * 2 {
                request.limit = max(request.limit / 2, 4)
            }
        }
    }

    private func take(_ value: KeyValue, into state: inout EngineState) {
        guard let key = keys.object(value.key) else { return }
        switch values.read(value, of: key) {
        case .version(let version, let isStale):
            state.objects.append(version)
            if isStale { state.staleValues += 1 }
        case .damage(let damage): state.damaged.append(damage)
        }
    }
}

import FairleadModel
import Synchronization

/// The cluster's objects by the names that are asked for, never older than the last commit: each reader first applies
/// the changes since the last read, from the source's history. A question costs a few look-ups, however many Services
/// there are.
final class ZoneIndex: Sendable {
    /// The objects behind the name of one Service, all as of one revision.
    struct Found: Sendable {
        /// Whether the namespace exists. Names below other namespaces do not exist.
        var isNamespace: Bool
        var service: ServiceRecords?
        /// Sorted by name.
        var slices: [SliceRecords] = []
    }

    private let source: any RecordSource
    let resources: [GroupVersionResource]
    private let state = Mutex(ZoneTables())

    /// - Parameter includesPods: whether pods can be looked up by address.
    init(source: any RecordSource, includesPods: Bool) {
        self.source = source
        resources = [.namespaces, .services, .endpointSlices] + (includesPods ? [.pods] : [])
    }

    /// Applies the changes since the last call; every look-up does so, too.
    /// - Returns: whether there was anything to do.
    @discardableResult
    func catchUp() -> Bool {
        let target = source.revision
        return state.withLock { $0.advance(to: target, source, resources) }
    }

    /// How many changes there were since the last call, by kind of Service.
    func takeChanges() -> [ServiceKind: Int] {
        state.withLock { tables in
            defer { tables.changes = [:] }
            return tables.changes
        }
    }

    /// The revision of the last change to anything that names are derived from.
    var modifiedRevision: Int64 { read { $0.modifiedRevision } }

    func find(namespace: String, service: String) -> Found {
        read { tables in
            guard let entry = tables.namespaces[namespace] else { return Found(isNamespace: false) }
            return Found(
                isNamespace: entry.exists, service: entry.services[service], slices: entry.slices[service] ?? [])
        }
    }

    func hasNamespace(_ name: String) -> Bool { read { $0.namespaces[name]?.exists ?? false } }

    func service(at address: IPAddress) -> ServiceRecords? {
        read { $0.servicesByAddress[AddressKey(address)] }
    }

    /// The slices that have a ready endpoint with this address.
    func slices(at address: IPAddress) -> [SliceRecords] {
        read { $0.slicesByAddress[AddressKey(address)]?.all ?? [] }
    }

    /// The namespaces that have a running pod with this address.
    func podNamespaces(at address: IPAddress) -> [String] {
        read { tables in (tables.podsByAddress[AddressKey(address)] ?? []).map(\.namespace) }
    }

    private func read<Result: Sendable>(_ body: (borrowing ZoneTables) -> Result) -> Result {
        let target = source.revision
        return state.withLock { tables in
            _ = tables.advance(to: target, source, resources)
            return body(tables)
        }
    }
}

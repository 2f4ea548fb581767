import FairleadModel

/// The tables behind `ZoneIndex`, and how changes enter them.
struct ZoneTables {
    struct Namespace {
        var exists = false
        var services: [String: ServiceRecords] = [:]
        /// By the name of the Service, sorted by their own names.
        var slices: [String: [SliceRecords]] = [:]

        var isEmpty: Bool { !exists && services.isEmpty && slices.isEmpty }
    }

    /// Usually one slice, stored without an array.
    enum Slices {
        case one(SliceRecords)
        case many([SliceRecords])

        var all: [SliceRecords] {
            switch self {
            case .one(let slice): [slice]
            case .many(let slices): slices
            }
        }
    }

    /// -1 before anything has been loaded.
    private(set) var revision: Int64 = -1
    private(set) var modifiedRevision: Int64 = 0
    /// Changes by kind of Service, for metrics.
    var changes: [ServiceKind: Int] = [:]
    private(set) var namespaces: [String: Namespace] = [:]
    private(set) var servicesByAddress: [AddressKey: ServiceRecords] = [:]
    private(set) var slicesByAddress: [AddressKey: Slices] = [:]
    private(set) var podsByAddress: [AddressKey: [ObjectKey]] = [:]
    /// Each slice by name, to find the old version when a new one arrives.
    private var slicesByName: [String: [String: SliceRecords]] = [:]
    private var podAddresses: [ObjectKey: AddressKey] = [:]

    /// - Returns: whether there was anything to do.
    mutating func advance(
        to target: Int64, _ source: any RecordSource, _ resources: [GroupVersionResource]
    ) -> Bool {
        guard revision < target else { return false }
        if revision >= 0, let changes = source.changes(resources, after: revision, through: target) {
            for change in changes {
                apply(change)
                count(change)
            }
            revision = target
        } else {
            let loaded = source.load(resources)
            self = ZoneTables()
            for object in loaded.objects { apply(RecordChange(object: object, isDeletion: false)) }
            revision = loaded.revision
            // The last change may have been a deletion, which leaves no trace in the loaded objects.
            modifiedRevision = loaded.revision
        }
        return true
    }

    private mutating func apply(_ change: RecordChange) {
        let key = change.object.key
        modifiedRevision = max(modifiedRevision, change.object.revision)
        switch key.resource {
        case GroupVersionResource.namespaces.groupResource:
            update(key.name) { $0.exists = !change.isDeletion }
        case GroupVersionResource.services.groupResource:
            replace(key, by: change.isDeletion ? nil : ServiceRecords(change.object))
        case GroupVersionResource.endpointSlices.groupResource:
            replace(key, by: change.isDeletion ? nil : SliceRecords(change.object))
        case GroupVersionResource.pods.groupResource: replacePod(key, by: change)
        default: break
        }
    }

    private mutating func count(_ change: RecordChange) {
        let key = change.object.key
        let service: String
        switch key.resource {
        case GroupVersionResource.services.groupResource: service = key.name
        case GroupVersionResource.endpointSlices.groupResource:
            service = slicesByName[key.namespace]?[key.name]?.serviceName ?? ""
        default: return
        }
        guard let records = namespaces[key.namespace]?.services[service] else { return }
        switch records.kind {
        case .external: break
        case .cluster: changes[.clusterIP, default: 0] += 1
        case .headless:
            let hasSelector = ServiceView(records.object).selector != nil
            changes[hasSelector ? .headlessWithSelector : .headlessWithoutSelector, default: 0] += 1
        }
    }

    private mutating func update(_ namespace: String, _ change: (inout Namespace) -> Void) {
        change(&namespaces[namespace, default: Namespace()])
        if namespaces[namespace]?.isEmpty == true { namespaces[namespace] = nil }
    }

    private mutating func replace(_ key: ObjectKey, by service: ServiceRecords?) {
        if let old = namespaces[key.namespace]?.services[key.name] {
            for address in old.addresses {
                // A newer Service may have taken the address by now.
                let place = AddressKey(address)
                if servicesByAddress[place] === old { servicesByAddress[place] = nil }
            }
        }
        update(key.namespace) { $0.services[key.name] = service }
        guard let service else { return }
        for address in service.addresses { servicesByAddress[AddressKey(address)] = service }
    }

    private mutating func replace(_ key: ObjectKey, by slice: SliceRecords?) {
        let old = slicesByName[key.namespace]?[key.name]
        if let old {
            update(key.namespace) { $0.slices.remove(old) }
            for place in old.addressKeys { removeSlice(old, at: place) }
        }
        slicesByName[key.namespace, default: [:]][key.name] = slice
        if slicesByName[key.namespace]?.isEmpty == true { slicesByName[key.namespace] = nil }
        // Without a Service, there is no name for the slice's endpoints.
        guard let slice, !slice.serviceName.isEmpty else { return }
        update(key.namespace) { $0.slices.insert(slice) }
        for place in slice.addressKeys { addSlice(slice, at: place) }
    }

    private mutating func addSlice(_ slice: SliceRecords, at place: AddressKey) {
        switch slicesByAddress[place] {
        case nil: slicesByAddress[place] = .one(slice)
        case .some(let others): slicesByAddress[place] = .many(others.all + [slice])
        }
    }

    private mutating func removeSlice(_ slice: SliceRecords, at place: AddressKey) {
        let rest = (slicesByAddress[place]?.all ?? []).filter { $0 !== slice }
        slicesByAddress[place] = rest.isEmpty ? nil : rest.count == 1 ? .one(rest[0]) : .many(rest)
    }

    private mutating func replacePod(_ key: ObjectKey, by change: RecordChange) {
        if let place = podAddresses.removeValue(forKey: key) {
            podsByAddress[place]?.removeAll { $0 == key }
            if podsByAddress[place]?.isEmpty == true { podsByAddress[place] = nil }
        }
        let pod = PodView(change.object)
        guard !change.isDeletion, !pod.isTerminating, !pod.isFinished, pod.phase != "Unknown",
            let place = AddressKey(canonical: pod.podIP)
        else { return }
        podAddresses[key] = place
        podsByAddress[place, default: []].append(key)
    }
}

extension [String: [SliceRecords]] {
    fileprivate mutating func insert(_ slice: SliceRecords) {
        var slices = self[slice.serviceName] ?? []
        let place = slices.firstIndex { slice.name.isBefore($0.name) } ?? slices.endIndex
        slices.insert(slice, at: place)
        self[slice.serviceName] = slices
    }

    fileprivate mutating func remove(_ slice: SliceRecords) {
        self[slice.serviceName]?.removeAll { $0 === slice }
        if self[slice.serviceName]?.isEmpty == true { self[slice.serviceName] = nil }
    }
}

extension SliceRecords {
    /// Each address once, even if endpoints share it.
    fileprivate var addressKeys: Set<AddressKey> {
        Set(endpoints.compactMap { AddressKey(canonical: $0.address) })
    }
}

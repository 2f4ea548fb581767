import FairleadModel

/// Goes through the endpoints of a Service, slice by slice, for as long as it is worthwhile.
struct EndpointWalk {
    let slices: [SliceRecords]
    let wanted: NameRequest.ServiceName
    let scope: FindingScope
    /// The labels of the Service's own name.
    let base: [String]

    /// - Returns: nil if no endpoint matches the name.
    func run(_ budget: inout AnswerBudget) -> Findings? {
        var findings = Findings()
        var exists = false
        let isLong = slices.reduce(0) { $0 + $1.endpoints.count } > scope.limit
        // If not all endpoints can be collected, duplicates must not take the place of others.
        var seen: Set<IPAddress> = []
        let (first, offset) = isLong ? position(scope.turn) : (0, 0)
        for place in 0...slices.count where !slices.isEmpty {
            let slice = slices[(first + place) % slices.count]
            let ports = slice.ports.filter { $0.matches(name: wanted.port, transport: wanted.transport) }
            if ports.isEmpty { continue }
            let endpoints = part(of: slice, place, offset)
            if place < slices.count, wanted.endpoint.isEmpty {
                findings.addressCount += slice.addressCount * ports.count
                exists = exists || slice.addressCount + slice.nameCount > 0
            }
            guard !findings.isCut, scope.mayFind(in: slice) || !wanted.endpoint.isEmpty else { continue }
            for endpoint in endpoints {
                guard budget.steps > 0, findings.list.count < scope.limit else {
                    findings.isCut = true
                    break
                }
                budget.steps -= 1
                guard let host = endpoint.host else { continue }
                exists = true
                if case .address(let address) = host {
                    if !wanted.endpoint.isEmpty { findings.addressCount += ports.count }
                    guard scope.wants(address) else { continue }
                    if isLong, !scope.wantsEachPort, !seen.insert(address).inserted { continue }
                }
                let target = scope.hasTargets ? [endpoint.label] + base : []
                for port in scope.wantsEachPort ? ports[...] : ports.prefix(1) {
                    findings.list.append(Finding(host: host, port: port.number, target: target))
                }
            }
        }
        findings.areDistinct = isLong && !scope.wantsEachPort
        return exists ? findings : nil
    }

    /// The slice and the endpoint at which this turn begins.
    private func position(_ turn: Int) -> (slice: Int, endpoint: Int) {
        let count = slices.reduce(0) { $0 + $1.endpoints.count }
        guard count > 0 else { return (0, 0) }
        var rest = (turn % count + count) % count
        for (place, slice) in slices.enumerated() {
            if rest < slice.endpoints.count { return (place, rest) }
            rest -= slice.endpoints.count
        }
        return (0, 0)
    }

    /// The slice in whose middle the walk begins is visited twice: its end first, its beginning last.
    private func part(of slice: SliceRecords, _ place: Int, _ offset: Int) -> ArraySlice<SliceRecords.Endpoint> {
        if !wanted.endpoint.isEmpty {
            return place < slices.count ? slice.endpoints(labelled: wanted.endpoint)[...] : []
        }
        switch place {
        case 0: return slice.endpoints[offset...]
        case slices.count: return slice.endpoints[..<offset]
        default: return slice.endpoints[...]
        }
    }
}

extension SliceRecords.Endpoint {
    /// nil for a text that is neither an address nor a domain name.
    fileprivate var host: Finding.Host? {
        if let address = IPAddress(address) { return .address(address) }
        return DomainName(address).map { .name($0) }
    }
}

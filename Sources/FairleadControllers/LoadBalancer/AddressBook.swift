import FairleadClient
import FairleadModel

/// Which Service has which load-balancer address. Pure; the controller guards it.
///
/// Among the pools that a Service may use, the one with the highest priority that has a free address gives its lowest.
/// A Service keeps what it has as long as that fits its request. An address has one holder, or several that name the
/// same sharing key and have different ports; those with `externalTrafficPolicy: Local` must all select the same pods,
/// as the address leads to one set of nodes.
struct AddressBook: Sendable {
    enum Refusal: Error, Hashable {
        case malformed(String)
        case noPool(String)
        case outside(IPAddress, pool: String?)
        case taken(IPAddress, by: ObjectName)
        /// `reserve`: a pool with free addresses for Services that ask for it by name.
        case exhausted(family: String, reserve: String?)
        case noFamily(String)

        var message: String {
            switch self {
            case .malformed(let text): "\(text.goQuoted) is no address"
            case .noPool(let name): "there is no pool \(name.goQuoted)"
            case .outside(let address, let pool):
                pool.map { "address \(address) is not in pool \($0.goQuoted)" } ?? "address \(address) is in no pool"
            case .taken(let address, let owner): "address \(address) is in use by service \(owner)"
            case .exhausted(let family, nil): "no free \(family) address is left"
            case .exhausted(let family, let reserve?):
                "no free \(family) address is left; pool \(reserve.goQuoted) has some for Services with the annotation "
                    + "\(LoadBalancerTerms.poolAnnotation): \(reserve)"
            case .noFamily(let family): "no pool has \(family) addresses to assign"
            }
        }

        var isExhaustion: Bool {
            if case .exhausted = self { true } else { false }
        }
    }

    private struct Holder: Sendable {
        var ports: Set<LoadBalancerRequest.Port>
        var sharingKey: String?
        var localTo: [String: String]?
    }

    /// By descending priority.
    let pools: [LoadBalancerPool]
    private var holders: [IPAddress: [ObjectName: Holder]] = [:]
    private var addresses: [ObjectName: Set<IPAddress>] = [:]
    /// Per pool and range: no address below this one is free.
    private var lowest: [[UInt128]]

    init(_ pools: [LoadBalancerPool]) {
        self.pools = pools.enumerated().sorted {
            $0.element.priority == $1.element.priority
                ? $0.offset < $1.offset : $0.element.priority > $1.element.priority
        }.map(\.element)
        lowest = self.pools.map { $0.ranges.map(\.first.bits) }
    }

    func pool(of address: IPAddress) -> LoadBalancerPool? { pools.first { $0.contains(address) } }

    func addresses(of owner: ObjectName) -> Set<IPAddress> { addresses[owner] ?? [] }

    /// Takes the addresses that the Service asks for; returns them in the order of its families.
    ///
    /// Addresses it held before that are not in the result stay held until `release`.
    mutating func assign(_ request: LoadBalancerRequest) throws(Refusal) -> [IPAddress] {
        if let text = request.malformed.first { throw .malformed(text) }
        if let name = request.pool, !pools.contains(where: { $0.name == name }) { throw .noPool(name) }
        var result: [IPAddress] = []
        for (index, family) in request.families.enumerated() {
            if let wanted = request.address(family) {
                try claim(wanted, for: request, mayBeAnywhere: request.pool == nil)
                result.append(wanted)
            } else if let kept = keep(family, request) {
                result.append(kept)
            } else if index == 0 || !request.isSecondOptional || offers(family, request) {
                result.append(try take(family, request))
            }
        }
        return result
    }

    /// Takes the addresses that the status of a Service shows; those in no pool or held by another Service are left
    /// out.
    mutating func adopt(_ request: LoadBalancerRequest) {
        for address in request.written {
            // After a refusal the address stays with its current holder.
            try? claim(address, for: request, mayBeAnywhere: true)
        }
    }

    /// Gives back the owner's addresses except `kept`. Returns whether any address became free or lost one of its
    /// sharers.
    @discardableResult
    mutating func release(_ owner: ObjectName, except kept: Set<IPAddress> = []) -> Bool {
        guard let held = addresses[owner] else { return false }
        let freed = held.subtracting(kept)
        for address in freed {
            holders[address]?[owner] = nil
            guard holders[address]?.isEmpty ?? true else { continue }
            holders[address] = nil
            for pool in pools.indices {
                for (index, range) in pools[pool].ranges.enumerated() where range.contains(address) {
                    lowest[pool][index] = min(lowest[pool][index], address.bits)
                }
            }
        }
        let left = held.subtracting(freed)
        addresses[owner] = left.isEmpty ? nil : left
        return !freed.isEmpty
    }

    private func usable(_ request: LoadBalancerRequest) -> [Int] {
        pools.indices.filter { request.pool == nil ? pools[$0].autoAssigns : pools[$0].name == request.pool }
    }

    private func offers(_ family: String, _ request: LoadBalancerRequest) -> Bool {
        usable(request).contains { pools[$0].hasFamily(family) }
    }

    private mutating func claim(
        _ address: IPAddress, for request: LoadBalancerRequest, mayBeAnywhere: Bool
    ) throws(Refusal) {
        let isInside = pools.contains { $0.contains(address) && (mayBeAnywhere || $0.name == request.pool) }
        guard isInside else { throw .outside(address, pool: mayBeAnywhere ? nil : request.pool) }
        if let holder = rival(of: request, for: address) { throw .taken(address, by: holder) }
        holders[address, default: [:]][request.owner] = Holder(
            ports: request.ports, sharingKey: request.sharingKey, localTo: request.localTo)
        addresses[request.owner, default: []].insert(address)
    }

    /// Another holder with which the address cannot be shared.
    private func rival(of request: LoadBalancerRequest, for address: IPAddress) -> ObjectName? {
        let others = (holders[address] ?? [:]).filter { $0.key != request.owner }
        let rivals = others.filter { other in
            request.sharingKey == nil || other.value.sharingKey != request.sharingKey
                || !other.value.ports.isDisjoint(with: request.ports) || other.value.localTo != request.localTo
        }
        return rivals.keys.min()
    }

    /// The address that the Service already has, or that its status says it has.
    private mutating func keep(_ family: String, _ request: LoadBalancerRequest) -> IPAddress? {
        let known = (request.written + addresses(of: request.owner).sorted()).filter { $0.family == family }
        for address in known {
            // A refused address is skipped.
            let isKept = (try? claim(address, for: request, mayBeAnywhere: request.pool == nil)) != nil
            if isKept { return address }
        }
        return nil
    }

    private mutating func take(_ family: String, _ request: LoadBalancerRequest) throws(Refusal) -> IPAddress {
        guard offers(family, request) else { throw .noFamily(family) }
        if let shared = shareable(family, request) {
            try claim(shared, for: request, mayBeAnywhere: true)
            return shared
        }
        for pool in usable(request) {
            guard let address = lowestFree(family, in: pool) else { continue }
            try claim(address, for: request, mayBeAnywhere: true)
            return address
        }
        let reserve = pools.indices.first { !pools[$0].autoAssigns && lowestFree(family, in: $0) != nil }
        throw .exhausted(family: family, reserve: reserve.map { pools[$0].name })
    }

    private mutating func lowestFree(_ family: String, in pool: Int) -> IPAddress? {
        for (index, range) in pools[pool].ranges.enumerated() where range.first.family == family {
            var bits = lowest[pool][index]
            defer { lowest[pool][index] = bits }
            while bits <= range.last.bits {
                let address = IPAddress(bits: bits, isIPv4: range.first.isIPv4)
                if holders[address] == nil { return address }
                if bits == .max { break }
                bits += 1
            }
        }
        return nil
    }

    /// The lowest address that others share under the same key and whose ports leave room for this Service.
    private func shareable(_ family: String, _ request: LoadBalancerRequest) -> IPAddress? {
        guard let key = request.sharingKey else { return nil }
        let usable = usable(request)
        return holders.filter { address, holders in
            address.family == family && holders.values.contains { $0.sharingKey == key }
                && usable.contains { pools[$0].contains(address) } && rival(of: request, for: address) == nil
        }.keys.min()
    }
}

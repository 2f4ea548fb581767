import FairleadModel

/// Answers questions about the cluster's names as CoreDNS 1.13.1 does: for the cluster's zone, and all of in-addr.arpa
/// and ip6.arpa.
///
/// The Kubernetes DNS specification 1.1.0 decides which names exist; where it says nothing, CoreDNS does. Pure apart
/// from the index: nothing waits, and nothing is remembered between questions.
struct ZoneResolver: Sendable {
    let settings: ZoneSettings
    let index: ZoneIndex
    private let zones: [(name: DomainName, isReverse: Bool)]

    private static let reverseIPv4 = DomainName(validBytes: Array("\u{7}in-addr\u{4}arpa\u{0}".utf8))
    private static let reverseIPv6 = DomainName(validBytes: Array("\u{3}ip6\u{4}arpa\u{0}".utf8))
    /// How many aliases may follow the first one in a chain.
    private static let maximumChain = 10
    private static let schemaVersion = "1.1.0"
    private static let schemaTTL: UInt32 = 28800

    init(settings: ZoneSettings, index: ZoneIndex) {
        self.settings = settings
        self.index = index
        zones = [(settings.domain.lowercased, false), (Self.reverseIPv4, true), (Self.reverseIPv6, true)]
    }

    /// The names of the zones, as shown in `/metrics`.
    var zoneNames: [String] { zones.map(\.name.description) }

    /// The index of the zone that a name is in; the number of zones for names outside.
    func zoneNumber(of name: DomainName) -> Int {
        zones.firstIndex { name.suffixOffset(of: $0.name) != nil } ?? zones.count
    }

    /// - Parameters:
    ///   - local: the address that received the question, which the name server's name stands for.
    ///   - budget: how much of an answer is useful. A name with fifty thousand addresses costs no more than that.
    ///   - turn: where an answer begins that cannot contain everything.
    /// - Returns: nil for names outside the zones.
    func resolve(
        _ question: Question, local: IPAddress?, budget: AnswerBudget = .unlimited, turn: Int = 0
    ) -> Resolution? {
        guard let name = LookupName(question.name, zones: zones) else { return nil }
        var budget = budget
        do {
            var resolution = try answer(name, question.type, local, turn, &budget)
            if resolution.answers.isEmpty, resolution.code == .noError {
                resolution.authorities = startOfAuthority(name)
            }
            return resolution
        } catch {
            return Resolution(code: .nameError, authorities: startOfAuthority(name))
        }
    }

    private func answer(
        _ name: LookupName, _ type: RecordType, _ local: IPAddress?, _ turn: Int, _ budget: inout AnswerBudget
    ) throws(NameError) -> Resolution {
        switch type {
        case .a, .aaaa: return try addresses(name, type, local, after: [], turn, &budget)
        case .txt: return try text(name, &budget)
        case .cname:
            let first = try find(name, .existence(type), local, &budget).list.first
            guard let alias = first?.alias else { return Resolution() }
            return Resolution(answers: [record(name, .cname, .name(alias))])
        case .ptr: return try pointers(name, &budget)
        case .srv: return try services(name, local, turn, &budget)
        case .soa: return Resolution(answers: name.isApex ? startOfAuthority(name) : [])
        case .axfr, .ixfr: return .refused
        case .ns where name.isApex && name.zone.isLowercase: return nameServers(name, local)
        case .mx:
            _ = try find(name, .existence(type), local, &budget)
            return Resolution()
        default:
            _ = try find(name, .existence(.a), local, &budget)
            return Resolution()
        }
    }

    // MARK: - what names stand for

    /// - Throws: `NameError` if there is no such name; an empty result is a name without data.
    private func find(
        _ name: LookupName, _ scope: FindingScope, _ local: IPAddress?, _ budget: inout AnswerBudget
    ) throws(NameError) -> Findings {
        if name.isNameServer {
            let wanted = nameServerAddresses(name, local).filter { ($0.address.isIPv4 ? .a : .aaaa) == scope.type }
            return Findings(
                list: wanted.map { Finding(host: .address($0.address), port: 0, target: $0.labels) },
                addressCount: wanted.count)
        }
        return try records(name, scope, &budget)
    }

    private func records(
        _ name: LookupName, _ scope: FindingScope, _ budget: inout AnswerBudget
    ) throws(NameError) -> Findings {
        switch NameRequest(name.labels) {
        case .nothing: return Findings()
        case .invalid: throw NameError()
        case .service(let service):
            if name.isReverse { throw NameError() }
            return try findServices(service, scope, &budget)
        case .pod(let namespace, let pod):
            if name.isReverse { throw NameError() }
            let found = try findPods(namespace, pod)
            return Findings(list: found, addressCount: found.count)
        }
    }

    private func findServices(
        _ wanted: NameRequest.ServiceName, _ scope: FindingScope, _ budget: inout AnswerBudget
    ) throws(NameError) -> Findings {
        let found = index.find(namespace: wanted.namespace, service: wanted.name)
        guard found.isNamespace else { throw NameError() }
        if wanted.name.isEmpty { return Findings() }
        guard let service = found.service else { throw NameError() }
        let base = scope.hasTargets ? [wanted.name, wanted.namespace, "svc"] : []
        switch service.kind {
        case .external:
            guard wanted.endpoint.isEmpty, wanted.port.isEmpty, wanted.transport.isEmpty,
                let alias = service.externalName
            else { throw NameError() }
            return Findings(list: [Finding(host: .name(alias), port: 0, target: base)])
        case .cluster where wanted.endpoint.isEmpty:
            return try clusterAddresses(of: service, wanted, base, scope)
        case .cluster, .headless:
            let walk = EndpointWalk(slices: found.slices, wanted: wanted, scope: scope, base: base)
            guard let findings = walk.run(&budget) else { throw NameError() }
            return findings
        }
    }

    private func clusterAddresses(
        of service: ServiceRecords, _ wanted: NameRequest.ServiceName, _ base: [String], _ scope: FindingScope
    ) throws(NameError) -> Findings {
        let ports = service.ports.filter { $0.matches(name: wanted.port, transport: wanted.transport) }
        var findings = Findings(addressCount: ports.count * service.addresses.count)
        if findings.addressCount == 0 { throw NameError() }
        for port in scope.wantsEachPort ? ports[...] : ports.prefix(1) {
            for address in service.addresses {
                guard findings.list.count < scope.limit else {
                    findings.isCut = true
                    return findings
                }
                findings.list.append(Finding(host: .address(address), port: port.number, target: base))
            }
        }
        return findings
    }

    private func findPods(_ namespace: String, _ name: String) throws(NameError) -> [Finding] {
        guard settings.podNames != .disabled, index.hasNamespace(namespace) else { throw NameError() }
        if name.isEmpty { return [] }
        let isIPv4 = name.utf8.count { $0 == UInt8(ascii: "-") } == 3 && !name.contains("--")
        guard let address = IPAddress(String(name.map { $0 == "-" ? (isIPv4 ? "." : ":") : $0 })) else {
            throw NameError()
        }
        let finding = Finding(host: .address(address), port: 0, target: [name, namespace, "pod"])
        if settings.podNames == .insecure { return [finding] }
        let pods = index.podNamespaces(at: address).filter { $0 == namespace }
        if pods.isEmpty { throw NameError() }
        return pods.map { _ in finding }
    }

    // MARK: - records of each type

    private func record(_ name: LookupName, _ type: RecordType, _ data: RecordData) -> ResourceRecord {
        ResourceRecord(name.name, type, ttl: settings.ttl, data)
    }

    /// The addresses, preceded by the aliases that lead to them.
    /// - Parameter chain: the targets of the preceding aliases.
    private func addresses(
        _ name: LookupName, _ type: RecordType, _ local: IPAddress?, after chain: [DomainName], _ turn: Int,
        _ budget: inout AnswerBudget
    ) throws(NameError) -> Resolution {
        let scope = FindingScope(type: type, limit: max(budget.records, 1), turn: turn)
        let findings = try find(name, scope, local, &budget)
        var resolution = Resolution()
        resolution.isCut = findings.isCut
        for finding in findings.list {
            guard budget.records > 0 else {
                resolution.isCut = true
                break
            }
            switch finding.host {
            case .address(let address):
                guard address.isIPv4 == (type == .a) else { continue }
                let record = record(name, type, .address(address))
                // A Service has one finding per port, all with the same addresses.
                if resolution.answers.last == record { continue }
                resolution.answers.append(record)
                budget.records -= 1
            case .name(let target):
                // Aliases may lead to names with further aliases: each step counts, whatever it finds.
                guard budget.steps > 0 else {
                    resolution.isCut = true
                    continue
                }
                budget.steps -= 1
                // An alias to the name itself, or to a name below it, leads nowhere.
                guard !target.isWithin(name.name), chain.count <= Self.maximumChain, !chain.contains(target) else {
                    continue
                }
                let alias = record(name, .cname, .name(target))
                budget.records -= 1
                guard target.isWithin(name.zone) else {
                    resolution.answers.append(alias)
                    resolution.continuation = Question(target, type)
                    continue
                }
                guard let next = LookupName(target, zones: zones),
                    // An alias that leads nowhere is left out.
                    let rest = try? addresses(next, type, local, after: chain + [target], turn, &budget),
                    !rest.answers.isEmpty
                else { continue }
                resolution.isCut = resolution.isCut || rest.isCut
                resolution.answers += [alias] + rest.answers
                resolution.continuation = rest.continuation
            }
        }
        if !findings.areDistinct || findings.list.contains(where: { $0.alias != nil }) {
            resolution.answers.removeDuplicates()
        }
        return resolution
    }

    private func text(_ name: LookupName, _ budget: inout AnswerBudget) throws(NameError) -> Resolution {
        if name.labels == ["dns-version"] {
            let version = RecordData.text([Array(Self.schemaVersion.utf8)])
            return Resolution(answers: [ResourceRecord(name.name, .txt, ttl: Self.schemaTTL, version)])
        }
        // A name exists if it has data of another type; for TXT questions, no other name does.
        if try records(name, .existence(.txt), &budget).list.isEmpty { throw NameError() }
        return Resolution()
    }

    private func pointers(_ name: LookupName, _ budget: inout AnswerBudget) throws(NameError) -> Resolution {
        let isIPv6 = name.zone.bytes.count == Self.reverseIPv6.bytes.count
        guard name.isReverse, !name.isApex, let address = ReverseName.address(labels: name.labels, isIPv6: isIPv6)
        else {
            _ = try records(name, .existence(.ptr), &budget)
            return Resolution()
        }
        var names: [DomainName] = []
        var isCut = false
        if let service = index.service(at: address) {
            names.append(contentsOf: domain([service.name, service.namespace, "svc"]))
        } else {
            let text = address.description
            walk: for slice in index.slices(at: address) {
                for endpoint in slice.endpoints {
                    guard budget.steps > 0, names.count < budget.records else {
                        isCut = true
                        break walk
                    }
                    budget.steps -= 1
                    guard endpoint.address == text else { continue }
                    names.append(contentsOf: domain([endpoint.label, slice.serviceName, slice.namespace, "svc"]))
                }
            }
        }
        if names.isEmpty { throw NameError() }
        var resolution = Resolution(answers: names.map { record(name, .ptr, .name($0)) })
        resolution.isCut = isCut
        resolution.answers.removeDuplicates()
        return resolution
    }

    /// A name in the cluster's zone, or none if it would be too long.
    private func domain(_ labels: [String]) -> [DomainName] {
        settings.domain.below(labels).map { [$0] } ?? []
    }

    private func services(
        _ name: LookupName, _ local: IPAddress?, _ turn: Int, _ budget: inout AnswerBudget
    ) throws(NameError) -> Resolution {
        // An SRV record has six bytes and an uncompressed name, so it is more than twice as long as the shortest
        // record.
        let scope = FindingScope(type: .srv, limit: (budget.records + 1) / 2, hasTargets: true, turn: turn)
        let findings = try find(name, scope, local, &budget)
        // The weights share 100 before duplicates are removed, so they need not add up to 100.
        let count = Double(max(1, findings.addressCount))
        let weight = UInt16(max(1, (100.0 / (100.0 * count) * 100.0).rounded(.down)))
        var resolution = Resolution()
        resolution.isCut = findings.isCut
        for finding in findings.list {
            guard let port = finding.port, case .address(let address) = finding.host,
                let target = name.zone.below(finding.target)
            else { continue }
            let data = RecordData.service(
                priority: 0, weight: weight, port: UInt16(truncatingIfNeeded: port), target: target)
            resolution.answers.append(record(name, .srv, data))
            resolution.additionals.append(.address(target, ttl: settings.ttl, address))
        }
        resolution.answers.removeDuplicates()
        resolution.additionals.removeDuplicates()
        return resolution
    }

    // MARK: - the zones themselves

    private func startOfAuthority(_ name: LookupName) -> [ResourceRecord] {
        guard let server = name.zone.below(["ns", "dns"]), let mailbox = name.zone.below(["hostmaster"]) else {
            return []
        }
        let soa = StartOfAuthority(
            server: server, mailbox: mailbox, serial: UInt32(truncatingIfNeeded: index.modifiedRevision),
            refresh: 7200, retry: 1800, expire: 86400, minimum: settings.ttl)
        return [ResourceRecord(name.zone, .soa, ttl: min(settings.ttl, 300), .authority(soa))]
    }

    private func nameServers(_ name: LookupName, _ local: IPAddress?) -> Resolution {
        var resolution = Resolution()
        for server in nameServerAddresses(name, local) {
            guard let target = name.zone.below(server.labels) else { continue }
            resolution.answers.append(record(name, .ns, .name(target)))
            resolution.additionals.append(.address(target, ttl: settings.ttl, server.address))
        }
        resolution.answers.removeDuplicates()
        return resolution
    }

    /// The address of the Service that the DNS is reached by, or the address that received the question.
    private func nameServerAddresses(
        _ name: LookupName, _ local: IPAddress?
    ) -> [(labels: [String], address: IPAddress)] {
        if let server = settings.nameServer,
            let service = index.find(namespace: server.namespace, service: server.service).service,
            !service.addresses.isEmpty
        {
            return service.addresses.map { ([service.name, service.namespace, "svc"], $0) }
        }
        return local.map { [(["ns", "dns"], $0)] } ?? []
    }
}

extension DomainName {
    /// The name made of these labels followed by this name; nil if it would be invalid.
    func below(_ labels: [String]) -> DomainName? {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 64)
        for label in labels {
            let text = label.utf8
            guard (1...Self.maximumLabel).contains(text.count) else { return nil }
            result.append(UInt8(text.count))
            result.append(contentsOf: text)
        }
        result += bytes
        return result.count <= Self.maximumLength ? DomainName(validBytes: result) : nil
    }
}

extension [ResourceRecord] {
    fileprivate mutating func removeDuplicates() {
        guard count > 1 else { return }
        var seen: Set<ResourceRecord> = []
        removeAll { !seen.insert($0).inserted }
    }
}

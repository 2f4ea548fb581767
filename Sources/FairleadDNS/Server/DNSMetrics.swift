import CoreMetrics
import Synchronization

/// The metrics of the DNS server, under CoreDNS's names.
final class DNSMetrics: Sendable {
    /// One answered question.
    struct Exchange {
        /// An index into `zones`.
        var zone: Int
        var transport: DNSTransport
        var isIPv4: Bool
        var type: RecordType
        var code: ResponseCode
        var requestSize: Int
        var responseSize: Int
        var nanoseconds: Int64
    }

    enum Upstream: String, CaseIterable { case asked, failed, hit, miss }

    private let requests: CounterTable
    private let responses: CounterTable
    private let durations: [Timer]
    private let requestSizes: [Recorder]
    private let responseSizes: [Recorder]
    private let programming: [ServiceKind: Timer]
    private let upstream: [Upstream: Counter]
    private let dropped: Counter

    private static let types: [RecordType] = [
        .a, .aaaa, .cname, RecordType(rawValue: 48), RecordType(rawValue: 43), RecordType(rawValue: 65), .mx,
        RecordType(rawValue: 47), .ns, .ptr, RecordType(rawValue: 46), .soa, .srv, .txt, .any,
    ]
    /// Codes from here on share the last counter.
    private static let codeCount = 24
    private static let transports = [DNSTransport.udp, .tcp]

    /// - Parameter zones: the names of the zones; the last one stands for everything else.
    init(zones: [String], server: String, factory: any MetricsFactory) {
        let places = zones.flatMap { zone in Self.transports.map { (zone: zone, transport: $0) } }
        requests = CounterTable(places: places.count * 2 * (Self.types.count + 1)) { place in
            let (rest, type) = place.quotientAndRemainder(dividingBy: Self.types.count + 1)
            let (zone, transport) = places[rest / 2]
            let name = type < Self.types.count ? Self.types[type].description : "other"
            return Counter(
                label: "coredns_dns_requests_total",
                dimensions: [
                    ("family", "\(rest % 2 + 1)"), ("proto", transport.rawValue), ("server", server), ("type", name),
                    ("view", ""), ("zone", zone),
                ], factory: factory)
        }
        responses = CounterTable(places: zones.count * Self.codeCount) { place in
            let code = ResponseCode(rawValue: UInt16(place % Self.codeCount)).description
            return Counter(
                label: "coredns_dns_responses_total",
                dimensions: [
                    ("plugin", "kubernetes"), ("rcode", code), ("server", server), ("view", ""),
                    ("zone", zones[place / Self.codeCount]),
                ], factory: factory)
        }
        durations = zones.map { zone in
            Timer(
                label: "coredns_dns_request_duration_seconds",
                dimensions: [("server", server), ("view", ""), ("zone", zone)], factory: factory)
        }
        func sizes(_ label: String) -> [Recorder] {
            places.map { zone, transport in
                Recorder(
                    label: label,
                    dimensions: [("proto", transport.rawValue), ("server", server), ("view", ""), ("zone", zone)],
                    factory: factory)
            }
        }
        requestSizes = sizes("coredns_dns_request_size_bytes")
        responseSizes = sizes("coredns_dns_response_size_bytes")
        programming = Dictionary(
            uniqueKeysWithValues: ServiceKind.allCases.map { kind in
                let timer = Timer(
                    label: "coredns_kubernetes_dns_programming_duration_seconds",
                    dimensions: [("service_kind", kind.rawValue)], factory: factory)
                return (kind, timer)
            })
        upstream = Dictionary(
            uniqueKeysWithValues: Upstream.allCases.map { event in
                (event, Counter(label: event.name, dimensions: [("server", server)], factory: factory))
            })
        dropped = Counter(
            label: "fairlead_dns_questions_dropped_total", dimensions: [("server", server)], factory: factory)
    }

    func count(_ exchange: Exchange) {
        let type = Self.types.firstIndex(of: exchange.type) ?? Self.types.count
        let place = exchange.zone * 2 + (exchange.transport == .udp ? 0 : 1)
        requests.increment((place * 2 + (exchange.isIPv4 ? 0 : 1)) * (Self.types.count + 1) + type)
        responses.increment(exchange.zone * Self.codeCount + min(Int(exchange.code.rawValue), Self.codeCount - 1))
        durations[exchange.zone].recordNanoseconds(exchange.nanoseconds)
        requestSizes[place].record(exchange.requestSize)
        responseSizes[place].record(exchange.responseSize)
    }

    /// - Parameter nanoseconds: from the publication of a change until answers show it.
    func programmed(_ kind: ServiceKind, after nanoseconds: Int64, times: Int) {
        for _ in 0..<times { programming[kind]?.recordNanoseconds(nanoseconds) }
    }

    func count(_ event: Upstream) { upstream[event]?.increment() }

    /// A question was dropped.
    func countDropped() { dropped.increment() }
}

/// Counters by index, each created when it is first needed: only a few of all combinations ever are.
private final class CounterTable: Sendable {
    private let counters: Mutex<[Counter?]>
    private let make: @Sendable (Int) -> Counter

    init(places: Int, make: @escaping @Sendable (Int) -> Counter) {
        counters = Mutex(Array(repeating: nil, count: places))
        self.make = make
    }

    func increment(_ place: Int) {
        counters.withLock { counters in
            if let known = counters[place] { return known.increment() }
            let made = make(place)
            counters[place] = made
            made.increment()
        }
    }
}

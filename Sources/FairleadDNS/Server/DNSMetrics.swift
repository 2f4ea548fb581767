import Synchronization

/// What `/metrics` shows of the DNS, under CoreDNS's names.
final class DNSMetrics: Sendable {
    /// One answered question.
    struct Exchange {
        /// A place in `zones`.
        var zone: Int
        var transport: DNSTransport
        var isIPv4: Bool
        var type: RecordType
        var code: ResponseCode
        var requestSize: Int
        var responseSize: Int
        /// Seconds.
        var duration: Double
    }

    enum Upstream: String, CaseIterable { case asked, failed, hit, miss }

    private struct Tables {
        var requests: [Int]
        var responses: [Int]
        var durations: [DNSHistogram]
        var requestSizes: [DNSHistogram]
        var responseSizes: [DNSHistogram]
        var programming: [ServiceKind: DNSHistogram] = [:]
        var upstream: [Upstream: Int] = [:]
        var dropped = 0
    }

    private let zones: [String]
    private let server: String
    private let tables: Mutex<Tables>

    private static let types: [RecordType] = [
        .a, .aaaa, .cname, RecordType(rawValue: 48), RecordType(rawValue: 43), RecordType(rawValue: 65), .mx,
        RecordType(rawValue: 47), .ns, .ptr, RecordType(rawValue: 46), .soa, .srv, .txt, .any,
    ]
    /// Codes from here on share the last place.
    private static let codeCount = 24
    private static let timeBounds = DNSHistogram.doubling(from: 0.00025, count: 16)
    private static let sizeBounds: [Double] = [
        0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16e3, 32e3, 48e3, 64e3,
    ]
    private static let programmingBounds = DNSHistogram.doubling(from: 0.001, count: 20)

    /// - Parameter zones: their names; the last stands for everything else.
    init(zones: [String], server: String) {
        self.zones = zones
        self.server = server
        let sizes = Array(repeating: DNSHistogram(bounds: Self.sizeBounds), count: zones.count * 2)
        tables = Mutex(
            Tables(
                requests: Array(repeating: 0, count: zones.count * 4 * (Self.types.count + 1)),
                responses: Array(repeating: 0, count: zones.count * Self.codeCount),
                durations: Array(repeating: DNSHistogram(bounds: Self.timeBounds), count: zones.count),
                requestSizes: sizes, responseSizes: sizes))
    }

    func count(_ exchange: Exchange) {
        let type = Self.types.firstIndex(of: exchange.type) ?? Self.types.count
        let family = (exchange.transport == .udp ? 0 : 1) * 2 + (exchange.isIPv4 ? 0 : 1)
        let request = (exchange.zone * 4 + family) * (Self.types.count + 1) + type
        let response = exchange.zone * Self.codeCount + min(Int(exchange.code.rawValue), Self.codeCount - 1)
        let size = exchange.zone * 2 + (exchange.transport == .udp ? 0 : 1)
        tables.withLock { tables in
            tables.requests[request] += 1
            tables.responses[response] += 1
            tables.durations[exchange.zone].observe(exchange.duration)
            tables.requestSizes[size].observe(Double(exchange.requestSize))
            tables.responseSizes[size].observe(Double(exchange.responseSize))
        }
    }

    /// - Parameter seconds: from the publication of a change until answers show it.
    func programmed(_ kind: ServiceKind, after seconds: Double, times: Int) {
        tables.withLock {
            $0.programming[kind, default: DNSHistogram(bounds: Self.programmingBounds)].observe(seconds, times: times)
        }
    }

    func count(_ event: Upstream) { tables.withLock { $0.upstream[event, default: 0] += 1 } }

    /// A question that was thrown away.
    func countDropped() { tables.withLock { $0.dropped += 1 } }

    // MARK: - text

    /// In the Prometheus exposition format.
    var text: String {
        let tables = tables.withLock { $0 }
        var page = Self.header(
            "coredns_dns_requests_total", "Counter of DNS requests made per zone, protocol and family.", "counter")
        for (zone, name) in zones.enumerated() {
            for family in 0..<4 {
                for type in 0...Self.types.count {
                    let count = tables.requests[(zone * 4 + family) * (Self.types.count + 1) + type]
                    guard count > 0 else { continue }
                    let typeName = type < Self.types.count ? Self.types[type].description : "other"
                    page += """
                        coredns_dns_requests_total{family="\(family % 2 + 1)",proto="\(Self.transport(family / 2))",\
                        server="\(server)",type="\(typeName)",view="",zone="\(name)"} \(count)

                        """
                }
            }
        }
        page += Self.header("coredns_dns_responses_total", "Counter of response status codes.", "counter")
        for (zone, name) in zones.enumerated() {
            for code in 0..<Self.codeCount {
                let count = tables.responses[zone * Self.codeCount + code]
                guard count > 0 else { continue }
                let codeName = ResponseCode(rawValue: UInt16(code)).description
                page += """
                    coredns_dns_responses_total{plugin="kubernetes",rcode="\(codeName)",server="\(server)",view="",\
                    zone="\(name)"} \(count)

                    """
            }
        }
        page += histograms(tables)
        page += Self.header(
            "fairlead_dns_questions_dropped_total", "Questions thrown away because they had waited too long.", "counter"
        )
        page += "fairlead_dns_questions_dropped_total{server=\"\(server)\"} \(tables.dropped)\n"
        return page + upstream(tables)
    }

    private func histograms(_ tables: Tables) -> String {
        var page = Self.header(
            "coredns_dns_request_duration_seconds", "Histogram of the time (in seconds) each request took per zone.",
            "histogram")
        for (zone, name) in zones.enumerated() {
            page += tables.durations[zone].lines(
                "coredns_dns_request_duration_seconds", "server=\"\(server)\",view=\"\",zone=\"\(name)\"")
        }
        let sizes = [
            (
                "request", "Size of the EDNS0 UDP buffer in bytes (64K for TCP) per zone and protocol.",
                tables.requestSizes
            ),
            ("response", "Size of the returned response in bytes.", tables.responseSizes),
        ]
        for (what, help, histograms) in sizes {
            page += Self.header("coredns_dns_\(what)_size_bytes", help, "histogram")
            for (place, histogram) in histograms.enumerated() {
                page += histogram.lines(
                    "coredns_dns_\(what)_size_bytes",
                    "proto=\"\(Self.transport(place % 2))\",server=\"\(server)\",view=\"\",zone=\"\(zones[place / 2])\""
                )
            }
        }
        page += Self.header(
            "coredns_kubernetes_dns_programming_duration_seconds",
            "Histogram of the time (in seconds) it took to program a dns instance.", "histogram")
        for kind in ServiceKind.allCases {
            page +=
                tables.programming[kind]?.lines(
                    "coredns_kubernetes_dns_programming_duration_seconds", "service_kind=\"\(kind.rawValue)\"") ?? ""
        }
        return page
    }

    private func upstream(_ tables: Tables) -> String {
        let names: [(Upstream, String, String)] = [
            (.asked, "coredns_proxy_requests_total", "Counter of requests made to the upstream."),
            (.failed, "coredns_forward_failures_total", "Counter of requests that the upstream did not answer."),
            (.hit, "coredns_cache_hits_total", "The count of cache hits."),
            (.miss, "coredns_cache_misses_total", "The count of cache misses."),
        ]
        return names.map { event, name, help in
            guard let count = tables.upstream[event] else { return "" }
            return Self.header(name, help, "counter") + "\(name){server=\"\(server)\"} \(count)\n"
        }.joined()
    }

    private static func transport(_ place: Int) -> String { place == 0 ? "udp" : "tcp" }

    private static func header(_ name: String, _ help: String, _ type: String) -> String {
        "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }
}

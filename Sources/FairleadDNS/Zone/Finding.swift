import FairleadModel

/// One way to reach what a name stands for: what SRV, A, AAAA and CNAME records are made of.
struct Finding {
    enum Host {
        case address(IPAddress)
        /// Somewhere else: a CNAME.
        case name(DomainName)
    }

    var host: Host
    /// nil where there is no port to tell, and so no SRV record.
    var port: Int32?
    /// The labels before the zone that an SRV record points to.
    var target: [String]

    var alias: DomainName? { if case .name(let name) = host { name } else { nil } }
}

/// What has been found for a name.
struct Findings {
    var list: [Finding] = []
    /// How many of them there are in all that have an address, those that are not in the list included.
    var addressCount = 0
    /// Whether there are more than in the list.
    var isCut = false
    /// Whether no address is in the list twice.
    var areDistinct = false
}

/// What is looked for, and how much of it is of use.
struct FindingScope {
    /// A and AAAA want addresses of their family, and aliases; other types anything.
    var type: RecordType
    var limit: Int
    /// Whether the findings need the labels of their own names, which only SRV shows.
    var hasTargets = false
    /// Where in a list that is too long an answer begins: it would always have the same endpoints else.
    var turn = 0

    /// Whether there is such a name at all.
    static func existence(_ type: RecordType) -> FindingScope { FindingScope(type: type, limit: 1) }

    /// A host has one address record, however many ports.
    var wantsEachPort: Bool { type != .a && type != .aaaa }

    func wants(_ address: IPAddress) -> Bool {
        switch type {
        case .a: address.isIPv4
        case .aaaa: !address.isIPv4
        default: true
        }
    }

    func mayFind(in slice: SliceRecords) -> Bool {
        switch type {
        case .a: slice.ipv4Count + slice.nameCount > 0
        case .aaaa: slice.ipv6Count + slice.nameCount > 0
        default: true
        }
    }
}

/// No such name: NXDOMAIN.
struct NameError: Error {}

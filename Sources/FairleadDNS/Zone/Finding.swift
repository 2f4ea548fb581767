import FairleadModel

/// One way to reach what a name stands for: the source of SRV, A, AAAA and CNAME records.
struct Finding {
    enum Host {
        case address(IPAddress)
        /// A name elsewhere: a CNAME.
        case name(DomainName)
    }

    var host: Host
    /// nil if there is no port, and so no SRV record.
    var port: Int32?
    /// The labels, in front of the zone, that an SRV record points to.
    var target: [String]

    var alias: DomainName? { if case .name(let name) = host { name } else { nil } }
}

/// The findings for a name.
struct Findings {
    var list: [Finding] = []
    /// How many findings have an address in all, including those that are not in the list.
    var addressCount = 0
    /// Whether there are more findings than the list has.
    var isCut = false
    /// Whether no address is in the list more than once.
    var areDistinct = false
}

/// What to look for, and how many findings are useful.
struct FindingScope {
    /// A and AAAA want addresses of their family, and aliases; other types want anything.
    var type: RecordType
    var limit: Int
    /// Whether the findings need the labels of their own names, which only SRV records show.
    var hasTargets = false
    /// Where an answer begins in a list that is too long: otherwise it would always contain the same endpoints.
    var turn = 0

    /// Asks only whether the name exists.
    static func existence(_ type: RecordType) -> FindingScope { FindingScope(type: type, limit: 1) }

    /// A host has one address record, however many ports it has.
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

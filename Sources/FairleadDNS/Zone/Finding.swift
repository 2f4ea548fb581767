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

/// No such name: NXDOMAIN.
struct NameError: Error {}

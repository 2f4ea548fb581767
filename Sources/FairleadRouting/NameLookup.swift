package import FairleadModel

/// The DNS queries that a program makes to look up a name, and the answers of the cluster DNS.
package struct NameLookup: Hashable, Sendable {
    package enum Answer: Hashable, Sendable {
        case addresses([IPAddress])
        /// A CNAME to a name outside the cluster.
        case alias(String)
        case notFound
    }

    package struct Question: Hashable, Sendable {
        package let name: String
        package let answer: Answer
    }

    package internal(set) var questions: [Question] = []
    /// The Service that the last answer is about.
    package internal(set) var service: ObjectName?

    package var answer: Answer { questions.last?.answer ?? .notFound }
}

extension RoutingTable {
    /// Looks a name up like a pod's resolver (search list, `ndots:5`), or like one without a search list.
    ///
    /// Reference: Kubernetes DNS specification 1.1; resolv.conf(5).
    func lookUp(_ name: String, namespace: String?) -> NameLookup {
        var lookup = NameLookup()
        let isAbsolute = name.utf8.last == UInt8(ascii: ".")
        let stem = isAbsolute ? String(name.dropLast()) : name
        for suffix in suffixes(stem, namespace: isAbsolute ? nil : namespace) {
            let full = stem + suffix
            let (answer, service) = answer(full)
            lookup.questions.append(NameLookup.Question(name: full + ".", answer: answer))
            guard answer != .notFound else { continue }
            lookup.service = service
            break
        }
        return lookup
    }

    /// What makes the name fully qualified, without the trailing dot, in the order of the queries.
    private func suffixes(_ name: String, namespace: String?) -> [String] {
        guard let namespace else { return [""] }
        let domain = settings.clusterDomain
        let searched = [".\(namespace).svc.\(domain)", ".svc.\(domain)", ".\(domain)"]
        let dots = name.utf8.count { $0 == UInt8(ascii: ".") }
        return dots >= 5 ? [""] + searched : searched + [""]
    }

    private func answer(_ full: String) -> (NameLookup.Answer, ObjectName?) {
        let suffix = ".svc." + settings.clusterDomain
        let lowered = full.lowercased()
        guard lowered.hasSuffix(suffix) else { return (.notFound, nil) }
        let labels = lowered.utf8.dropLast(suffix.utf8.count)
            .split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { String(Substring($0)) }
        guard labels.count == 2 || labels.count == 3 else { return (.notFound, nil) }
        let service = ObjectName(namespace: labels[labels.count - 1], name: labels[labels.count - 2])
        guard let named = named(service) else { return (.notFound, nil) }
        let hostname = labels.count == 3 ? labels[0] : nil
        if named.type == "ExternalName" {
            return hostname == nil ? (.alias(named.externalName), service) : (.notFound, nil)
        }
        guard named.isHeadless else {
            guard hostname == nil, !named.clusterIPs.isEmpty else { return (.notFound, nil) }
            return (.addresses(named.clusterIPs), service)
        }
        let found = addresses(of: service, hostname: hostname)
        return found.isEmpty ? (.notFound, nil) : (.addresses(found), service)
    }

    /// The addresses of a headless Service's ready endpoints. If the Service publishes addresses that are not ready,
    /// its slices list them as ready.
    private func addresses(of service: ObjectName, hostname: String?) -> [IPAddress] {
        var found: Set<IPAddress> = []
        for slice in contents(of: service) {
            for entry in slice.entries where entry.isReady {
                guard let address = entry.address else { continue }
                if let hostname, entry.hostname.lowercased() != hostname { continue }
                found.insert(address)
            }
        }
        return found.sorted()
    }
}

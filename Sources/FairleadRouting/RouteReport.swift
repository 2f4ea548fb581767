import FairleadModel

/// A decision in words: the steps of a packet in order, each with the fields that it depends on.
package struct RouteReport: Sendable {
    /// A field that was read: the object, the field and its value.
    package struct Fact: Hashable, Sendable {
        package var object: String
        package var field: String
        package var value: String
    }

    package struct Step: Hashable, Sendable {
        /// `DNS`, `Balancer`, `Node node-1`, `Pod default/web-1`, …
        package var place: String
        /// A stable name of the rule, for programs.
        package var rule: String
        package var text: String
        package var facts: [Fact] = []
    }

    /// An endpoint of the Service: its share of new connections, or why it has none.
    package struct Candidate: Hashable, Sendable {
        package var endpoint: String
        package var node: String
        package var pod: String
        /// 0 for excluded endpoints.
        package var share: Double
        /// Empty for eligible endpoints.
        package var exclusion: String
        package var text: String
        package var isChosen: Bool
    }

    package let decision: Decision
    package private(set) var steps: [Step] = []
    package private(set) var candidates: [Candidate] = []
    /// The path of the reply.
    package private(set) var back: [String] = []

    package init(_ decision: Decision) {
        self.decision = decision
        start()
        lookup()
        nodeChoice()
        match()
        policy()
        choice()
        translation()
        end()
        wayBack()
    }

    // MARK: Steps

    private mutating func start() {
        let source = decision.source.map { " (\($0))" } ?? ""
        let destination: String
        switch decision.packet.destination {
        case .address(let address):
            destination = Socket(address, decision.packet.port, decision.packet.transport).description
        case .name(let name): destination = "\(name):\(decision.packet.port)"
        }
        steps.append(
            Step(
                place: decision.packet.source.text, rule: "Start",
                text: "\(decision.packet.source.text)\(source) sends \(decision.packet.transport.rawValue) to "
                    + "\(destination)."))
    }

    private mutating func lookup() {
        guard let lookup = decision.lookup else { return }
        for question in lookup.questions {
            let answer: String
            switch question.answer {
            case .addresses(let addresses): answer = addresses.map(\.description).joined(separator: ", ")
            case .alias(let name): answer = "CNAME \(name)"
            case .notFound: answer = "NXDOMAIN"
            }
            steps.append(Step(place: "DNS", rule: "Question", text: "\(question.name) -> \(answer)"))
        }
        if let destination = decision.destination {
            steps.append(Step(place: "DNS", rule: "Answer", text: "The packet goes to \(destination)."))
        }
    }

    private mutating func nodeChoice() {
        guard let choice = decision.nodeChoice else { return }
        let who = choice.balancer.map { "Balancer \($0)" } ?? "Network outside"
        var text: String
        if choice.nodes.isEmpty {
            text = "No node can take the packet."
        } else {
            let share = Self.percent(1 / Double(choice.nodes.count))
            text =
                "The packet may come to \(Self.some(choice.nodes)), \(share) each; here it is "
                + "\(decision.node ?? "")."
        }
        let excluded = choice.someExcluded(Self.maximumNodes).map { "\($0.node): \($0.why.text)" }
        if !excluded.isEmpty {
            let more = choice.excludedCount - excluded.count
            text += " Left out: " + excluded.joined(separator: "; ") + (more > 0 ? "; and \(more) more." : ".")
        }
        var facts: [Fact] = []
        if choice.balancer != nil, let port = decision.servicePort {
            facts.append(
                Fact(
                    object: "Service \(port.service)", field: "spec.externalTrafficPolicy",
                    value: port.isExternalLocal ? "Local" : "Cluster"))
            if port.healthCheckNodePort != 0 {
                facts.append(
                    Fact(
                        object: "Service \(port.service)", field: "spec.healthCheckNodePort",
                        value: "\(port.healthCheckNodePort)"))
            }
        }
        steps.append(Step(place: who, rule: "ChooseNode", text: text, facts: facts))
    }

    private var nodePlace: String { decision.node.map { "Node \($0)" } ?? "Network" }

    private mutating func match() {
        guard let port = decision.servicePort, let access = decision.access, decision.node != nil else { return }
        let object = "Service \(port.service)"
        let fact: Fact
        switch access {
        case .clusterIP: fact = Fact(object: object, field: "spec.clusterIPs", value: "\(port.clusterIP)")
        case .externalIP:
            fact = Fact(object: object, field: "spec.externalIPs", value: Self.list(port.externalIPs))
        case .balancerVIP:
            fact = Fact(object: object, field: "status.loadBalancer.ingress", value: Self.list(port.balancerVIPs))
        case .balancerProxy:
            fact = Fact(
                object: object, field: "status.loadBalancer.ingress",
                value: Self.list(port.balancerProxies) + " (ipMode Proxy)")
        case .nodePort: fact = Fact(object: object, field: "spec.ports.nodePort", value: "\(port.nodePort)")
        }
        steps.append(
            Step(
                place: nodePlace, rule: access.rawValue,
                text: "The destination is \(access.text) of Service \(port.service), port \(port.port)"
                    + "\(port.portName.isEmpty ? "" : " (\(port.portName))").", facts: [fact]))
        if let flushed = decision.flushed {
            steps.append(
                Step(
                    place: nodePlace, rule: "Flushed",
                    text: "The connection table named \(flushed), which does not serve any more: the entry is removed.")
            )
        }
        if decision.isEstablished {
            steps.append(
                Step(
                    place: nodePlace, rule: "Established",
                    text: "The packet belongs to a connection that exists: it stays with its endpoint, whatever the "
                        + "slices say now."))
        }
        if case .dropped(.outsideSourceRanges) = decision.outcome {
            steps.append(
                Step(
                    place: nodePlace, rule: "SourceRanges",
                    text: "The source \(decision.source.map(\.description) ?? "") is in none of the ranges.",
                    facts: [
                        Fact(
                            object: object, field: "spec.loadBalancerSourceRanges",
                            value: Self.list(port.sourceRanges))
                    ]))
        }
    }

    private mutating func policy() {
        guard let port = decision.servicePort, let scope = decision.scope else { return }
        let field = scope == .internalPolicy ? "spec.internalTrafficPolicy" : "spec.externalTrafficPolicy"
        let isLocal = scope == .internalPolicy ? port.isInternalLocal : port.isExternalLocal
        let text =
            switch scope {
            case .internalPolicy, .externalPolicy:
                isLocal
                    ? "Only endpoints on this node count." : "Endpoints on all nodes count."
            case .podToExternal:
                "The policy is Local, but the packet comes from a pod: endpoints on all nodes count, as if it had gone "
                    + "out and come back to a node that has some."
            case .nodeToExternal:
                "The policy is Local, but the packet comes from the node itself: endpoints on all nodes count."
            }
        steps.append(
            Step(
                place: nodePlace, rule: scope.rawValue, text: text,
                facts: [Fact(object: "Service \(port.service)", field: field, value: isLocal ? "Local" : "Cluster")]))
    }

    private mutating func choice() {
        guard let port = decision.servicePort, let pool = decision.pool else { return }
        let share = pool.isEmpty ? 0 : 1 / Double(pool.members.count)
        let percent = Self.percent(share)
        let members = Set(pool.members)
        for (index, endpoint) in port.endpoints.enumerated() {
            let isMember = members.contains(index)
            let exclusion = isMember ? nil : pool.exclusion(of: endpoint)
            candidates.append(
                Candidate(
                    endpoint: endpoint.text, node: endpoint.nodeName, pod: endpoint.pod?.description ?? "",
                    share: isMember ? share : 0, exclusion: exclusion?.rawValue ?? "",
                    text: exclusion?.text(endpoint) ?? percent, isChosen: endpoint.isSame(as: decision.chosen)))
        }
        for skipped in port.skipped where skipped.reason != .otherFamily {
            candidates.append(
                Candidate(
                    endpoint: skipped.text, node: "", pod: "", share: 0, exclusion: skipped.reason.rawValue,
                    text: "\(skipped.reason.text) (slice \(skipped.slice))", isChosen: false))
        }
        if let text = pool.topology.text(pool) {
            steps.append(Step(place: nodePlace, rule: "Topology" + pool.topology.rawValue, text: text))
        }
        if pool.basis == .servingTerminating {
            steps.append(
                Step(
                    place: nodePlace, rule: "TerminatingFallback",
                    text: "No endpoint is ready: those that are terminating but still serve are used."))
        }
        guard let chosen = decision.chosen else { return }
        let seconds = port.affinitySeconds ?? 0
        let why =
            switch decision.affinity {
            case .kept: "the client was there in the last \(seconds) s (session affinity)"
            case .begun: "by chance; the client stays with it until \(seconds) s have passed without a new connection"
            case .none: pool.members.count == 1 ? "the only one" : "by chance"
            }
        var facts: [Fact] = []
        if port.affinitySeconds != nil {
            facts.append(Fact(object: "Service \(port.service)", field: "spec.sessionAffinity", value: "ClientIP"))
        }
        steps.append(
            Step(
                place: nodePlace, rule: "ChooseEndpoint",
                text: "\(pool.members.count) of \(port.endpoints.count) endpoints can be chosen; it is \(chosen.text), "
                    + "\(why).", facts: facts))
    }

    private mutating func translation() {
        guard let chosen = decision.chosen, let destination = decision.destination, let source = decision.source
        else { return }
        var text = "Destination \(destination) becomes \(chosen.text)"
        if let seen = decision.sourceSeen, seen != source {
            text += "; source \(source) becomes \(seen)"
            if let masquerade = decision.masquerade { text += ", because \(masquerade.text)" }
            text += "."
        } else {
            text += "; the source stays \(source)."
        }
        steps.append(Step(place: nodePlace, rule: "Translate", text: text))
    }

    private mutating func end() {
        let (rule, place, text) = decision.outcome.text(decision)
        steps.append(Step(place: place ?? nodePlace, rule: rule, text: text))
    }

    private mutating func wayBack() {
        guard case .delivered(let target) = decision.outcome, let source = decision.source,
            let seen = decision.sourceSeen
        else { return }
        guard decision.isTranslated, let destination = decision.destination, let node = decision.node else {
            back = ["\(target) answers \(seen) directly."]
            return
        }
        back.append("\(target) answers \(seen)\(seen == source ? "" : ", which is node \(node)").")
        back.append(
            "Node \(node) turns the source \(target) back into \(destination)"
                + (seen == source ? "." : " and the destination \(seen) into \(source)."))
    }

    // MARK: Words

    /// How many nodes are named: a list of thousands tells nobody anything.
    private static let maximumNodes = 10

    private static func some(_ nodes: [String]) -> String {
        let more = nodes.count - maximumNodes
        return list(Array(nodes.prefix(maximumNodes))) + (more > 0 ? " and \(more) more" : "")
    }

    static func list(_ parts: [some CustomStringConvertible]) -> String {
        parts.map(\.description).joined(separator: ", ")
    }

    /// `33.3 %`
    static func percent(_ share: Double) -> String {
        let tenths = (share * 1000).rounded()
        let whole = Int(tenths / 10)
        let rest = Int(tenths) % 10
        return rest == 0 ? "\(whole) %" : "\(whole).\(rest) %"
    }
}

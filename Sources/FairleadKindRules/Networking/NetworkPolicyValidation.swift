import FairleadRules
package import FairleadModel

/// The rules for NetworkPolicies.
///
/// Reference: k8s.io/kubernetes `pkg/apis/networking/validation`.
package struct NetworkPolicyValidation {
    private static let spec = FieldPath("spec")
    private static let types = ["Ingress", "Egress"]
    /// CIDRs that the policy already had, which are not validated again.
    private let known: Set<String>

    /// - Parameter old: the previous policy; nil for a new one.
    package init(old: Value?) {
        var known: Set<String> = []
        for (direction, peers) in Self.directions {
            for rule in old?.items("spec", direction) ?? [] {
                for block in rule.items(peers).compactMap({ $0["ipBlock"] }) {
                    known.insert(block.text("cidr"))
                    known.formUnion(block.strings("except"))
                }
            }
        }
        self.known = known
    }

    private static let directions = [("ingress", "from"), ("egress", "to")]

    package func errors(for policy: Value) -> [FieldError] {
        let value = policy["spec"] ?? .null
        var errors = FieldChecks.labelSelector(value["podSelector"], Self.spec.child("podSelector"))
        for (direction, peers) in Self.directions {
            for (index, rule) in value.items(direction).enumerated() {
                errors += self.rule(rule, peers, Self.spec.child(direction).index(index))
            }
        }
        let given = value.strings("policyTypes")
        let path = Self.spec.child("policyTypes")
        if given.count > Self.types.count {
            let shown = value["policyTypes"] ?? .null
            return errors + [.invalid(path, shown, "may not specify more than two policyTypes")]
        }
        for (index, type) in given.enumerated() where !Self.types.contains(type) {
            errors.append(.notSupported(path.index(index), .string(type), inOrder: Self.types))
        }
        return errors
    }

    private func rule(_ rule: Value, _ peers: String, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, port) in rule.items("ports").enumerated() {
            errors += Self.port(port, path.child("ports").index(index))
        }
        for (index, peer) in rule.items(peers).enumerated() {
            errors += self.peer(peer, path.child(peers).index(index))
        }
        return errors
    }

    private static func port(_ value: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if let protocolName = value["protocol"]?.string {
            errors += FieldChecks.oneOf(protocolName, ["TCP", "UDP", "SCTP"], path.child("protocol"))
        }
        let end = value["endPort"]
        func wrongEnd(_ shown: Value, _ detail: String) {
            errors.append(.invalid(path.child("endPort"), shown, detail))
        }
        guard let port = value["port"] else {
            if let end { wrongEnd(end, "may not be specified when `port` is not specified") }
            return errors
        }
        if let name = port.string {
            if let end { wrongEnd(end, "may not be specified when `port` is non-numeric") }
            return errors + FieldChecks.messages(NameRules.portName(name), value: name, path.child("port"))
        }
        errors += FieldChecks.port(port, path.child("port"))
        if let end {
            // Kubernetes prints `port` here, not `endPort`.
            if end.int ?? 0 < port.int ?? 0 { wrongEnd(port, "must be greater than or equal to `port`") }
            errors += FieldChecks.port(end, path.child("endPort"))
        }
        return errors
    }

    private func peer(_ peer: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let selectors = ["podSelector", "namespaceSelector"].filter { peer[$0] != nil }
        for name in selectors { errors += FieldChecks.labelSelector(peer[name], path.child(name)) }
        if let block = peer["ipBlock"] {
            errors += self.block(block, path.child("ipBlock"))
            if !selectors.isEmpty {
                errors.append(.forbidden(path, "may not specify both ipBlock and another peer"))
            }
        } else if selectors.isEmpty {
            errors.append(.required(path, "must specify a peer"))
        }
        return errors
    }

    private func block(_ block: Value, _ path: FieldPath) -> [FieldError] {
        let text = block.text("cidr")
        if text.isEmpty { return [.required(path.child("cidr"))] }
        var errors = range(text, path.child("cidr"))
        guard let whole = IPText.range(text) else { return errors }
        for (index, text) in block.strings("except").enumerated() {
            let here = path.child("except").index(index)
            errors += range(text, here)
            guard let part = IPText.range(text) else { continue }
            if !whole.contains(part.network) || whole.prefixLength >= part.prefixLength {
                errors.append(.invalid(here, .string(text), "must be a strict subset of `cidr`"))
            }
        }
        return errors
    }

    private func range(_ text: String, _ path: FieldPath) -> [FieldError] {
        known.contains(text) ? [] : IPText.rangeErrors(text, path)
    }
}

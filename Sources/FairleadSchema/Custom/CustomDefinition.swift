package import FairleadModel

/// A CustomResourceDefinition in the form used by this server: parsed once, immutable.
package final class CustomDefinition: Sendable {
    /// Two states of a definition with the same identity have the same schemas: watches end when it changes.
    package struct Identity: Sendable, Hashable {
        package let uid: String
        package let generation: Int64
    }

    /// Everything that discovery and OpenAPI documents show of a definition.
    package struct State: Sendable, Hashable {
        let identity: Identity
        let names: Names
        let isEstablished: Bool
    }

    package var state: State { State(identity: identity, names: names, isEstablished: isEstablished) }

    /// The name of the definition: `things.example.com`.
    package let name: String
    package let identity: Identity
    package let group: String
    package let plural: String
    package let names: Names
    package let isNamespaced: Bool
    package let storageVersion: String
    /// `spec.conversion.webhook`, which converts objects between versions; nil if that changes only their apiVersion.
    package let conversionWebhook: Value?
    /// Whether the kind is served at all (condition Established).
    package let isEstablished: Bool
    /// Whether the definition is being deleted (condition Terminating), so that no new objects may be created.
    package let isTerminating: Bool
    /// Preferred first.
    package let versions: [CustomDefinition.Version]

    package struct Names: Sendable, Hashable {
        package let kind: String
        package let listKind: String
        package let singular: String
        package let shortNames: [String]
        package let categories: [String]

        init(_ value: Value?) {
            kind = value?["kind"]?.string ?? ""
            listKind = value?["listKind"]?.string ?? kind + "List"
            singular = value?["singular"]?.string ?? kind.lowercased()
            shortNames = (value?["shortNames"]?.array ?? []).compactMap(\.string)
            categories = (value?["categories"]?.array ?? []).compactMap(\.string)
        }
    }

    package var groupResource: GroupResource { GroupResource(group: group, resource: plural) }
    package var storageAPIVersion: String { "\(group)/\(storageVersion)" }

    /// - Parameters:
    ///   - object: the CustomResourceDefinition.
    ///   - previous: the definition before the change, whose parsed schemas are reused if they have not changed.
    ///   - objectMeta: the type of `metadata`.
    package init(_ object: Value, previous: CustomDefinition?, objectMeta: TypeSchema?) {
        name = object.name
        let identity = Identity(uid: object.uid, generation: object.generation)
        self.identity = identity
        let spec = object["spec"] ?? .object(Object())
        let group = spec["group"]?.string ?? ""
        self.group = group
        plural = spec.at("names", "plural")?.string ?? ""
        let accepted = Names(object.at("status", "acceptedNames"))
        let names = accepted.kind.isEmpty ? Names(spec["names"]) : accepted
        self.names = names
        let conversion = spec["conversion"]
        conversionWebhook = conversion?["strategy"]?.string == "Webhook" ? conversion?["webhook"] : nil
        isNamespaced = spec["scope"]?.string != "Cluster"
        let list = spec["versions"]?.array ?? []
        storageVersion = list.first { $0["storage"]?.bool == true }?["name"]?.string ?? ""
        func holds(_ type: String) -> Bool {
            (object.at("status", "conditions")?.array ?? []).contains {
                $0["type"]?.string == type && $0["status"]?.string == "True"
            }
        }
        isEstablished = holds("Established")
        isTerminating = object.deletionTimestamp != nil || holds("Terminating")
        if let previous, previous.identity == identity, previous.names.kind == names.kind {
            versions = previous.versions
        } else {
            let preferred = VersionOrder.preferred(
                list.filter { $0["served"]?.bool == true }.compactMap { $0["name"]?.string })
            versions =
                list.map {
                    CustomDefinition.Version(
                        $0, group: group, kind: names.kind, preferred: preferred, objectMeta: objectMeta)
                }
                .sorted { VersionOrder.precedes($0.name, $1.name) }
        }
    }
}

/// Kubernetes' order of versions: stable before beta before alpha, higher before lower.
///
/// Reference: "Versions in CustomResourceDefinitions", "Version priority".
package enum VersionOrder {
    package static func precedes(_ left: String, _ right: String) -> Bool {
        switch (parse(left), parse(right)) {
        case (let left?, let right?): return left > right
        case (_?, nil): return true
        case (nil, _?): return false
        case (nil, nil): return left < right
        }
    }

    static func preferred(_ names: [String]) -> String { names.min(by: precedes) ?? "" }

    /// Stability (2 stable, 1 beta, 0 alpha), then major and minor numbers.
    private static func parse(_ name: String) -> (Int, Int, Int)? {
        guard name.first == "v" else { return nil }
        var rest = name.dropFirst()
        func number() -> Int? {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let value = Int(digits), digits.first != "0" else { return nil }
            rest = rest.dropFirst(digits.count)
            return value
        }
        guard let major = number() else { return nil }
        if rest.isEmpty { return (2, major, 0) }
        for (stage, word) in [(1, "beta"), (0, "alpha")] where rest.hasPrefix(word) {
            rest = rest.dropFirst(word.count)
            if rest.isEmpty { return (stage, major, 0) }
            guard let minor = number(), rest.isEmpty else { return nil }
            return (stage, major, minor)
        }
        return nil
    }
}

import FairleadModel

/// One control of the Pod Security Standards.
struct PodSecurityCheck: Sendable {
    let name: String
    let level: PodSecurityStandard.Level
    /// What is checked since which minor version, oldest first.
    let versions: [Version]
    /// The baseline control that this one replaces.
    var replaces: String?

    struct Version: Sendable {
        let since: Int
        let check: @Sendable (PodSecuritySubject) -> Violation?
    }

    struct Violation: Sendable, Hashable {
        /// In a few words.
        let reason: String
        let detail: String
    }

    func version(for minor: Int?) -> Version? {
        guard let minor else { return versions.last }
        return versions.last { $0.since <= minor }
    }

    /// All violations of a standard, baseline controls first, each level by name.
    static func violations(of standard: PodSecurityStandard, by pod: PodSecuritySubject) -> [Violation] {
        if standard.level == .privileged { return [] }
        let isRestricted = standard.level == .restricted
        var replaced: Set<String> = []
        if isRestricted {
            for check in restricted where check.version(for: standard.minor) != nil {
                if let name = check.replaces { replaced.insert(name) }
            }
        }
        var found: [Violation] = []
        for check in baseline where !replaced.contains(check.name) {
            if let violation = check.version(for: standard.minor)?.check(pod) { found.append(violation) }
        }
        guard isRestricted else { return found }
        for check in restricted {
            if let violation = check.version(for: standard.minor)?.check(pod) { found.append(violation) }
        }
        return found
    }
}

/// A pod, or the template of pods, as the controls look at it.
struct PodSecuritySubject: Sendable {
    let metadata: Value?
    let spec: Value
    /// Init containers, containers and ephemeral containers.
    let containers: [Container]

    struct Container: Sendable {
        let name: String
        let value: Value
        var context: Value? { value["securityContext"] }
    }

    /// - Parameter template: anything with `metadata` and `spec`.
    init(_ template: Value) {
        metadata = template["metadata"]
        let spec = template["spec"] ?? .null
        self.spec = spec
        containers = ["initContainers", "containers", "ephemeralContainers"].flatMap { list in
            (spec[list]?.array ?? []).map { Container(name: $0["name"]?.string ?? "", value: $0) }
        }
    }

    var context: Value? { spec["securityContext"] }
    var isWindows: Bool { spec.at("os", "name")?.string == "windows" }
    /// Whether the users of the pod are not those of the machine.
    var hasUserNamespace: Bool { spec["hostUsers"]?.bool == false }
    var annotations: Object { metadata?["annotations"]?.object ?? Object() }

    /// The names of the containers for which something holds.
    func names(where holds: (Container) -> Bool) -> [String] { containers.filter(holds).map(\.name) }
}

/// The words of the controls.
enum PodSecurityWords {
    static func quoted(_ names: some Sequence<String>) -> String {
        names.map { "\"\($0)\"" }.joined(separator: ", ")
    }

    static func quoted(_ names: Set<String>) -> String { quoted(names.sorted { $0.isBefore($1) }) }

    static func counted(_ one: String, _ many: String, _ count: Int) -> String { count == 1 ? one : many }

    /// `container "a"`, `containers "a", "b"`.
    static func containers(_ names: [String]) -> String {
        counted("container", "containers", names.count) + " " + quoted(names)
    }

    /// `pod and container "a"`.
    static func setters(pod: Bool, _ containers: [String]) -> String? {
        let all = (pod ? ["pod"] : []) + (containers.isEmpty ? [] : [Self.containers(containers)])
        return all.isEmpty ? nil : all.joined(separator: " and ")
    }
}

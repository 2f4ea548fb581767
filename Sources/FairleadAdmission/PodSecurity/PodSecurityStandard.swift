package import FairleadModel

/// A level of the Pod Security Standards as it was in some version of Kubernetes: `baseline:v1.30`.
package struct PodSecurityStandard: Sendable, Hashable, CustomStringConvertible {
    package enum Level: String, Sendable, Hashable, CaseIterable {
        case privileged, baseline, restricted

        var strictness: Int {
            switch self {
            case .privileged: 0
            case .baseline: 1
            case .restricted: 2
            }
        }
    }

    package var level: Level
    /// The minor version; nil for the latest.
    package var minor: Int?

    package init(_ level: Level, minor: Int? = nil) {
        self.level = level
        self.minor = minor
    }

    package var description: String { "\(level.rawValue):\(minor.map { "v1.\($0)" } ?? "latest")" }

    /// - Returns: nil for a text that is none: `latest`, or `v1.` with a number that has no leading zeros.
    static func minor(_ text: String) -> Int?? {
        if text == "latest" { return .some(nil) }
        guard text.hasPrefix("v1."), let number = Int(text.dropFirst(3)), number >= 0,
            "v1.\(number)".isSameBytes(as: text)
        else { return nil }
        return .some(number)
    }
}

/// What the labels of a namespace ask for.
///
/// Reference: Kubernetes documentation, "Pod Security Admission", "Pod Security Standards"; k8s.io/pod-security-admission.
package struct PodSecurityPolicy: Sendable, Hashable {
    package var enforce = PodSecurityStandard(.privileged)
    package var audit = PodSecurityStandard(.privileged)
    package var warn = PodSecurityStandard(.privileged)
    /// What is wrong with the labels.
    package var errors: [FieldError] = []

    package static let labelPrefix = "pod-security.kubernetes.io/"

    package var isPrivileged: Bool {
        enforce.level == .privileged && audit.level == .privileged && warn.level == .privileged && errors.isEmpty
    }

    /// A label that cannot be read leaves the default, but is reported.
    package init(labelsOf namespace: Value) {
        guard let labels = namespace.at("metadata", "labels")?.object,
            labels.members.contains(where: { $0.key.hasPrefix(Self.labelPrefix) })
        else { return }
        let enforced = read(labels, "enforce", \.enforce)
        let audited = read(labels, "audit", \.audit)
        let warned = read(labels, "warn", \.warn)
        guard enforced.level else { return }
        // Who is refused is warned as well, and so are those who create workloads whose pods will be refused.
        warn = inherited(warn, hasLevel: warned.level, hasVersion: warned.version)
        audit = inherited(audit, hasLevel: audited.level, hasVersion: audited.version)
    }

    private func inherited(_ own: PodSecurityStandard, hasLevel: Bool, hasVersion: Bool) -> PodSecurityStandard {
        guard !hasLevel, enforce.level.strictness > own.level.strictness else { return own }
        return PodSecurityStandard(enforce.level, minor: hasVersion ? own.minor : enforce.minor)
    }

    /// - Returns: which of the two labels are there and well-formed.
    private mutating func read(
        _ labels: Object, _ mode: String, _ place: WritableKeyPath<PodSecurityPolicy, PodSecurityStandard>
    ) -> (level: Bool, version: Bool) {
        var found = (level: false, version: false)
        if let text = labels[Self.labelPrefix + mode]?.string {
            if let level = PodSecurityStandard.Level(rawValue: text) {
                self[keyPath: place].level = level
                found.level = true
            } else {
                let all = PodSecurityStandard.Level.allCases.map(\.rawValue).joined(separator: ", ")
                complain(mode, text, "must be one of \(all)")
                if mode == "enforce" { enforce.level = .restricted }
            }
        }
        if let text = labels[Self.labelPrefix + mode + "-version"]?.string {
            if let minor = PodSecurityStandard.minor(text) {
                self[keyPath: place].minor = minor
                found.version = true
            } else {
                complain(mode + "-version", text, "must be \"latest\" or \"v1.x\"")
            }
        }
        return found
    }

    private mutating func complain(_ label: String, _ value: String, _ why: String) {
        errors.append(
            .invalid(FieldPath("metadata", "labels").key(Self.labelPrefix + label), .string(value), why))
    }
}

/// Why a Service has no endpoints, or why it waits, and what would change that.
package struct ServiceExplanation: Sendable, Equatable {
    /// One cause.
    package struct Finding: Sendable, Equatable {
        package var cause: Cause
        /// One sentence or two.
        package var message: String
        /// A line per pod, label or port that the message speaks of; at most `maximumDetails` and a last one that
        /// counts the rest.
        package var details: [String] = []
        /// The object to change.
        package var object: Subject
        /// Commands that would mend it, or the first step of mending it.
        package var commands: [String] = []
    }

    package struct Subject: Sendable, Equatable {
        package var kind: String
        /// Empty for objects outside of namespaces.
        package var namespace = ""
        package var name: String

        package var description: String { namespace.isEmpty ? "\(kind) \(name)" : "\(kind) \(namespace)/\(name)" }
    }

    package enum Severity: String, Sendable {
        /// Nobody can reach the Service by this way.
        case error = "Error"
        /// Somebody cannot.
        case warning = "Warning"
        /// So it was meant.
        case note = "Note"
    }

    package enum Cause: String, Sendable, CaseIterable {
        case externalName = "ExternalName"
        case noSelector = "NoSelector"
        case serviceTerminating = "ServiceTerminating"
        case noPods = "NoPods"
        case selectorMatchesNothing = "SelectorMatchesNothing"
        case podsInOtherNamespace = "PodsInOtherNamespace"
        case allTerminating = "AllPodsTerminating"
        case allFinished = "AllPodsFinished"
        case noneReady = "NoPodReady"
        case someNotReady = "SomePodsNotReady"
        case noAddressOfFamily = "NoPodAddressOfFamily"
        case targetPortNotFound = "TargetPortNotFound"
        case targetPortMissingInSome = "TargetPortMissingInSomePods"
        case noLoadBalancerProvider = "NoLoadBalancerProvider"
        case foreignLoadBalancerClass = "LoadBalancerClassNotOurs"
        case loadBalancerPending = "LoadBalancerPending"
        case poolExhausted = "LoadBalancerPoolExhausted"
        case addressRefused = "LoadBalancerAddressRefused"

        package var severity: Severity {
            switch self {
            case .externalName: .note
            case .someNotReady, .targetPortMissingInSome, .noAddressOfFamily, .serviceTerminating: .warning
            default: .error
            }
        }
    }

    /// How many endpoints of an address family the slices show.
    package struct Count: Sendable, Equatable {
        package var family: String
        package var ready = 0
        package var notReady = 0
        package var terminating = 0
    }

    package static let maximumDetails = 10

    package var service: Subject
    /// `ClusterIP 10.96.0.7`.
    package var type: String
    package var selector: String
    /// `http 80/TCP -> web`.
    package var ports: [String]
    package var endpoints: [Count]
    /// In the order in which they should be mended; empty if nothing is wrong.
    package var findings: [Finding]
}

/// Why a Service has no endpoints, is pending, or never sends traffic where its fields say, and what would change that.
package struct ServiceExplanation: Sendable, Equatable {
    /// One cause.
    package struct Finding: Sendable, Equatable {
        package var cause: Cause
        /// One or two sentences.
        package var message: String
        /// A line for each pod, label or port that the message mentions; at most `maximumDetails`, plus a last line
        /// that counts the rest.
        package var details: [String] = []
        /// The object to change.
        package var object: Subject
        /// Commands that would fix the problem, or the first step of fixing it; none if there is nothing to do, or only
        /// to wait.
        package var commands: [String] = []
    }

    package struct Subject: Sendable, Equatable {
        package var kind: String
        /// Empty for cluster-scoped objects.
        package var namespace = ""
        package var name: String

        package var description: String { namespace.isEmpty ? "\(kind) \(name)" : "\(kind) \(namespace)/\(name)" }
    }

    package enum Severity: String, Sendable {
        /// No client can reach the Service this way.
        case error = "Error"
        /// Some clients cannot.
        case warning = "Warning"
        /// This is intended, or keeps no client from its answer.
        case note = "Note"
    }

    package enum Cause: String, Sendable, CaseIterable {
        case externalName = "ExternalName"
        case externalNamePorts = "ExternalNamePortsIgnored"
        case externalNamePortMapped = "ExternalNamePortNotMapped"
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
        case targetPortUnheard = "NothingListensOnTargetPort"
        case noLocalEndpointForOutside = "NoLocalEndpointForExternalTraffic"
        case noLocalEndpointInside = "NoLocalEndpointForInternalTraffic"
        case zoneWithoutEndpoints = "ZoneWithoutHintedEndpoints"
        case noLoadBalancerProvider = "NoLoadBalancerProvider"
        case foreignLoadBalancerClass = "LoadBalancerClassNotOurs"
        case loadBalancerPending = "LoadBalancerPending"
        case poolExhausted = "LoadBalancerPoolExhausted"
        case addressRefused = "LoadBalancerAddressRefused"

        package var severity: Severity {
            switch self {
            case .externalName, .externalNamePorts, .zoneWithoutEndpoints: .note
            case .someNotReady, .targetPortMissingInSome, .noAddressOfFamily, .serviceTerminating: .warning
            default: .error
            }
        }

        /// The type of the Event that the Service gets; nil for what only the explanation shows.
        package var eventType: String? {
            switch self {
            // Everything arrives, but perhaps not where or how the Service's fields suggest.
            case .externalNamePorts, .zoneWithoutEndpoints: "Normal"
            default: severity == .error ? "Warning" : nil
            }
        }
    }

    /// How many endpoints of an address family the slices have.
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
    /// In the order in which they should be fixed; empty if nothing is wrong.
    package var findings: [Finding]
}

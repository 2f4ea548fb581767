import FairleadAPI
import FairleadKinds
import FairleadModel
package import FairleadStorage
import Synchronization

/// All webhooks of a state of the store, in the order in which they are called: by the names of their configurations,
/// then as listed.
package struct WebhookSet: Sendable {
    let mutating: [Webhook]
    let validating: [Webhook]

    static let empty = WebhookSet(mutating: [], validating: [])
    var isEmpty: Bool { mutating.isEmpty && validating.isEmpty }

    func isInterested(in operation: AdmissionOperation, _ kind: Kind, subresource: String?) -> Bool {
        func isInterested(_ hook: Webhook) -> Bool {
            hook.mayMatch(operation, kind.groupResource.resource, subresource)
        }
        return mutating.contains(where: isInterested) || validating.contains(where: isInterested)
    }

    func interested(in operation: AdmissionOperation, _ kind: Kind, subresource: String?) -> [Webhook] {
        func isInterested(_ hook: Webhook) -> Bool {
            hook.mayMatch(operation, kind.groupResource.resource, subresource)
        }
        return mutating.filter(isInterested) + validating.filter(isInterested)
    }
}

extension Webhook {
    fileprivate func mayMatch(_ operation: AdmissionOperation, _ resource: String, _ subresource: String?) -> Bool {
        rules.contains { $0.mayMatch(operation, resource, subresource) }
    }
}

/// Reads the webhook configurations of a snapshot, each version once.
package final class WebhookRegistry: Sendable {
    private static let group = "admissionregistration.k8s.io"
    static let mutating = GroupResource(group: group, resource: "mutatingwebhookconfigurations")
    static let validating = GroupResource(group: group, resource: "validatingwebhookconfigurations")
    /// What configures admission is not subject to it: nobody could repair it otherwise.
    private static let exempt: Set<String> = [
        "mutatingwebhookconfigurations", "validatingwebhookconfigurations", "validatingadmissionpolicies",
        "validatingadmissionpolicybindings", "mutatingadmissionpolicies", "mutatingadmissionpolicybindings",
    ]

    static func isExempt(_ kind: Kind) -> Bool {
        kind.groupResource.group == group && exempt.contains(kind.groupResource.resource)
    }

    /// The editions of the configurations.
    private struct Stamp: Equatable {
        var mutating: UInt64 = 0
        var validating: UInt64 = 0
    }

    private struct Parsed {
        var revision: Int64
        var hooks: [Webhook]
    }

    private struct State {
        var stamp = Stamp()
        var set = WebhookSet.empty
        var parsed: [ObjectKey: Parsed] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package func webhooks(_ snapshot: Snapshot) -> WebhookSet {
        if snapshot.count(Self.mutating, namespace: nil) == 0, snapshot.count(Self.validating, namespace: nil) == 0 {
            return .empty
        }
        let stamp = Stamp(
            mutating: snapshot.edition(of: Self.mutating), validating: snapshot.edition(of: Self.validating))
        return state.withLock { state in
            if state.stamp == stamp { return state.set }
            var parsed: [ObjectKey: Parsed] = [:]
            func hooks(_ resource: GroupResource, _ kind: Webhook.Kind) -> [Webhook] {
                snapshot.objects(resource, namespace: nil).flatMap { object -> [Webhook] in
                    let known = state.parsed[object.key]
                    let entry =
                        known?.revision == object.revision
                        ? known
                        : Parsed(
                            revision: object.revision,
                            hooks: (object.value["webhooks"]?.array ?? []).map {
                                Webhook($0, in: object.value, kind)
                            })
                    parsed[object.key] = entry
                    return entry?.hooks ?? []
                }
            }
            let set = WebhookSet(
                mutating: hooks(Self.mutating, .mutating), validating: hooks(Self.validating, .validating))
            state = State(stamp: stamp, set: set, parsed: parsed)
            return set
        }
    }
}

import FairleadAdmission
import FairleadModel
import FairleadStorage
import Synchronization

/// The policies in the store, compiled: always those of the snapshot that is asked about.
///
/// As with custom kinds, nothing has to be notified: what is compiled is compared with what is stored, so a policy is in
/// effect for the first request after its creation.
final class PolicyCatalog: Sendable {
    private static let validating = resource("validatingadmissionpolicies")
    private static let validatingBindings = resource("validatingadmissionpolicybindings")
    private static let mutating = resource("mutatingadmissionpolicies")
    private static let mutatingBindings = resource("mutatingadmissionpolicybindings")

    private static func resource(_ name: String) -> GroupResource {
        GroupResource(group: "admissionregistration.k8s.io", resource: name)
    }

    /// The editions of policies and bindings.
    private struct Stamp: Hashable {
        let validating, validatingBindings, mutating, mutatingBindings: UInt64
    }

    private struct State {
        var stamp: Stamp?
        var set = PolicySet()
    }

    /// Never held for long: event loops take it.
    private let state = Mutex(State())
    /// Held while policies are compiled, so that each is compiled only once.
    private let compiling = Mutex(())

    init() {}

    /// Whether there is a binding: without one, no policy is in effect. Two look-ups.
    static func isBound(_ snapshot: Snapshot) -> Bool {
        snapshot.count(validatingBindings, namespace: nil) + snapshot.count(mutatingBindings, namespace: nil) > 0
    }

    /// The policies as last compiled; nil if they are not those of the snapshot. Returns at once.
    func known(_ snapshot: Snapshot) -> PolicySet? { known(Self.stamp(snapshot)) }

    /// The policies of a snapshot, compiled now if necessary. Not for event loops.
    func policies(_ snapshot: Snapshot) -> PolicySet {
        let stamp = Self.stamp(snapshot)
        return known(stamp)
            ?? compiling.withLock { _ in
                // Another thread may have compiled them meanwhile.
                if let found = known(stamp) { return found }
                func all(_ resource: GroupResource) -> [Value] {
                    snapshot.objects(resource, namespace: nil).map(\.value)
                }
                let set = PolicySet(
                    validating: all(Self.validating), all(Self.validatingBindings), mutating: all(Self.mutating),
                    all(Self.mutatingBindings), previous: state.withLock { $0.set })
                state.withLock { $0 = State(stamp: stamp, set: set) }
                return set
            }
    }

    private func known(_ stamp: Stamp) -> PolicySet? { state.withLock { $0.stamp == stamp ? $0.set : nil } }

    private static func stamp(_ snapshot: Snapshot) -> Stamp {
        Stamp(
            validating: snapshot.edition(of: validating), validatingBindings: snapshot.edition(of: validatingBindings),
            mutating: snapshot.edition(of: mutating), mutatingBindings: snapshot.edition(of: mutatingBindings))
    }
}

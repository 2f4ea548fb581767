import FairleadClient
import Synchronization

/// The controllers that run at the moment: of a server that shares its store, none unless it leads.
final class CurrentControlPlane: Sendable {
    private let current = Mutex<ControlPlane?>(nil)

    func set(_ controlPlane: ControlPlane?) { current.withLock { $0 = controlPlane } }

    var controllers: [any Controller] { current.withLock { $0?.controllers } ?? [] }

    /// Controllers that have worked on one thing for too long; nil if there are none. Those that have ended are
    /// reported by another check.
    var stuck: String? {
        let stuck = controllers.map(\.health).filter { $0.state == .running }.compactMap(\.problem)
        return stuck.isEmpty ? nil : stuck.joined(separator: ", ")
    }

    var syncFailure: String? { current.withLock { $0?.informers }?.syncFailure }
}

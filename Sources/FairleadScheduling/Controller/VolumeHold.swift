import FairleadModel

/// A pod that has its node, and waits until its claims have their volumes.
struct VolumeHold: Sendable {
    /// As long as kube-scheduler waits.
    static let limit = Duration.seconds(600)

    let uid: String
    let name: ObjectName
    let node: String
    let bindings: [VolumeNeeds.Binding]
    /// On the monotonic clock.
    let since: Duration

    enum State: Equatable {
        case complete
        case waiting
        /// Has to be decided anew, and why.
        case failed(String)
    }

    var claims: [ObjectName] {
        bindings.map {
            switch $0 {
            case .volume(_, let claim), .provisioning(let claim): claim
            }
        }
    }

    var reserved: [String] {
        bindings.compactMap { if case .volume(let name, _) = $0 { name } else { nil } }
    }

    func state(_ source: VolumeNeeds.Source, now: Duration) -> State {
        for binding in bindings {
            let name =
                switch binding {
                case .volume(_, let claim), .provisioning(let claim): claim
                }
            guard let claim = source.claim(name) else {
                return .failed("persistentvolumeclaim \(name.name.goQuoted) not found")
            }
            if claim.annotations[VolumeAnnotations.bindCompleted] != nil { continue }
            // Whoever makes volumes says in this way that it cannot for this node.
            if case .provisioning = binding, now - since > .seconds(1),
                claim.annotations[VolumeAnnotations.selectedNode] != node
            {
                return .failed("selected node annotation value \"\" not set to scheduled node \(node.goQuoted)")
            }
            return now - since > Self.limit ? .failed("binding volumes: context deadline exceeded") : .waiting
        }
        return .complete
    }
}

import FairleadModel

/// Why a container cannot be started.
struct ContainerFault: Error, Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        /// A volume cannot be mounted: the pod waits, and an event tells it.
        case mount
        /// The reason of the waiting container: `CreateContainerConfigError`.
        case configuration
    }

    var kind: Kind
    var message: String

    static func configuration(_ message: String) -> ContainerFault {
        ContainerFault(kind: .configuration, message: message)
    }

    /// As the kubelet reports a volume.
    static func mount(_ volume: String, _ message: String) -> ContainerFault {
        ContainerFault(kind: .mount, message: "MountVolume.SetUp failed for volume \(volume.goQuoted) : \(message)")
    }
}

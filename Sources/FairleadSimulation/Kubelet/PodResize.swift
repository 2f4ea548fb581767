import FairleadModel
import FairleadScheduling

/// Whether the kubelet grants what a pod's containers are to get in place of what they have. Pure.
///
/// Reference: "Resize CPU and Memory Resources assigned to Containers"; messages are those of the v1.36 kubelet.
enum PodResize: Hashable {
    case granted
    /// The node is too small for it.
    case infeasible(String)
    /// It has to wait until other pods leave.
    case deferred(String)

    /// The resources of a node, and what its other pods use of them.
    struct Room: Hashable, Sendable {
        var allocatable: ResourceDemand
        var used: ResourceDemand
    }

    /// Whether a running container has other resources than its spec says.
    static func isPending(_ pod: Value) -> Bool {
        let view = PodView(pod)
        let lists = [
            (view.containers, "containerStatuses"), (view.restartableInitContainers, "initContainerStatuses"),
        ]
        return lists.contains { containers, list in
            let statuses = pod.items("status", list)
            return containers.contains { spec in
                guard let status = statuses.first(where: { $0.text("name") == spec.text("name") }),
                    ContainerMachine.state(of: status) == "running", let present = status["resources"]
                else { return false }
                return present != ContainerMachine.resources(of: spec)
            }
        }
    }

    init(of pod: Value, in room: Room) {
        let demand = ResourceDemand(pod: pod)
        let amounts: [(name: String, amount: KeyPath<ResourceDemand, Int128>)] = [
            ("cpu", \.milliCPU), ("memory", \.memory),
        ]
        for (name, amount) in amounts where demand[keyPath: amount] > room.allocatable[keyPath: amount] {
            self = .infeasible(
                "Node didn't have enough capacity: \(name), requested: \(demand[keyPath: amount]), capacity: "
                    + "\(room.allocatable[keyPath: amount])")
            return
        }
        for (name, amount) in amounts
        where demand[keyPath: amount] + room.used[keyPath: amount] > room.allocatable[keyPath: amount] {
            self = .deferred(
                "Node didn't have enough resource: \(name), requested: \(demand[keyPath: amount]), used: "
                    + "\(room.used[keyPath: amount]), capacity: \(room.allocatable[keyPath: amount])")
            return
        }
        self = .granted
    }
}

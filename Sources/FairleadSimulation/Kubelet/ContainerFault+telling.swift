import FairleadModel

extension ContainerFault {
    /// Whether an event is to tell of it now. As with a real kubelet: mounts are tried again after pauses that double
    /// up to two minutes, containers with every pass over the pod.
    func isTold(_ memory: inout PodMemory, container: String = "", moment: Duration) -> Bool {
        switch kind {
        case .mount:
            memory.tells("mount \(message)", first: .milliseconds(500), longest: .seconds(122), moment: moment)
        case .configuration:
            memory.tells("\(container) \(message)", first: .seconds(10), longest: .seconds(10), moment: moment)
        }
    }
}

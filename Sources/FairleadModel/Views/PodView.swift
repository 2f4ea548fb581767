/// A core/v1 Pod.
package struct PodView: ObjectView {
    package let value: Value
    package init(_ value: Value) { self.value = value }

    /// Empty until scheduled.
    package var nodeName: String { value.text("spec", "nodeName") }
    package var phase: String { value.text("status", "phase") }
    /// Succeeded or Failed: will never run again.
    package var isFinished: Bool { phase == "Succeeded" || phase == "Failed" }
    /// Whether the condition `Ready` is True.
    package var isReady: Bool { conditionStatus("Ready") == "True" }
    package var podIP: String { value.text("status", "podIP") }
    /// All addresses; the first one is also `podIP`.
    package var podIPs: [String] {
        let addresses = value.items("status", "podIPs").map { $0.text("ip") }.filter { !$0.isEmpty }
        if !addresses.isEmpty { return addresses }
        return podIP.isEmpty ? [] : [podIP]
    }
    package var hostIP: String { value.text("status", "hostIP") }
    package var hostname: String { value.text("spec", "hostname") }
    package var subdomain: String { value.text("spec", "subdomain") }
    package var hostNetwork: Bool { value.flag("spec", "hostNetwork") }
    package var restartPolicy: String { value.text("spec", "restartPolicy") }
    package var schedulerName: String { value.text("spec", "schedulerName") }
    package var serviceAccountName: String { value.text("spec", "serviceAccountName") }
    package var terminationGracePeriodSeconds: Int64 {
        value.at("spec", "terminationGracePeriodSeconds")?.int ?? 30
    }
    /// The grace period of the deletion in progress.
    package var deletionGracePeriodSeconds: Int64? { value.at("metadata", "deletionGracePeriodSeconds")?.int }
    package var containers: [Value] { value.items("spec", "containers") }
    package var initContainers: [Value] { value.items("spec", "initContainers") }
    /// Sidecars: init containers that keep running.
    package var restartableInitContainers: [Value] {
        initContainers.filter { $0.text("restartPolicy") == "Always" }
    }
    /// Conditions that other components must set before the pod is ready.
    package var readinessGates: [String] {
        value.items("spec", "readinessGates").map { $0.text("conditionType") }
    }
    package var nodeSelector: [String: String] { value.at("spec", "nodeSelector")?.stringMap ?? [:] }
    package var tolerations: [Toleration] { value.items("spec", "tolerations").map(Toleration.init) }

    /// The ports of the containers, then those of the sidecars: the order in which port names are looked up.
    package var containerPorts: [ContainerPort] {
        (containers + restartableInitContainers).flatMap { $0.items("ports") }.map(ContainerPort.init)
    }

    package struct ContainerPort: Hashable, Sendable {
        package var name: String
        package var number: Int64
        package var protocolName: String
        package var hostPort: Int64

        package init(_ value: Value) {
            name = value.text("name")
            number = value["containerPort"]?.int ?? 0
            protocolName = value["protocol"]?.string ?? "TCP"
            hostPort = value["hostPort"]?.int ?? 0
        }
    }
}

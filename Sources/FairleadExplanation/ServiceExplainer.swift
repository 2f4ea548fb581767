package import FairleadModel

/// Finds out why a Service has no endpoints, is pending, or cannot carry traffic the way it is set. Pure: the same
/// inputs give the same explanation.
///
/// It follows the rules that endpoints are derived by (KEP-752, API reference "Service") and reports where a pod fails
/// them. Whether anything listens on a port it knows of simulated pods only, which listen on the ports they declare.
package struct ServiceExplainer {
    package struct Inputs {
        package var service: Value
        /// The pods of the Service's namespace, in any order.
        package var pods: [Value]
        /// Pods in other namespaces that the selector would match.
        package var strangers: [Value]
        /// The EndpointSlices that name the Service.
        package var slices: [Value]
        /// Returns the Node of that name; nil if there is none.
        package var node: (String) -> Value?
        /// The zones that have nodes; empty where hints are not to be looked at.
        package var zones: Set<String>
        package var loadBalancers: LoadBalancers
        /// The annotations with which users control simulated machines; nil if machines are not simulated.
        package var annotations: Annotations?

        package init(
            service: Value, pods: [Value], strangers: [Value], slices: [Value],
            node: @escaping (String) -> Value?, zones: Set<String> = [], loadBalancers: LoadBalancers,
            annotations: Annotations? = nil
        ) {
            self.service = service
            self.pods = pods
            self.strangers = strangers
            self.slices = slices
            self.node = node
            self.zones = zones
            self.loadBalancers = loadBalancers
            self.annotations = annotations
        }
    }

    /// The annotations that control simulated machines.
    package struct Annotations: Sendable, Equatable {
        /// `"false"` on a Pod keeps it unready.
        package var ready: String
        /// `"true"` on a Node takes it down.
        package var down: String

        package init(ready: String, down: String) {
            self.ready = ready
            self.down = down
        }
    }

    /// Who assigns load-balancer addresses.
    package enum LoadBalancers: Sendable, Equatable {
        case none
        /// A controller with these pools assigns addresses to Services without a class.
        case pools([String])
    }

    let inputs: Inputs
    let service: ServiceView
    let subject: ServiceExplanation.Subject

    package init(_ inputs: Inputs) {
        self.inputs = inputs
        service = ServiceView(inputs.service)
        subject = .init(kind: "Service", namespace: service.namespace, name: service.name)
    }

    package func explain() -> ServiceExplanation {
        var findings: [ServiceExplanation.Finding] = []
        if let finding = terminating() { findings.append(finding) }
        if service.type == "ExternalName" {
            findings.append(externalName())
            findings += externalNamePorts()
        } else if service.selector == nil {
            findings += withoutSelector()
        } else {
            findings += selected()
        }
        findings += traffic()
        if service.type == "LoadBalancer", !service.isTerminating { findings += loadBalancer() }
        return ServiceExplanation(
            service: subject, type: typeText, selector: Self.text(service.selector ?? [:]),
            ports: service.ports.map(Self.text), endpoints: counts, findings: findings)
    }

    /// `kubectl -n NAMESPACE`.
    var kubectl: String { "kubectl -n \(service.namespace)" }

    // MARK: What there is

    private var typeText: String {
        if service.type == "ExternalName" { return "ExternalName \(service.externalName)" }
        if service.isHeadless { return "\(service.type), headless" }
        return ([service.type] + service.clusterIPs).joined(separator: " ")
    }

    static func text(_ selector: [String: String]) -> String {
        selector.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }

    static func text(_ port: ServiceView.Port) -> String {
        let name = port.name.isEmpty ? "" : port.name + " "
        return "\(name)\(port.number)/\(port.protocolName) -> \(target(port))"
    }

    static func target(_ port: ServiceView.Port) -> String {
        switch port.target {
        case .number(let number): String(number)
        case .name(let name): name
        }
    }

    private var counts: [ServiceExplanation.Count] {
        var counts: [String: ServiceExplanation.Count] = [:]
        for family in service.ipFamilies { counts[family] = .init(family: family) }
        for slice in inputs.slices.map({ EndpointSliceView($0) }) {
            var count = counts[slice.addressType] ?? .init(family: slice.addressType)
            for endpoint in slice.endpoints {
                if endpoint.isTerminating {
                    count.terminating += 1
                } else if endpoint.isReady {
                    count.ready += 1
                } else {
                    count.notReady += 1
                }
            }
            counts[slice.addressType] = count
        }
        return counts.values.sorted { $0.family < $1.family }
    }

    // MARK: Services for which no pods are selected

    private func terminating() -> ServiceExplanation.Finding? {
        guard service.isTerminating else { return nil }
        let finalizers = inputs.service.finalizers
        return .init(
            cause: .serviceTerminating,
            message: "The Service is being deleted and waits for its finalizers: no new slices are made for it.",
            details: finalizers, object: subject,
            // Ends the wait, in case the owner of the finalizers no longer runs.
            commands: finalizers.isEmpty
                ? []
                : ["\(kubectl) patch service \(service.name) --type=merge -p '{\"metadata\":{\"finalizers\":null}}'"])
    }

    private func withoutSelector() -> [ServiceExplanation.Finding] {
        if inputs.slices.contains(where: { !$0.items("endpoints").isEmpty }) { return [] }
        let port = service.ports.first
        let number =
            switch port?.target {
            case .number(let number): number
            default: port?.number ?? 80
            }
        let name = port?.name ?? ""
        let slice: Value = [
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": [
                "name": .string("\(service.name)-1"),
                "labels": .object([EndpointSliceView.serviceNameLabel: .string(service.name)]),
            ],
            "addressType": .string(service.ipFamilies.first ?? "IPv4"),
            "endpoints": .array([["addresses": .array(["ADDRESS"])]]),
            "ports": .array([
                ["name": .string(name), "port": .int(number), "protocol": .string(port?.protocolName ?? "TCP")]
            ]),
        ]
        return [
            .init(
                cause: .noSelector,
                message: "The Service has no selector, so somebody else has to make its EndpointSlices, and there are "
                    + "none with endpoints.",
                object: .init(kind: "EndpointSlice", namespace: service.namespace, name: "\(service.name)-1"),
                commands: [
                    "echo '\(slice.jsonText)' | \(kubectl) apply -f -",
                    "\(kubectl) set selector service \(service.name) app=\(service.name)",
                ])
        ]
    }
}

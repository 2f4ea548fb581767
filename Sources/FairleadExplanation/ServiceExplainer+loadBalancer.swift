import FairleadModel

/// Services that are waiting for a load balancer.
extension ServiceExplainer {
    func loadBalancer() -> [Finding] {
        if !service.ingress.isEmpty { return [] }
        if let name = service.loadBalancerClass {
            return [
                Finding(
                    cause: .foreignLoadBalancerClass,
                    message:
                        "The Service asks for the load-balancer class \(name.goQuoted), which this cluster does not "
                        + "provide: whoever does has to give it an address. The class of a Service cannot be changed.",
                    object: subject,
                    commands: [
                        "\(kubectl) delete service \(service.name)",
                        "\(kubectl) expose ... --name=\(service.name) --type=LoadBalancer",
                    ])
            ]
        }
        guard case .pools(let pools) = inputs.loadBalancers else {
            return [
                Finding(
                    cause: .noLoadBalancerProvider,
                    message: "Nobody gives out load-balancer addresses in this cluster (fairlead serve --bare). The "
                        + "Service works by its cluster IP and its node ports.",
                    object: subject,
                    commands: [
                        "\(kubectl) patch service \(service.name) --subresource=status --type=merge -p "
                            + "'{\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"192.0.2.1\"}]}}}'"
                    ])
            ]
        }
        guard let condition = service.condition(LoadBalancerTerms.condition) else {
            return [
                Finding(
                    cause: .loadBalancerPending, message: "The load balancer has not been set up yet.",
                    object: subject)
            ]
        }
        let message = "The Service gets no load-balancer address: \(condition.text("message"))."
        if condition.text("reason") == LoadBalancerTerms.exhausted {
            return [
                Finding(
                    cause: .poolExhausted, message: message, details: Self.cut(pools.map { "pool \($0)" }),
                    object: .init(kind: "Service", name: "of type LoadBalancer that is no longer needed"),
                    commands: [
                        "kubectl get services --all-namespaces --field-selector spec.type=LoadBalancer",
                        "curl SERVER/debug/allocations",
                    ])
            ]
        }
        return [
            Finding(
                cause: .addressRefused, message: message, details: Self.cut(pools.map { "pool \($0)" }),
                object: subject,
                commands: [
                    "\(kubectl) patch service \(service.name) --type=merge -p '{\"spec\":{\"loadBalancerIP\":null}}'",
                    "\(kubectl) annotate service \(service.name) \(LoadBalancerTerms.addressesAnnotation)- "
                        + "\(LoadBalancerTerms.poolAnnotation)-",
                ])
        ]
    }
}

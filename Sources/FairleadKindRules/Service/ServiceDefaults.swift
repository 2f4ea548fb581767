package import FairleadModel

/// The default values of a Service's fields (SetDefaults_Service).
package enum ServiceDefaults {
    package static func apply(to service: inout Value) {
        var spec = ServiceSpec(of: service)
        applyAffinity(to: &spec)
        spec.value.setDefaultText("type", "ClusterIP")
        spec.value.changeItems("ports") { port in
            port.setDefaultText("protocol", "TCP")
            // A target port of 0 or "" counts as absent.
            if port.number("targetPort") == 0, port.text("targetPort").isEmpty {
                port["targetPort"] = .int(port.number("port"))
            }
        }
        if spec.isExternallyAccessible { spec.value.setDefaultText("externalTrafficPolicy", "Cluster") }
        if spec.needsClusterIP { spec.value.setDefault("internalTrafficPolicy", "Cluster") }
        if spec.isLoadBalancer { spec.value.setDefault("allocateLoadBalancerNodePorts", true) }
        service["spec"] = spec.value
        applyStatus(to: &service, isLoadBalancer: spec.isLoadBalancer)
    }

    private static func applyAffinity(to spec: inout ServiceSpec) {
        spec.value.setDefaultText("sessionAffinity", "None")
        switch spec.value.text("sessionAffinity") {
        case "None": spec.value["sessionAffinityConfig"] = nil
        case "ClientIP":
            if spec.value.at("sessionAffinityConfig", "clientIP", "timeoutSeconds") == nil {
                spec.value["sessionAffinityConfig"] = ["clientIP": ["timeoutSeconds": 10800]]
            }
        default: break
        }
    }

    /// KEP-1860: by default, traffic to a load balancer's IP address is delivered with that address as its destination.
    private static func applyStatus(to service: inout Value, isLoadBalancer: Bool) {
        var status = service["status"] ?? .object(Object())
        var balancer = status["loadBalancer"] ?? .object(Object())
        if isLoadBalancer {
            balancer.changeItems("ingress") { ingress in
                if !ingress.text("ip").isEmpty { ingress.setDefault("ipMode", "VIP") }
            }
        }
        status["loadBalancer"] = balancer
        service["status"] = status
    }
}

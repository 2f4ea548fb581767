import FairleadRules
package import FairleadModel

/// Warnings about a Service that is accepted nevertheless.
package enum ServiceWarnings {
    package static func texts(for service: Value) -> [String] {
        let spec = ServiceSpec(of: service)
        let path = FieldPath("spec")
        var texts: [String] = []
        if service.annotations["service.kubernetes.io/topology-aware-hints"] != nil {
            texts.append(
                "annotation service.kubernetes.io/topology-aware-hints is deprecated, please use "
                    + "service.kubernetes.io/topology-mode instead")
        }
        if spec.needsClusterIP, !spec.isHeadless {
            for (index, text) in spec.clusterIPs.enumerated() {
                texts += IPText.addressWarnings(text, path.child("clusterIPs").index(index))
            }
        }
        if spec.isHeadless {
            if !spec.value.text("loadBalancerIP").isEmpty {
                texts.append("spec.loadBalancerIP is ignored for headless services")
            }
            if !spec.externalIPs.isEmpty { texts.append("spec.externalIPs is ignored for headless services") }
            if spec.value.text("sessionAffinity") != "None" {
                texts.append("spec.SessionAffinity is ignored for headless services")
            }
        }
        for (index, text) in spec.externalIPs.enumerated() {
            texts += IPText.addressWarnings(text, path.child("externalIPs").index(index))
        }
        if !spec.externalIPs.isEmpty, !spec.isHeadless, !spec.isExternalName {
            texts.append("spec.externalIPs is deprecated and may no longer be implemented in some clusters")
        }
        texts += IPText.addressWarnings(spec.value.text("loadBalancerIP"), path.child("loadBalancerIP"))
        for (index, text) in spec.value.strings("loadBalancerSourceRanges").enumerated() {
            texts += IPText.rangeWarnings(text, path.child("loadBalancerSourceRanges").index(index))
        }
        if spec.isExternalName, !spec.externalIPs.isEmpty {
            texts.append("spec.externalIPs is ignored when spec.type is \"ExternalName\"")
        }
        if !spec.isExternalName, !spec.value.text("externalName").isEmpty {
            texts.append("spec.externalName is ignored when spec.type is not \"ExternalName\"")
        }
        if spec.value.text("trafficDistribution") == "PreferClose" {
            texts.append("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"")
        }
        return texts
    }

    /// Warnings about the status that a load balancer controller writes.
    package static func statusTexts(for service: Value) -> [String] {
        let ingress = service.at("status", "loadBalancer")?.items("ingress") ?? []
        let path = FieldPath("status", "loadBalancer", "ingress")
        return ingress.enumerated().flatMap { IPText.addressWarnings($0.element.text("ip"), path.index($0.offset)) }
    }
}

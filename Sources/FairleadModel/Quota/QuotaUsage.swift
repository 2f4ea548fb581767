/// What an object uses of the resources that quotas limit.
///
/// Reference: Kubernetes documentation, "Resource Quotas"; `pkg/quota/v1/evaluator/core`.
package enum QuotaUsage {
    /// What `object` uses, by the names that quotas use; amounts that the kind can use are included even if they are
    /// zero.
    package static func of(_ object: Value, _ resource: GroupResource) -> ResourceAmounts {
        let one = Quantity(1)
        let counted = countName(resource)
        guard resource.group.isEmpty else { return ResourceAmounts([counted: one]) }
        switch resource.resource {
        case "pods": return PodUsage.of(object)
        case "services": return service(object)
        case "persistentvolumeclaims": return claim(object)
        case "configmaps", "resourcequotas", "replicationcontrollers", "secrets":
            return ResourceAmounts([counted: one, resource.resource: one])
        default: return ResourceAmounts([counted: one])
        }
    }

    /// Whether updates of an object, and not only its creation, can use more.
    package static func isMeasuredOnUpdate(_ resource: GroupResource) -> Bool {
        resource.group.isEmpty && ["services", "persistentvolumeclaims"].contains(resource.resource)
    }

    /// Those of a quota's resource names that objects of this resource can use.
    package static func matching(_ names: [String], _ resource: GroupResource) -> [String] {
        let counted = countName(resource)
        guard resource.group.isEmpty else { return names.filter { $0 == counted } }
        return names.filter { name in
            if name == counted { return true }
            switch resource.resource {
            case "pods": return PodUsage.isMeasured(name)
            case "services": return ["services", "services.nodeports", "services.loadbalancers"].contains(name)
            case "persistentvolumeclaims":
                return name == "persistentvolumeclaims" || name == "requests.storage"
                    || name.hasSuffix(classSuffix + "requests.storage")
                    || name.hasSuffix(classSuffix + "persistentvolumeclaims")
            case "configmaps", "resourcequotas", "replicationcontrollers", "secrets":
                return name == resource.resource
            default: return false
            }
        }
    }

    /// `count/deployments.apps`.
    private static func countName(_ resource: GroupResource) -> String {
        "count/" + resource.resource + (resource.group.isEmpty ? "" : "." + resource.group)
    }

    private static let classSuffix = ".storageclass.storage.k8s.io/"

    private static func service(_ object: Value) -> ResourceAmounts {
        let ports = object.at("spec", "ports")?.array ?? []
        var taken = 0
        var balancers: Int64 = 0
        switch object.at("spec", "type")?.string {
        case "NodePort": taken = ports.count
        case "LoadBalancer":
            balancers = 1
            let allocates = object.at("spec", "allocateLoadBalancerNodePorts")?.bool ?? true
            taken = allocates ? ports.count : ports.count { ($0["nodePort"]?.int ?? 0) != 0 }
        default: break
        }
        return ResourceAmounts([
            "count/services": Quantity(1), "services": Quantity(1), "services.nodeports": Quantity(Int64(taken)),
            "services.loadbalancers": Quantity(balancers),
        ])
    }

    private static func claim(_ object: Value) -> ResourceAmounts {
        var result: [String: Quantity] = [
            "count/persistentvolumeclaims": Quantity(1), "persistentvolumeclaims": Quantity(1),
        ]
        let name =
            object.at("metadata", "annotations", "volume.beta.kubernetes.io/storage-class")?.string
            ?? object.at("spec", "storageClassName")?.string ?? ""
        if !name.isEmpty { result[name + classSuffix + "persistentvolumeclaims"] = Quantity(1) }
        if let size = ResourceAmounts(object.at("spec", "resources", "requests"))["storage"] {
            result["requests.storage"] = size
            if !name.isEmpty { result[name + classSuffix + "requests.storage"] = size }
        }
        return ResourceAmounts(result)
    }
}

import FairleadModel

/// What the Endpoints object of a Service should be. Pure.
struct EndpointsReconciler {
    static let managedByLabel = "endpoints.kubernetes.io/managed-by"
    static let manager = "endpoint-controller"
    static let overCapacity = "endpoints.kubernetes.io/over-capacity"

    enum Plan {
        case nothing
        case create(Value)
        case update(Value)
    }

    static func plan(service: ServiceView, pods: [PodView], current: Value?, trigger: Timestamp?) -> Plan {
        let (subsets, isTruncated) = EndpointSubsets(service: service, pods: pods).subsets()
        var labels = service.labels
        let isHeadless = service.isHeadless || service.clusterIP.isEmpty
        labels[SliceMetadata.headlessLabel] = isHeadless ? "" : nil
        labels[managedByLabel] = manager
        if let current, (current["subsets"]?.array ?? []) == subsets, current.labels == labels,
            (current.annotations[overCapacity] != nil) == isTruncated
        {
            return .nothing
        }
        var endpoints =
            current ?? [
                "apiVersion": "v1", "kind": "Endpoints",
                "metadata": ["name": .string(service.name), "namespace": .string(service.namespace)],
            ]
        endpoints["subsets"] = subsets.isEmpty ? nil : .array(subsets)
        endpoints.set(Value(labels), at: "metadata", "labels")
        if isTruncated {
            endpoints.set("truncated", at: "metadata", "annotations", overCapacity)
        } else {
            endpoints.set(nil, at: "metadata", "annotations", overCapacity)
        }
        SliceMetadata.setTrigger(trigger, on: &endpoints)
        return current == nil ? .create(endpoints) : .update(endpoints)
    }
}

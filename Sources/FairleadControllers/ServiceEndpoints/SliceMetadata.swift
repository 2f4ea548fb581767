import FairleadModel

/// The metadata that all managed slices share.
enum SliceMetadata {
    static let headlessLabel = "service.kubernetes.io/headless"

    /// The owner's labels, with the reserved ones set by us.
    static func labels(copied: [String: String], owner: String, manager: String, isHeadless: Bool?) -> Value {
        var labels = copied
        if let isHeadless { labels[headlessLabel] = isHeadless ? "" : nil }
        labels[EndpointSliceView.serviceNameLabel] = owner
        labels[EndpointSliceView.managedByLabel] = manager
        return Value(labels)
    }

    static func slice(
        family: String, ports: [EndpointSliceView.Port], endpoints: [Value], labels: Value, owner: Value,
        name: String, namespace: String
    ) -> Value {
        let metadata: Object = [
            "generateName": .string(name + "-"), "namespace": .string(namespace), "labels": labels,
            "ownerReferences": .array([owner]),
        ]
        return .object([
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": .object(metadata),
            "addressType": .string(family), "endpoints": endpoints.isEmpty ? .null : .array(endpoints),
            "ports": ports.isEmpty ? .null : .array(ports.map(\.object)),
        ])
    }

    /// Sets or removes the trigger time; an annotations map that becomes empty is removed.
    static func setTrigger(_ time: Timestamp?, on object: inout Value) {
        if let time {
            object.set(.string(time.rfc3339), at: "metadata", "annotations", TriggerTimes.annotation)
        } else if object.at("metadata", "annotations", TriggerTimes.annotation) != nil {
            object.set(nil, at: "metadata", "annotations", TriggerTimes.annotation)
            if object.at("metadata", "annotations")?.object?.isEmpty == true {
                object.set(nil, at: "metadata", "annotations")
            }
        }
    }
}

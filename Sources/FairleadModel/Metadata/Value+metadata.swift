/// What every object has: its kind, and the fields of `metadata` (meta/v1 ObjectMeta). Missing strings read as "",
/// missing maps and lists as empty; setting an empty value removes the field.
extension Value {
    package var kind: String { self["kind"]?.string ?? "" }
    package var apiVersion: String { self["apiVersion"]?.string ?? "" }

    package var name: String {
        get { metadataText("name") }
        set { setMetadata("name", newValue) }
    }
    package var generateName: String {
        get { metadataText("generateName") }
        set { setMetadata("generateName", newValue) }
    }
    package var namespace: String {
        get { metadataText("namespace") }
        set { setMetadata("namespace", newValue) }
    }
    package var uid: String {
        get { metadataText("uid") }
        set { setMetadata("uid", newValue) }
    }
    package var creationTimestamp: String {
        get { metadataText("creationTimestamp") }
        set { setMetadata("creationTimestamp", newValue) }
    }
    /// nil while the object is not being deleted.
    package var deletionTimestamp: String? { at("metadata", "deletionTimestamp")?.string }
    package var deletionGracePeriodSeconds: Int64? { at("metadata", "deletionGracePeriodSeconds")?.int }

    /// nil if there is none, or if it is not a number.
    package var resourceVersion: Int64? { at("metadata", "resourceVersion")?.string.flatMap { Int64($0) } }

    /// 0 if there is none.
    package var generation: Int64 {
        get { at("metadata", "generation")?.int ?? 0 }
        set { set(newValue == 0 ? nil : .int(newValue), at: "metadata", "generation") }
    }

    package var labels: [String: String] {
        get { at("metadata", "labels")?.stringMap ?? [:] }
        set { set(newValue.isEmpty ? nil : Value(newValue), at: "metadata", "labels") }
    }
    package var annotations: [String: String] {
        get { at("metadata", "annotations")?.stringMap ?? [:] }
        set { set(newValue.isEmpty ? nil : Value(newValue), at: "metadata", "annotations") }
    }
    package var finalizers: [String] {
        get { at("metadata", "finalizers")?.array?.compactMap(\.string) ?? [] }
        set { set(newValue.isEmpty ? nil : .array(newValue.map(Value.string)), at: "metadata", "finalizers") }
    }
    package var ownerReferences: [OwnerReference] {
        get { at("metadata", "ownerReferences")?.array?.compactMap(OwnerReference.init) ?? [] }
        set { set(newValue.isEmpty ? nil : .array(newValue.map(\.value)), at: "metadata", "ownerReferences") }
    }
    /// The owner that controls this object; at most one may.
    package var controllerRef: OwnerReference? { controller.flatMap(OwnerReference.init) }
    /// The same as it is written: asked for with every change of a pod by many.
    package var controller: Value? { items("metadata", "ownerReferences").first { $0["controller"]?.bool == true } }

    private func metadataText(_ field: String) -> String { self["metadata"]?[field]?.string ?? "" }

    private mutating func setMetadata(_ field: String, _ text: String) {
        set(text.isEmpty ? nil : .string(text), at: ["metadata", field])
    }
}

import FairleadModel

/// The class of objects that name none: the newest of those marked as default, then the first by name.
///
/// Reference: k8s.io/kubernetes `plugin/pkg/admission/storage/storageclass/setdefault`,
/// `…/network/defaultingressclass`.
enum DefaultClass {
    static let ofClaims = [
        "storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class",
    ]
    static let ofIngresses = ["ingressclass.kubernetes.io/is-default-class"]

    /// - Parameter annotations: a class with any of them set to `true` is a default.
    static func isDefault(_ object: Value, _ annotations: [String]) -> Bool {
        annotations.contains { object.annotations[$0] == "true" }
    }

    static func name(
        of resource: GroupVersionResource, _ annotations: [String], _ context: StrategyContext
    ) -> String? {
        let classes = context.snapshot.objects(resource.groupResource, namespace: nil).map(\.value)
            .filter { isDefault($0, annotations) }
        let best = classes.min { left, right in
            let (leftTime, rightTime) = (creationTime(of: left), creationTime(of: right))
            return leftTime == rightTime ? left.name < right.name : leftTime > rightTime
        }
        return best?.name
    }

    /// RFC 3339 in UTC: sorts chronologically as text.
    private static func creationTime(of object: Value) -> String {
        object.at("metadata", "creationTimestamp")?.string ?? ""
    }

    /// The name in tables, which mark the default.
    static func nameCell(of subject: TableSubject, _ annotations: [String]) -> Value {
        isDefault(subject.object, annotations) ? .string(subject.object.name + " (default)") : subject.name
    }
}

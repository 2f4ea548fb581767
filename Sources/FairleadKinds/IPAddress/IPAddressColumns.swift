import FairleadModel

extension TablePrinter {
    /// Kubernetes sends an age without declaring a column for it.
    static let ipAddresses = TablePrinter([.name, TableColumn("ParentRef")]) { subject in
        [subject.name, .string(parentReference(subject["spec", "parentRef"])), subject.age]
    }

    /// `services/<namespace>/<name>`, with the group if there is one.
    private static func parentReference(_ reference: Value?) -> String {
        guard let reference else { return "<none>" }
        let group = reference["group"]?.string ?? ""
        let resource = GroupResource(group: group, resource: reference["resource"]?.string ?? "")
        let parts = [resource.description, reference["namespace"]?.string ?? "", reference["name"]?.string ?? ""]
        return parts.filter { !$0.isEmpty }.joined(separator: "/")
    }
}

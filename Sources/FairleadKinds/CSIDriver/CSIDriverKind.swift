import FairleadModel

extension Kind {
    static let csiDriver = Kind(
        "CSIDriver", group: "storage.k8s.io", resource: "csidrivers", isNamespaced: false, package: "storage.v1",
        storageHash: "hL6j/rwBV5w=", strategy: CSIDriverStrategy(),
        columns: TablePrinter([
            .name, TableColumn("AttachRequired", type: "boolean"), TableColumn("PodInfoOnMount", type: "boolean"),
            TableColumn("StorageCapacity", type: "boolean"), TableColumn("TokenRequests"),
            TableColumn("RequiresRepublish", type: "boolean"), TableColumn("Modes"), .age,
        ]) { subject in
            func flag(_ name: String, or missing: Bool) -> Value { .bool(subject["spec", name]?.bool ?? missing) }
            let audiences = subject["spec", "tokenRequests"]?.array?.map { $0["audience"]?.string ?? "" }
            let modes = subject["spec", "volumeLifecycleModes"]?.array?.compactMap(\.string) ?? []
            return [
                subject.name, flag("attachRequired", or: true), flag("podInfoOnMount", or: false),
                flag("storageCapacity", or: false), .string(audiences?.joined(separator: ",") ?? "<unset>"),
                flag("requiresRepublish", or: false),
                .string(modes.isEmpty ? "<none>" : modes.joined(separator: ",")), subject.age,
            ]
        })
}

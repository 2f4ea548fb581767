import FairleadModel

extension TablePrinter {
    /// Disruption budgets.
    static let policy: [GroupResource: TablePrinter] = [
        GroupResource(group: "policy", resource: "poddisruptionbudgets"): TablePrinter([
            .name, TableColumn("Min Available", "The minimum number of pods that must be available."),
            TableColumn("Max Unavailable", "The maximum number of pods that may be unavailable."),
            .integer(
                "Allowed Disruptions", "Calculated number of pods that may be disrupted at this time."),
            .age,
        ]) { subject in
            func amount(_ field: String) -> Value {
                guard let value = subject["spec", field] else { return "N/A" }
                return .string(value.string ?? String(value.int ?? 0))
            }
            return [
                subject.name, amount("minAvailable"), amount("maxUnavailable"),
                subject.number("status", "disruptionsAllowed"), subject.age,
            ]
        }
    ]

    /// Claims to storage.
    static let storage: [GroupResource: TablePrinter] = [
        core("persistentvolumeclaims"): TablePrinter([
            .name, TableColumn("Status"), TableColumn("Volume"), TableColumn("Capacity"), TableColumn("Access Modes"),
            TableColumn("StorageClass", "StorageClass of the pvc"), TableColumn("VolumeAttributesClass"), .age,
            TableColumn("VolumeMode", wide: true),
        ]) { subject in
            let isBound = !(subject["spec", "volumeName"]?.string ?? "").isEmpty
            let modes = isBound ? subject["status", "accessModes"]?.array?.compactMap(\.string) ?? [] : []
            let annotation = subject.object.annotations["volume.beta.kubernetes.io/storage-class"]
            return [
                subject.name,
                subject.object.deletionTimestamp != nil ? "Terminating" : subject.text("status", "phase"),
                subject.text("spec", "volumeName"),
                isBound ? subject.text("status", "capacity", "storage") : "",
                .string(modes.map { shortModes[$0] ?? $0 }.joined(separator: ",")),
                annotation.map { .string($0) } ?? subject.text("spec", "storageClassName"),
                subject.text("spec", "volumeAttributesClassName", or: "<unset>"), subject.age,
                subject.text("spec", "volumeMode", or: "<unset>"),
            ]
        }
    ]

    private static let shortModes: [String: String] = [
        "ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP",
    ]

    private static func rbac(_ resource: String) -> GroupResource {
        GroupResource(group: "rbac.authorization.k8s.io", resource: resource)
    }

    /// Bindings of roles; roles themselves show when they were created.
    static let rbac: [GroupResource: TablePrinter] = [
        rbac("rolebindings"): bindings(scope: "roleBinding"),
        rbac("clusterrolebindings"): bindings(scope: "clusterRoleBinding"),
    ]

    private static func bindings(scope: String) -> TablePrinter {
        TablePrinter([
            .name, TableColumn("Role"), .age, TableColumn("Users", "Users in the \(scope)", wide: true),
            TableColumn("Groups", "Groups in the \(scope)", wide: true),
            TableColumn("ServiceAccounts", "ServiceAccounts in the \(scope)", wide: true),
        ]) { subject in
            let role = subject["roleRef"] ?? .null
            let subjects = subject["subjects"]?.array ?? []
            func names(_ kind: String) -> Value {
                let names = subjects.filter { $0.kind == kind }.map { entry in
                    let name = entry["name"]?.string ?? ""
                    return kind == "ServiceAccount" ? "\(entry["namespace"]?.string ?? "")/\(name)" : name
                }
                return .string(names.joined(separator: ", "))
            }
            return [
                subject.name, .string("\(role.kind)/\(role["name"]?.string ?? "")"), subject.age, names("User"),
                names("Group"), names("ServiceAccount"),
            ]
        }
    }
}

import FairleadModel

extension TablePrinter {
    /// - Parameter scope: the kind of binding, for descriptions.
    static func bindings(scope: String) -> TablePrinter {
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

import FairleadModel

extension Kind {
    static let controllerRevision = Kind(
        "ControllerRevision", group: "apps", resource: "controllerrevisions", package: "apps.v1",
        storageHash: "85nkx63pcBU=", strategy: ControllerRevisionStrategy(),
        columns: TablePrinter([
            .name, TableColumn("Controller", "Controller of the object"), TableColumn("Revision"), .age,
        ]) { subject in
            let controller = subject.object.controllerRef.map { owner in
                let kind = owner.group.isEmpty ? owner.kind : "\(owner.kind).\(owner.group)"
                return "\(kind.lowercased())/\(owner.name)"
            }
            return [subject.name, .string(controller ?? "<none>"), subject.number("revision"), subject.age]
        })
}

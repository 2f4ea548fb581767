import FairleadModel

extension TablePrinter {
    static let services = TablePrinter([
        .name, TableColumn("Type"), TableColumn("Cluster-IP"), TableColumn("External-IP"), TableColumn("Port(s)"),
        .age, TableColumn("Selector", wide: true),
    ]) { subject in
        let ports = (subject["spec", "ports"]?.array ?? []).map(servicePort).joined(separator: ",")
        return [
            subject.name, subject.text("spec", "type"),
            .string(subject["spec", "clusterIPs"]?.array?.first?.string ?? "<none>"),
            .string(externalAddresses(subject)), .string(ports.isEmpty ? "<none>" : ports), subject.age,
            subject.labels("spec", "selector"),
        ]
    }

    private static func servicePort(_ port: Value) -> String {
        let node = port["nodePort"]?.int ?? 0
        let number = "\(port["port"]?.int ?? 0)" + (node > 0 ? ":\(node)" : "")
        return "\(number)/\(port["protocol"]?.string ?? "")"
    }

    private static func externalAddresses(_ subject: TableSubject) -> String {
        let external = subject["spec", "externalIPs"]?.array?.compactMap(\.string) ?? []
        switch subject["spec", "type"]?.string {
        case "ClusterIP", "NodePort": return external.isEmpty ? "<none>" : external.joined(separator: ",")
        case "LoadBalancer":
            let all = subject.loadBalancerAddresses + external
            return all.isEmpty ? "<pending>" : all.joined(separator: ",")
        case "ExternalName": return subject["spec", "externalName"]?.string ?? ""
        default: return "<unknown>"
        }
    }
}

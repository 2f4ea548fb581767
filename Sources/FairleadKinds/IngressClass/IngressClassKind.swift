import FairleadModel

extension Kind {
    static let ingressClass = Kind(
        "IngressClass", group: "networking.k8s.io", resource: "ingressclasses", isNamespaced: false,
        package: "networking.v1", storageHash: "l/iqIbDgFyQ=", strategy: IngressClassStrategy(),
        columns: TablePrinter([
            .name, TableColumn("Controller", "Controller that is responsible for handling this class"),
            TableColumn("Parameters", "A reference to a resource with additional parameters"), .age,
        ]) { subject in
            var text = "<none>"
            if let parameters = subject["spec", "parameters"] {
                let group = parameters["apiGroup"]?.string.map { "." + $0 } ?? ""
                text = "\(parameters.kind)\(group)/\(parameters["name"]?.string ?? "")"
            }
            return [
                DefaultClass.nameCell(of: subject, DefaultClass.ofIngresses), subject.text("spec", "controller"),
                .string(text), subject.age,
            ]
        })
}

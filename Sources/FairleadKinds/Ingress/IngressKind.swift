import FairleadModel

extension Kind {
    static let ingress = Kind(
        "Ingress", group: "networking.k8s.io", resource: "ingresses", shortNames: ["ing"],
        subresources: [.status("Ingress")], package: "networking.v1", storageFolder: "ingress",
        storageHash: "39NQlfNR+bo=", strategy: IngressStrategy(),
        columns: TablePrinter([
            .name,
            TableColumn(
                "Class", "The name of the IngressClass resource that should be used for additional configuration"),
            TableColumn("Hosts", "Hosts that incoming requests are matched against before the ingress rule"),
            TableColumn("Address", "Address is a list containing ingress points for the load-balancer"),
            TableColumn("Ports", "Ports of TLS configurations that open"), .age,
        ]) { subject in
            let rules = subject["spec", "rules"]?.array ?? []
            let hosts = rules.compactMap { $0["host"]?.string }.filter { !$0.isEmpty }
            let hasTLS = !(subject["spec", "tls"]?.array ?? []).isEmpty
            return [
                subject.name, subject.text("spec", "ingressClassName", or: "<none>"),
                .string(hosts.isEmpty ? "*" : TableSubject.firstThree(hosts)),
                .string(subject.loadBalancerAddresses.joined(separator: ",")), hasTLS ? "80, 443" : "80", subject.age,
            ]
        })
}

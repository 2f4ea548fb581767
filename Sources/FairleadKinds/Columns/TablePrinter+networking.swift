import FairleadModel

extension TablePrinter {
    private static func networking(_ resource: String) -> GroupResource {
        GroupResource(group: "networking.k8s.io", resource: resource)
    }

    /// Services, their endpoints and addresses, ingresses, policies.
    static let networking: [GroupResource: TablePrinter] = [
        core("services"): TablePrinter([
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
        },
        core("endpoints"): TablePrinter([
            .name,
            TableColumn(
                "Endpoints",
                """
                The set of all endpoints is the union of all subsets. Addresses are placed into subsets according to \
                the IPs they share. A single address with multiple ports, some of which are ready and some of which \
                are not (because they come from different containers) will result in the address being displayed in \
                different subsets for the different ports. No address will appear in both Addresses and \
                NotReadyAddresses in the same subset. Sets of addresses and ports that comprise a service.
                """),
            .age,
        ]) { [$0.name, .string(endpoints($0["subsets"]?.array ?? [])), $0.age] },
        GroupResource(group: "discovery.k8s.io", resource: "endpointslices"): endpointSlices,
        networking("ingresses"): TablePrinter([
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
                .string(loadBalancerAddresses(subject).joined(separator: ",")), hasTLS ? "80, 443" : "80", subject.age,
            ]
        },
        networking("ingressclasses"): TablePrinter([
            .name, TableColumn("Controller", "Controller that is responsible for handling this class"),
            TableColumn("Parameters", "A reference to a resource with additional parameters"), .age,
        ]) { subject in
            var text = "<none>"
            if let parameters = subject["spec", "parameters"] {
                let group = parameters["apiGroup"]?.string.map { "." + $0 } ?? ""
                text = "\(parameters.kind)\(group)/\(parameters["name"]?.string ?? "")"
            }
            return [subject.name, subject.text("spec", "controller"), .string(text), subject.age]
        },
        networking("networkpolicies"): TablePrinter([.name, TableColumn("Pod-Selector"), .age]) {
            [$0.name, $0.selector("spec", "podSelector"), $0.age]
        },
        networking("servicecidrs"): TablePrinter([
            .name, TableColumn("CIDRs"), .age,
        ]) { subject in
            let ranges = subject["spec", "cidrs"]?.array?.compactMap(\.string) ?? []
            return [subject.name, .string(ranges.joined(separator: ",")), subject.age]
        },
        // Kubernetes sends an age without a column for it.
        networking("ipaddresses"): TablePrinter([.name, TableColumn("ParentRef")]) { subject in
            [subject.name, .string(parentReference(subject["spec", "parentRef"])), subject.age]
        },
    ]

    private static let endpointSlices = TablePrinter([
        .name,
        TableColumn(
            "AddressType",
            """
            addressType specifies the type of address carried by this EndpointSlice. All addresses in this slice must \
            be the same type. This field is immutable after creation. The following address types are currently \
            supported: * IPv4: Represents an IPv4 Address. * IPv6: Represents an IPv6 Address. * FQDN: Represents a \
            Fully Qualified Domain Name. (Deprecated) The EndpointSlice controller only generates, and kube-proxy \
            only processes, slices of addressType "IPv4" and "IPv6". No semantics are defined for the "FQDN" type.
            """),
        TableColumn(
            "Ports",
            """
            ports specifies the list of network ports exposed by each endpoint in this slice. Each port must have a \
            unique name. Each slice may include a maximum of 100 ports. Services always have at least 1 port, so \
            EndpointSlices generated by the EndpointSlice controller will likewise always have at least 1 port. \
            EndpointSlices used for other purposes may have an empty ports list.
            """),
        TableColumn(
            "Endpoints",
            """
            endpoints is a list of unique endpoints in this slice. Each slice may include a maximum of 1000 endpoints.
            """),
        .age,
    ]) { subject in
        let ports = (subject["ports"]?.array ?? []).map { port in
            if let number = port["port"]?.int { return String(number) }
            let name = port["name"]?.string ?? ""
            return name.isEmpty ? "*" : name
        }
        let addresses = (subject["endpoints"]?.array ?? []).map { $0["addresses"]?.array?.first?.string ?? "" }
        return [
            subject.name, subject.text("addressType"),
            .string(ports.isEmpty ? "<unset>" : TableSubject.firstThree(ports)),
            .string(addresses.isEmpty ? "<unset>" : TableSubject.firstThree(addresses)), subject.age,
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
            let all = loadBalancerAddresses(subject) + external
            return all.isEmpty ? "<pending>" : all.joined(separator: ",")
        case "ExternalName": return subject["spec", "externalName"]?.string ?? ""
        default: return "<unknown>"
        }
    }

    /// Addresses or host names of `status.loadBalancer`, sorted.
    private static func loadBalancerAddresses(_ subject: TableSubject) -> [String] {
        let ingress = subject["status", "loadBalancer", "ingress"]?.array ?? []
        let addresses = ingress.compactMap { entry -> String? in
            let address = entry["ip"]?.string ?? ""
            return address.isEmpty ? entry["hostname"]?.string : address
        }
        return Set(addresses.filter { !$0.isEmpty }).sorted()
    }

    private static func endpoints(_ subsets: [Value]) -> String {
        if subsets.isEmpty { return "<none>" }
        var list: [String] = []
        for subset in subsets {
            for port in subset["ports"]?.array ?? [] {
                for address in subset["addresses"]?.array ?? [] {
                    let ip = address["ip"]?.string ?? ""
                    list.append("\(ip.contains(":") ? "[\(ip)]" : ip):\(port["port"]?.int ?? 0)")
                }
            }
        }
        return TableSubject.firstThree(list)
    }

    /// `services/<namespace>/<name>`, with the group where there is one.
    private static func parentReference(_ reference: Value?) -> String {
        guard let reference else { return "<none>" }
        let group = reference["group"]?.string ?? ""
        let resource = GroupResource(group: group, resource: reference["resource"]?.string ?? "")
        let parts = [resource.description, reference["namespace"]?.string ?? "", reference["name"]?.string ?? ""]
        return parts.filter { !$0.isEmpty }.joined(separator: "/")
    }
}

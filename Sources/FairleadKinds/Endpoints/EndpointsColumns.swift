import FairleadModel

extension TablePrinter {
    static let endpoints = TablePrinter([
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
    ]) { [$0.name, .string(text($0["subsets"]?.array ?? [])), $0.age] }

    private static func text(_ subsets: [Value]) -> String {
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
}

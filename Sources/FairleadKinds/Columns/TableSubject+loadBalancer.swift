import FairleadModel

extension TableSubject {
    /// Addresses or host names of `status.loadBalancer`, sorted.
    var loadBalancerAddresses: [String] {
        let ingress = self["status", "loadBalancer", "ingress"]?.array ?? []
        let addresses = ingress.compactMap { entry -> String? in
            let address = entry["ip"]?.string ?? ""
            return address.isEmpty ? entry["hostname"]?.string : address
        }
        return Set(addresses.filter { !$0.isEmpty }).sorted()
    }
}

package import FairleadModel

/// How an address is written in `status.loadBalancer.ingress`: as an IP, or spelled as a host name.
package enum LoadBalancerIngress {
    /// `192-0-2-7.lb.example`, `2001-db8--7.lb.example`.
    static func hostname(_ address: IPAddress, suffix: String) -> String {
        let text = address.description
        let label = String(text.map { $0 == "." || $0 == ":" ? "-" : $0 })
        // A label may neither begin nor end with a dash.
        let head = label.hasPrefix("-") ? "0" : ""
        let tail = label.hasSuffix("-") ? "0" : ""
        return head + label + tail + "." + suffix
    }

    /// The address that an entry shows or spells; nil for a foreign host name.
    package static func address(_ entry: Value) -> IPAddress? {
        let text = entry.text("ip")
        if !text.isEmpty { return IPAddress(text) }
        let label = entry.text("hostname").prefix { $0 != "." }
        return IPAddress(String(label.map { $0 == "-" ? "." : $0 }))
            ?? IPAddress(String(label.map { $0 == "-" ? ":" : $0 }))
    }

    static func entry(_ address: IPAddress, pool: LoadBalancerPool?) -> Value {
        if let suffix = pool?.hostnameSuffix { return ["hostname": .string(hostname(address, suffix: suffix))] }
        return ["ip": .string(address.description), "ipMode": "VIP"]
    }
}

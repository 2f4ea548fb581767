import FairleadContainers
import FairleadModel

extension Applets {
    /// What shows and changes the network.
    static let interfaces: [String: Applet] = [
        "curl": Curl.applet, "wget": Wget.applet, "nc": Netcat.applet, "netcat": Netcat.applet, "ip": Applet(ip),
        "ifconfig": Applet { process in
            for (index, address) in process.world.network.addresses.enumerated() where index == 0 {
                try await process.put(
                    "eth0      Link encap:Ethernet  HWaddr \(hardware(address))\n"
                        + "          inet addr:\(address)  Mask:255.255.255.255\n"
                        + "          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n")
            }
            try await process.put(
                "lo        Link encap:Local Loopback\n          inet addr:127.0.0.1  Mask:255.0.0.0\n"
                    + "          UP LOOPBACK RUNNING  MTU:65536  Metric:1\n")
            return 0
        },
        "netstat": Applet(netstat), "ss": Applet(ss),
        "ping": Applet { _ in throw AppletFailure("permission denied (are you root?)") },
        "ping6": Applet { _ in throw AppletFailure("permission denied (are you root?)") },
        "traceroute": Applet { _ in throw AppletFailure("socket(AF_INET,3,1): Operation not permitted") },
    ]

    /// A hardware address that goes with an IP address.
    private static func hardware(_ address: IPAddress) -> String {
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: address.bits >> UInt128(24 - 8 * $0)) }
        return ([0x0A, 0x58] + bytes).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count < 2 ? "0" + digits : digits
        }.joined(separator: ":")
    }

    private static func ip(_ process: Process) async throws -> Int32 {
        var words = process.words[...]
        var family: String?
        var isBrief = false
        while let word = words.first, word.hasPrefix("-") {
            words.removeFirst()
            if word == "-4" || word == "-6" { family = String(word.dropFirst()) }
            if word == "-br" || word == "-brief" { isBrief = true }
        }
        let object = words.popFirst() ?? "help"
        let verb = words.popFirst() ?? "show"
        let isShow = ["show", "list", "s", "l", "ls", "sh", "get"].contains(verb)
        guard isShow else {
            if process.world.isPrivileged { return 0 }
            throw AppletFailure("RTNETLINK answers: Operation not permitted", status: 2)
        }
        let addresses = process.world.network.addresses.filter { family == nil || $0.isIPv4 == (family == "4") }
        switch object {
        case "a", "addr", "address", "addrs", "l", "link":
            let isLink = object.hasPrefix("l")
            try await show(process, isLink ? [] : addresses, family: family, isLink: isLink, isBrief: isBrief)
        case "r", "ro", "route":
            if let address = addresses.first(where: \.isIPv4) {
                try await process.put("default via \(gateway(address)) dev eth0")
            }
        case "n", "neigh", "neighbor", "rule", "ru": break
        case "help":
            throw AppletFailure("Usage: ip [ OPTIONS ] { address | link | route } { COMMAND | help }", status: 255)
        default: throw AppletFailure("Object \"\(object)\" is unknown, try \"ip help\".")
        }
        return 0
    }

    /// The first address of the 256 around one.
    private static func gateway(_ address: IPAddress) -> IPAddress {
        IPAddress(bits: address.bits & ~0xFF | 1, isIPv4: address.isIPv4)
    }

    private static func show(
        _ process: Process, _ addresses: [IPAddress], family: String?, isLink: Bool, isBrief: Bool
    ) async throws {
        let primary = process.world.network.addresses.first
        func lines(_ address: IPAddress, _ bits: Int, _ scope: String, _ device: String) -> String {
            let kind = address.isIPv4 ? "inet" : "inet6"
            let suffix = address.isIPv4 ? " \(device)" : " "
            return
                "    \(kind) \(address)/\(bits) scope \(scope)\(suffix)\n       valid_lft forever preferred_lft forever"
        }
        if isBrief {
            try await process.put("lo               UNKNOWN        127.0.0.1/8")
            let all = addresses.map { "\($0)/\($0.isIPv4 ? 24 : 64)" }.joined(separator: " ")
            try await process.put("eth0             UP             \(all)")
            return
        }
        try await process.put("1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN qlen 1000")
        if family == nil || isLink {
            try await process.put("    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00")
        }
        if !isLink, family != "6", let loopback = IPAddress("127.0.0.1") {
            try await process.put(lines(loopback, 8, "host", "lo"))
        }
        guard let primary else { return }
        try await process.put("2: eth0@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP")
        if family == nil || isLink {
            try await process.put("    link/ether \(hardware(primary)) brd ff:ff:ff:ff:ff:ff")
        }
        for address in addresses {
            try await process.put(lines(address, address.isIPv4 ? 24 : 64, "global", "eth0"))
        }
    }

    private static func netstat(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "alntupWwerxi46")
        let showsAll = options.flags.isDisjoint(with: ["t", "u"])
        let isListening = options.has("l") || options.has("a")
        try await process.put(
            "Active Internet connections (\(options.has("l") ? "only servers" : options.has("a") ? "servers and established" : "w/o servers"))"
        )
        try await process.put("Proto Recv-Q Send-Q Local Address           Foreign Address         State       ")
        guard isListening else { return 0 }
        for socket in process.world.network.listening {
            guard showsAll || options.has(socket.isTCP ? "t" : "u") else { continue }
            let host = socket.address?.description ?? (socket.isTCP ? "::" : "::")
            let local = Columns.left("\(socket.address == nil ? ":::" : "\(host):")\(socket.port)", 23)
            let foreign = Columns.left(socket.address?.isIPv4 == true ? "0.0.0.0:*" : ":::*", 23)
            let kind = socket.isTCP ? "tcp  " : "udp  "
            try await process.put(
                "\(kind)      0      0 \(local) \(foreign) \(socket.isTCP ? "LISTEN      " : "            ")")
        }
        return 0
    }

    private static func ss(_ process: Process) async throws -> Int32 {
        var flags: Set<Character> = []
        var ports: Set<UInt16>?
        for word in process.words {
            if word.hasPrefix("-") {
                flags.formUnion(word.dropFirst())
            } else if let colon = word.lastIndex(of: ":"), let port = UInt16(word[word.index(after: colon)...]) {
                ports = [port]
            }
        }
        try await process.put("Netid State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess")
        guard flags.contains("l") || flags.contains("a") else { return 0 }
        for socket in process.world.network.listening where ports?.contains(socket.port) ?? true {
            guard flags.isDisjoint(with: ["t", "u"]) || flags.contains(socket.isTCP ? "t" : "u") else { continue }
            let local = "\(socket.address?.description ?? "*"):\(socket.port)"
            let state = socket.isTCP ? "tcp   LISTEN 0      4096  " : "udp   UNCONN 0      0     "
            try await process.put("\(state) \(Columns.left(local, 18)) *:*")
        }
        return 0
    }
}

import FairleadModel
import FairleadRouting

@testable import FairleadProxy

extension SimulatedTable {
    /// Everything that the rules may do with a new connection: `10.244.1.5:8080`, followed by ` m` if its source is
    /// translated as well; `reject`; `drop`; nothing at all if no rule is for it.
    func fates(from source: IPAddress, isOwn: Bool, to destination: Socket) -> Set<String> {
        let digit = source.isIPv4 ? "4" : "6"
        let key = destination.element
        if elements("guarded" + digit)[key] != nil {
            let isAdmitted = elements("admitted" + digit).keys.contains { element in
                element.hasPrefix(key + " . ") && Self.contains(element.components(" . ")[3], source)
            }
            if !isAdmitted { return ["drop"] }
        }
        if let verdict = elements("services" + digit)[key] {
            let fates = follow(verdict.words, source, isOwn, destination)
            return Set(fates.map { isHairpin($0, source, digit) ? "\($0) m" : $0 })
        }
        if elements("cluster-ips" + digit)["\(destination.address)"] != nil {
            return ["reject"]
        }
        let isService = elements("service-ranges" + digit).keys.contains {
            Self.contains($0[...], destination.address)
        }
        return isService ? ["drop"] : []
    }

    private func isHairpin(_ fate: String, _ source: IPAddress, _ digit: String) -> Bool {
        fate.hasPrefix(Socket(source, 0, .tcp).description.dropLast()) && !fate.hasSuffix(" m")
            && elements("hairpins" + digit)["\(source) . \(source)"] != nil
    }

    private static func contains(_ range: Substring, _ address: IPAddress) -> Bool {
        CIDR(String(range)).map { $0.contains(address) } ?? false
    }

    /// The statements of a rule, or a verdict.
    private func follow(
        _ words: [String], _ source: IPAddress, _ isOwn: Bool, _ destination: Socket, isMarked: Bool = false
    ) -> Set<String> {
        if words.starts(with: ["meta", "mark", "set", "meta", "mark", "or", Skeleton.mark]) {
            return follow(Array(words[7...]), source, isOwn, destination, isMarked: true)
        }
        if words.starts(with: ["meta", "l4proto"]), words[3] == "dnat" {
            return ["\(words[6])\(isMarked ? " m" : "")"]
        }
        switch words[0] {
        case "drop": return ["drop"]
        case "goto" where words[1] == Skeleton.rejection: return ["reject"]
        case "goto": return follow(chain: words[1], source, isOwn, destination, isMarked)
        case "numgen":
            // numgen random mod 2 vmap { 0 : goto a, 1 : goto b }
            let chains = words.indices.filter { words[$0] == "goto" }.map { words[$0 + 1] }
            guard chains.count == Int(words[3]) else { return ["not every number: \(words)"] }
            return Set(chains.flatMap { follow(chain: $0, source, isOwn, destination, isMarked) })
        case "dnat":
            let place = words.firstIndex(of: "mod").map { $0 + 1 } ?? 0
            let offset = words[place + 1] == "offset" ? Int(words[place + 2]) ?? 0 : 0
            let map = elements(String(words.last?.dropFirst() ?? ""))
            return Set(
                (0..<(Int(words[place]) ?? 0)).map { number in
                    let key = "\(destination.address) . \(destination.port) . \(offset + number)"
                    guard let target = map[key]?.components(" . ") else { return "no endpoint \(key)" }
                    return
                        "\(target[0].contains(":") ? "[\(target[0])]" : target[0]):\(target[1])\(isMarked ? " m" : "")"
                })
        default: return ["unknown: \(words)"]
        }
    }

    private func follow(
        chain: String, _ source: IPAddress, _ isOwn: Bool, _ destination: Socket, _ isMarked: Bool
    ) -> Set<String> {
        for rule in chains[chain] ?? [] {
            var words = rule.words
            if words[0] == "update" { continue }
            if words[0] == "fib" {
                guard isOwn else { continue }
                words.removeFirst(4)
            } else if words.dropFirst().first == "saddr" {
                let ranges = elements(String(words[2].dropFirst())).keys
                // Sets of clients are empty: nobody has come before.
                guard ranges.contains(where: { Self.contains($0[...], source) }) else { continue }
                words.removeFirst(3)
            }
            return follow(words, source, isOwn, destination, isMarked: isMarked)
        }
        return ["falls through \(chain)"]
    }
}

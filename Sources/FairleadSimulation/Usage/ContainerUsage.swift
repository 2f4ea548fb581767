import FairleadModel

/// What a simulated container uses, made up from what it is and does. Pure: the same at the same moment.
///
/// Annotations decide first, then a program that is known to work (`stress`), then the requests that a server has
/// answered; a container that does nothing uses a little. No container exceeds its limits.
struct ContainerUsage: Hashable, Sendable {
    /// Billionths of a core.
    var nanoCores: Int64
    /// The working set, in bytes.
    var memory: Int64

    static let none = ContainerUsage(nanoCores: 0, memory: 0)
    /// Over how many seconds usage is measured.
    static let window: Int64 = 15

    static func + (left: ContainerUsage, right: ContainerUsage) -> ContainerUsage {
        ContainerUsage(nanoCores: left.nanoCores +| right.nanoCores, memory: left.memory +| right.memory)
    }

    init(nanoCores: Int64, memory: Int64) {
        self.nanoCores = nanoCores
        self.memory = memory
    }

    /// - Parameters:
    ///   - rate: how many requests it answers in a second.
    init(pod: Value, spec: Value, rate: Double, now: Timestamp) {
        let cpuRequest = Self.amount(spec, "requests", "cpu")
        let memoryRequest = Self.amount(spec, "requests", "memory")
        let annotations = pod.annotations
        let said = Self.said(annotations[SimulationKeys.cpuUsage], spec.text("name"), of: cpuRequest?.milliValue ?? 100)
        let saidMemory = Self.said(
            annotations[SimulationKeys.memoryUsage], spec.text("name"), of: memoryRequest?.value ?? 64 << 20,
            inMilli: false)
        let work = StressWork(spec)
        let moment = now.seconds / Self.window
        let noise = Self.noise("\(pod.uid)/\(spec.text("name"))", moment)
        // From one to two thousandths of a core, or a hundredth of what it wants.
        let idle = max(1_000_000, (cpuRequest?.milliValue ?? 0) *| 10_000)
        let served = Int64(min(rate * Self.cost(of: spec.text("image")), 1e15))
        nanoCores = said.map { $0 *| 1_000_000 } ?? ((work?.nanoCores ?? 0) +| idle +| served +| idle / 100 *| noise)
        let size = Self.noise("\(spec.text("image"))/\(spec.text("name"))", 0)
        let resting = max((4 << 20) + size *| (160 << 10), (memoryRequest?.value ?? 0) / 100 *| 30)
        let grown = Int64(min(rate * 32_768, 256e6))
        memory = saidMemory ?? ((work?.memory ?? 0) +| resting +| grown)
        if let limit = Self.amount(spec, "limits", "cpu"), !limit.isZero {
            nanoCores = min(nanoCores, limit.milliValue *| 1_000_000)
        }
        if let limit = Self.amount(spec, "limits", "memory"), !limit.isZero { memory = min(memory, limit.value) }
        nanoCores = max(nanoCores, 0)
        memory = max(memory, 0)
    }

    private static func amount(_ spec: Value, _ list: String, _ resource: String) -> Quantity? {
        spec.at("resources", list, resource)?.string.flatMap { Quantity($0) }
    }

    /// Nanoseconds of a core for one request.
    private static func cost(of image: String) -> Double {
        image.contains("hpa-example") || image.contains("php-apache") ? 10_000_000 : 400_000
    }

    /// Reads `250m`, `80%` (of the request), or `web=250m,sidecar=10m`. Thousandths, or whole units.
    static func said(_ text: String?, _ container: String, of request: Int64, inMilli: Bool = true) -> Int64? {
        guard let text else { return nil }
        for part in text.split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1).map(\.trimmingSpaces)
            if pair.count == 2, pair[0] != container { continue }
            guard let word = pair.last else { continue }
            if word.hasSuffix("%") {
                guard let percent = Double(word.dropLast()), percent >= 0, percent.isFinite else { continue }
                return Int64(min(Double(request) * percent / 100, 9e15))
            }
            guard let amount = Quantity(word), !amount.isNegative else { continue }
            return min(inMilli ? amount.milliValue : amount.value, 1 << 50)
        }
        return nil
    }

    /// From 0 to 99, the same for the same name and moment.
    private static func noise(_ name: String, _ moment: Int64) -> Int64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "\(name)@\(moment)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return Int64((hash >> 33) % 100)
    }
}

/// What the command line of `stress` and its like asks for.
struct StressWork: Hashable, Sendable {
    var nanoCores: Int64
    var memory: Int64

    /// nil if the container runs something else.
    init?(_ spec: Value) {
        let words = spec.texts("command") + spec.texts("args")
        let isNamed = words.contains { $0.hasSuffix("stress") || $0.hasSuffix("stress-ng") }
        guard isNamed || spec.text("image").contains("stress") else { return nil }
        var cores: Int64 = 0
        var workers: Int64 = 0
        var bytes: Int64 = 256 << 20
        var hasMemory = false
        var rest = words[...]
        while let word = rest.popFirst() {
            var value = rest.first ?? ""
            var name = word
            if let mark = word.firstIndex(of: "="), word.hasPrefix("-") {
                name = String(word[..<mark])
                value = String(word[word.index(after: mark)...])
            }
            switch name {
            case "-c", "--cpu", "-cpus", "--cpus": cores = Int64(value) ?? cores
            case "-m", "--vm": workers = Int64(value) ?? workers
            case "--vm-bytes", "-mem-total", "--mem-total":
                bytes = Self.bytes(value) ?? bytes
                hasMemory = name != "--vm-bytes"
            default: break
            }
        }
        // Taking memory is work, too.
        nanoCores = min(max(cores, 0) +| max(workers, 0), 1024) *| 1_000_000_000
        memory = (hasMemory ? 1 : max(workers, 0)) *| bytes
    }

    private static func bytes(_ text: String) -> Int64? {
        let units: [Character: String] = ["b": "", "k": "Ki", "m": "Mi", "g": "Gi", "K": "Ki", "M": "Mi", "G": "Gi"]
        if let last = text.last, let unit = units[last] { return Quantity(text.dropLast() + unit)?.value }
        return Quantity(text)?.value
    }
}

import Logging

/// The networks as they are, and how they become what a plan says. Lives on the lab's thread; every call blocks.
///
/// A command of `ip` that fails is logged and tried again with the next plan.
struct LabNetwork: Sendable {
    private struct Applied: Sendable {
        var identity: String
        var items: [NetworkItem] = []
    }

    private let folder: LabFolder
    private let ip: String
    private let nft: String
    private let logger: Logger
    private var applied: [String: Applied] = [:]

    init(folder: LabFolder, ip: String, nft: String, logger: Logger) {
        self.folder = folder
        self.ip = ip
        self.nft = nft
        self.logger = logger
    }

    /// The namespaces that do not exist any more once `plan` is applied: sockets in them must be closed.
    func leaving(_ plan: LabPlan) -> Set<String> {
        Set(applied.filter { plan.namespaces[$0.key]?.identity != $0.value.identity }.keys)
    }

    /// - Returns: whether everything succeeded.
    mutating func apply(_ plan: LabPlan) -> Bool {
        var isComplete = true
        let leaving = leaving(plan)
        // Cables are cut before their ends disappear: then it happens at once.
        for (name, wanted) in plan.namespaces.sorted(by: { $0.key < $1.key }) where !leaving.contains(name) {
            guard let old = applied[name] else { continue }
            let lines = wanted.removals(from: old.items)
            if lines.isEmpty { continue }
            _ = run(lines, in: name, isLogged: false)
            applied[name]?.items = wanted.kept(of: old.items)
        }
        for name in leaving.sorted() {
            applied[name] = nil
            note { try Namespaces.remove(folder.namespace(name)) }
        }
        for (name, wanted) in plan.namespaces.sorted(by: { $0.key < $1.key }) where applied[name] == nil {
            if create(name, wanted) { applied[name] = Applied(identity: wanted.identity) } else { isComplete = false }
        }
        // Links come to be in the bridge's namespace and in those of nodes, before their other ends get addresses.
        let order = plan.namespaces.keys.sorted { (rank($0, plan), $0) < (rank($1, plan), $1) }
        for name in order {
            guard let wanted = plan.namespaces[name], let old = applied[name] else { continue }
            let items = wanted.additions(to: old.items)
            if items.isEmpty { continue }
            let failed = run(items.map(\.add), in: name, isLogged: true)
            if !failed.isEmpty { isComplete = false }
            let done = Set(items.indices.filter { !failed.contains($0) }.map { items[$0] })
            applied[name]?.items = wanted.items.filter { done.contains($0) || old.items.contains($0) }
        }
        return isComplete
    }

    private func rank(_ name: String, _ plan: LabPlan) -> Int {
        if name == plan.names.fabric { return 0 }
        return plan.namespaces[name]?.identity == "node" ? 1 : 2
    }

    private func create(_ name: String, _ plan: NamespacePlan) -> Bool {
        let path = folder.namespace(name)
        return note {
            try Namespaces.create(path)
            try Namespaces.inside(path) {
                for (setting, value) in plan.settings.sorted(by: { $0.key < $1.key }) {
                    try Namespaces.set(setting, to: value)
                }
                if plan.filter.isEmpty { return }
                let result = try Programs.run(nft, ["-f", "-"], input: plan.filter)
                if result.status != 0 {
                    logger.error(
                        "nft refuses a pod's rule: it listens on no port",
                        metadata: ["namespace": .string(name), "output": .string(result.output)])
                }
            }
        }
    }

    /// Runs lines of `ip -batch`. Returns the places of those that failed.
    private func run(_ lines: [String], in name: String, isLogged: Bool) -> Set<Int> {
        var failed = Set(lines.indices)
        note {
            let result = try Namespaces.inside(folder.namespace(name)) {
                try Programs.run(ip, ["-force", "-batch", "-"], input: lines.joined(separator: "\n") + "\n")
            }
            failed = IPBatch.failedLines(result.output, of: lines.count, status: result.status)
            guard isLogged, let first = failed.min() else { return }
            logger.error(
                "ip refuses \(failed.count) of \(lines.count) commands",
                metadata: [
                    "namespace": .string(name), "first": .string(lines[first]),
                    "output": .string(String(result.output.prefix(500))),
                ])
        }
        return failed
    }

    @discardableResult
    private func note(_ work: () throws -> Void) -> Bool {
        do {
            try work()
            return true
        } catch {
            logger.error("a part of the lab's network cannot be changed", metadata: ["error": .string("\(error)")])
            return false
        }
    }
}

/// What `ip -force -batch` says of the lines that failed: `Command failed -:3`.
enum IPBatch {
    static func failedLines(_ output: String, of count: Int, status: Int32) -> Set<Int> {
        var failed: Set<Int> = []
        for line in output.split(separator: "\n") where line.hasPrefix("Command failed") {
            guard let colon = line.lastIndex(of: ":"), let number = Int(line[line.index(after: colon)...]),
                (1...count).contains(number)
            else { continue }
            failed.insert(number - 1)
        }
        // It did not run at all.
        if failed.isEmpty, status != 0 { return Set(0..<count) }
        return failed
    }
}

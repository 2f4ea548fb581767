import Foundation
import Testing

/// Numbers that clients set are counted with `+| -| *|` (FairleadModel/Numbers), or by the types that own them.
struct NumberRulesTests {
    /// Where bare arithmetic stays, by a part of the line; why it cannot trap stands beside it.
    static let allowed: [String: [String]] = [
        // The types that own such numbers.
        "FairleadModel/Quantity.swift": ["static func +", "static func -"],
        "FairleadModel/ResourceAmounts.swift": ["Quantity(0)) - amount"],
        "FairleadExpressions/RuleFunctions.swift": ["Quantity(other))"],
        "FairleadModel/SaturatingArithmetic.swift": ["-limit), limit"],
        "FairleadModel/Timestamp.swift": ["seconds - days * 86_400"],
        // How many nodes a document has; a client cannot send that many.
        "FairleadModel/YAMLComposer.swift": ["expanded += extent.weight", "weight += "],
        // Counts of nodes.
        "FairleadControllers/DaemonSetReconciler.swift": ["desired += 1", "desired - available"],
        // The store's own counter.
        "FairleadStorage/Transaction.swift": ["revision - Int64(operations"],
        "FairleadStorage/SQLiteWriter.swift": ["heads.revision + transaction"],
        "FairleadStorage/MemoryEngine.swift": ["state.revision += transaction"],
        // What a file says is refused beyond half of what the type can count to.
        "FairleadStorage/SQLiteRepair.swift": ["numbers.revision += 1"],
        "FairleadStorage/SQLiteLoading.swift": ["state.revision += 1"],
        "FairleadStorage/VersionRow.swift": ["1...revision ~= createRevision"],
        // Cut to a century there and then.
        "FairleadAPI/WatchStream.swift": ["min(seconds, 100 * 366", "opened + timeout"],
        // Flags, checked where they are read.
        "fairlead/Serve.swift": [".seconds(try seconds("],
        // The machine's clock.
        "FairleadHTTP/HTTPDate.swift": ["unixSeconds"],
    ]

    @Test
    func clientNumbersMeetNoArithmeticThatTraps() throws {
        var unused = Set(Self.allowed.flatMap { path, parts in parts.map { "\(path) \($0)" } })
        for module in ModuleTableTests.allowed.keys.sorted() {
            for file in try ModuleTableTests.swiftFiles(of: module) {
                let path = "\(module)/\(file.lastPathComponent)"
                let lines = try String(contentsOf: file, encoding: .utf8).split(
                    separator: "\n", omittingEmptySubsequences: false)
                for (index, line) in lines.enumerated() {
                    guard let complaint = NumberRule.complaint(about: String(line)) else { continue }
                    if let part = Self.allowed[path]?.first(where: { line.contains($0) }) {
                        unused.remove("\(path) \(part)")
                    } else {
                        Issue.record("\(path):\(index + 1): \(complaint): use +| -| *| or a saturating conversion")
                    }
                }
            }
        }
        #expect(unused.isEmpty, "allowed without need")
    }

    @Test(arguments: [
        "let room = spec.replicas + surge", "total -= quantity", "let next = (status[\"restartCount\"]?.int ?? 0) + 1",
        "return UInt16(port.int ?? 0)", "end = now + .seconds(timeoutSeconds)", "for index in 0..<replicas {",
        "ordinals: first..<(first + replicas)", "return (percent * total + 99) / 100", "wait = limit - graceSeconds",
        "let code = Int32(object.generation)", "sum = sum + set.maxUnavailable", "let end = min(replicas, 10) + 1",
        "timer = .seconds(options.timeout ?? 60)",
    ])
    func theRuleFindsThem(line: String) { #expect(NumberRule.complaint(about: line) != nil) }

    @Test(arguments: [
        "let room = spec.replicas +| surge", "// spec.replicas + surge", "let text = \"replicas + surge\"",
        "let all = replicas.count + 1", "let port = Int32(clamping: generation)",
        "static let lease = Duration.seconds(40)",
        "timer = .seconds(saturating: graceSeconds)", "names[start...]", "let x = index + 1",
    ])
    func theRuleLeavesTheRestAlone(line: String) { #expect(NumberRule.complaint(about: line) == nil) }
}

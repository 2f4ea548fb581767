import Foundation
import Testing

/// Rules of the house that the compiler does not hold (`CONTRIBUTING.md`).
struct HouseRulesTests {
    /// Files that start a task which nobody waits for: the name, and who ends it.
    private static let taskOwners = [
        // The answer to a request; the event loop that waits for it lives longer, and it does not outlive its deadline.
        "DeferredWork.swift": 1,
        // Of the process: it parses what is compiled in, and ends.
        "BuiltInTypes.swift": 1,
        // The owner itself: it keeps every task that it starts, and cancels them all when it stops.
        "TaskKeeper.swift": 1,
        // The same, on threads of its own.
        "EtcdTasks.swift": 1,
    ]

    /// Files with a `try?` that no comment explains: how many, and why that is well.
    private static let silentTries = [
        // Constant patterns, and the question whether a text is base64: yes or no is the answer.
        "StringFormat.swift": 8, "RuleText+formats.swift": 1,
        // A pattern that is none was refused when the definition was written; one of an older build holds nobody up.
        "StructuralSchema.swift": 1, "ValidationRule.swift": 2,
        // Whether the text can be read is the question.
        "RuleFunctions+text.swift": 5,
        // Cancellation is the only error, and ends what waits.
        "Store.swift": 1,
        // What is left of an attempt, and whose absence is as well.
        "SQLiteRepair.swift": 1,
        // Closing what is closed already.
        "DNSServer.swift": 5, "HTTPServer.swift": 2,
        // No answer is the answer of a server that cannot be asked.
        "StubLookup.swift": 2,
        // Defaults for what was stored; what cannot be normalised is shown as it is.
        "Watch.swift": 1,
        // nil is the answer: the caller refuses the text, or treats it as what it is not.
        "FieldSet+fieldsV1.swift": 2, "ScaleMapping.swift": 1, "PodEviction.swift": 1,
    ]

    /// A task without an owner goes on after whoever started it has gone: groups and `async let` do not.
    @Test func tasksHaveOwners() throws {
        let starts = try Regex(
            #"\bTask(\.detached|\.immediate)?\s*(\{|\((executorPreference|priority|name|operation))"#)
        try expect(Self.taskOwners, "starts a task that nobody owns") { lines, index in
            code(lines[index]).firstMatch(of: starts) != nil
        }
    }

    /// The compiler shall see what is shared: `Mutex`, values, and nothing that asks to be believed.
    @Test func sendabilityIsNeverClaimed() throws {
        try expect([:], "claims to be safe") { lines, index in
            let code = code(lines[index])
            return code.contains("@unchecked Sendable") || code.contains("nonisolated(unsafe)")
        }
    }

    /// An error that is thrown away has a reason beside it: on the line or one of the two above.
    @Test func nothingIsTriedInSilence() throws {
        let attempt = try Regex(#"\btry\?"#)
        try expect(Self.silentTries, "throws errors away and does not say why") { lines, index in
            guard code(lines[index]).firstMatch(of: attempt) != nil else { return false }
            return !lines[max(0, index - 2)...index].contains { $0.contains("//") }
        }
    }

    @Test(arguments: [
        ("Task { work() }", true), ("Task(executorPreference: loop) { }", true), ("Task.detached { }", true),
        ("Task.isCancelled", false), ("group.addTask { }", false), ("// Task { }", false),
    ])
    func theRuleForTasksSeesThem(line: String, isFound: Bool) throws {
        let starts = try Regex(
            #"\bTask(\.detached|\.immediate)?\s*(\{|\((executorPreference|priority|name|operation))"#)
        #expect((code(line[...]).firstMatch(of: starts) != nil) == isFound)
    }

    // MARK: - looking

    private func code(_ line: Substring) -> Substring { line.range(of: "//").map { line[..<$0.lowerBound] } ?? line }

    /// Fails for every file that breaks the rule in more places than it may, or may in more than it does.
    private func expect(
        _ allowed: [String: Int], _ complaint: String, breaks: (_ lines: [Substring], _ index: Int) -> Bool
    ) throws {
        let folder = ModuleTableTests.root.appending(path: "Sources")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var found: [String: Int] = [:]
        var looked = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            looked += 1
            let lines = try String(contentsOf: file, encoding: .utf8).split(
                separator: "\n", omittingEmptySubsequences: false)
            for index in lines.indices where breaks(lines, index) {
                let name = file.lastPathComponent
                found[name, default: 0] += 1
                if found[name, default: 0] > allowed[name, default: 0] {
                    Issue.record("\(name):\(index + 1) \(complaint): \(lines[index])")
                }
            }
        }
        #expect(looked > 100)
        for (name, count) in allowed where found[name, default: 0] < count {
            Issue.record("\(name): the exception is not needed any more")
        }
    }
}

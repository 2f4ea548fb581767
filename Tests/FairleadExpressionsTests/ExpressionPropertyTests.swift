import FairleadModel
import FairleadRandomTesting
import Foundation
import Testing

@testable import FairleadExpressions

/// What holds for every expression whose types are right.
struct ExpressionPropertyTests {
    /// `scripts/fuzz-expressions` tries others, for longer.
    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment["FAIRLEAD_EXPRESSIONS_FUZZ_\(name)"].flatMap { UInt64($0) }
    }
    private static let count = 4_000

    /// So many rounds, or as many as there is time for.
    private func rounds(_ body: (Int, inout RandomExpressions) -> Void) {
        var random = RandomExpressions(seed: Self.setting("SEED") ?? 17)
        let end = Self.setting("SECONDS").map { SuspendingClock.now + .seconds(saturating: Double($0)) }
        var number = 0
        while end.map({ SuspendingClock.now < $0 }) ?? (number < Self.count) {
            body(number, &random)
            number += 1
        }
        if end != nil { print("\(number) expressions") }
    }

    @Test func wellTypedExpressionsEvaluateAtNoMoreThanTheEstimate() {
        let names = [
            "self": RuleChecker.Binding(
                type: .object(RandomExpressions.declaration), declaration: RandomExpressions.declaration)
        ]
        var (values, tried) = (0, 0)
        rounds { number, random in
            tried += 1
            let kind = RandomExpressions.Kind.allCases[number % RandomExpressions.Kind.allCases.count]
            let text = random.expression(kind)
            let part: RuleChecker.Part
            do throws(RuleIssues) {
                var checker = RuleChecker(names)
                guard let checked = checker.check(try RuleParser.syntax(text)) else { throw RuleIssues(checker.issues) }
                part = checked
            } catch {
                Issue.record("\(text): \(error.list.map(\.message))")
                return
            }
            for _ in 0..<2 {
                let data = random.data()
                var evaluation = RuleEvaluation(["self": .plain(data)])
                do throws(RuleError) {
                    let value = try evaluation.evaluate(part.expression)
                    values += 1
                    #expect(Self.fits(value, kind), "\(text) gives a \(value.typeName) of \(data)")
                } catch {
                    #expect(
                        error != .noOverload && !error.message.hasPrefix("undeclared"), "\(text) of \(data): \(error)")
                }
                #expect(
                    Double(evaluation.cost.charged) <= part.estimate.cost,
                    "\(text) costs \(evaluation.cost.charged) of \(part.estimate.cost) with \(data)")
            }
        }
        #expect(values > tried / 2)
    }

    private static func fits(_ value: RuleValue, _ kind: RandomExpressions.Kind) -> Bool {
        let wanted =
            switch kind {
            case .bool: "bool"
            case .int: "int"
            case .uint: "uint"
            case .double: "double"
            case .string: "string"
            case .bytes: "bytes"
            case .timestamp: "google.protobuf.Timestamp"
            case .duration: "google.protobuf.Duration"
            case .ints, .strings: "list"
            case .map: "map"
            case .optional: "optional_type"
            }
        return value.typeName == wanted
    }

    /// What is no expression is refused, and nothing worse.
    @Test func damagedExpressionsDoNoHarm() {
        let pieces = [
            "(", ")", "[", "]", "{", "}", "'", "\"", "\\", ".", ",", "?", ":", "&&", "||", "\u{0}", "é", "`", "0x",
            "1e", "in", "\n", "//", "r'", "b\"", "9223372036854775808",
        ]
        rounds { number, random in
            var scalars = Array(random.expression(RandomExpressions.Kind.allCases[number % 12]).unicodeScalars)
            for _ in 0...Int.random(in: 0..<4, using: &random.numbers) where !scalars.isEmpty {
                let place = Int.random(in: 0..<scalars.count, using: &random.numbers)
                if Bool.random(using: &random.numbers) {
                    scalars.remove(at: place)
                } else {
                    scalars.insert(
                        contentsOf: (pieces.randomElement(using: &random.numbers) ?? "").unicodeScalars, at: place)
                }
            }
            let text = String(String.UnicodeScalarView(scalars))
            let rule = ValidationRule(["rule": .string(text)], RandomExpressions.declaration)
            var budget = RuleBudget()
            _ = rule.complaint(about: random.data(), old: nil, &budget)
            let report = RuleCompiler(RandomExpressions.declaration, isOldOptional: false).report(onRule: text)
            #expect(report.refusal != nil || rule.isEvaluated, "\(text)")
        }
    }
}

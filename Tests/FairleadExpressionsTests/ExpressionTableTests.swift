import FairleadModel
import Testing

@testable import FairleadExpressions

struct ExpressionTableTests {
    /// Lets everybody read Deployments, and one user a path.
    private struct Access: RuleAuthorizer {
        func decide(_ question: RuleQuestion) -> RuleDecision {
            if question.path == "/healthz", question.serviceAccount == nil { return RuleDecision(isAllowed: true) }
            if question.group == "apps", question.resource == "deployments", question.verb == "get" {
                return RuleDecision(isAllowed: true)
            }
            return RuleDecision(isAllowed: false, reason: "not for you")
        }
    }

    private func compile(_ text: String) throws(RuleIssues) -> RuleChecker.Part {
        var checker = RuleChecker(["authorizer": .init(type: .authorizer)])
        if let part = checker.check(try RuleParser.syntax(text)) { return part }
        throw RuleIssues(checker.issues)
    }

    private func evaluate(_ text: String) throws -> RuleValue {
        let part = try compile(text)
        var evaluation = RuleEvaluation(["authorizer": .access(RuleAccess(authorizer: Access()))])
        let result = Result { () throws(RuleError) in try evaluation.evaluate(part.expression) }
        #expect(Double(evaluation.cost.charged) <= part.estimate.cost, "\(text) costs more than was estimated")
        return try result.get()
    }

    @Test func thereAreEnoughOfThem() { #expect(ExpressionTable.rows.count >= 400) }

    @Test(arguments: ExpressionTable.rows)
    func expressionsGiveWhatTheyShould(_ row: ExpressionTable.Row) throws {
        switch row.outcome {
        case .value(let text):
            let (value, wanted) = (try evaluate(row.expression), try evaluate(text))
            var steps = RuleCost().steps
            #expect(RuleFunctions.equal(value, wanted, &steps), "\(row.expression) gives \(value)")
            #expect(value.typeName == wanted.typeName, "\(row.expression) gives a \(value.typeName)")
        case .error(let words):
            #expect(throws: RuleError(words), "\(row.expression)") { try evaluate(row.expression) }
        case .refusal(let words):
            do throws(RuleIssues) {
                _ = try compile(row.expression)
                Issue.record("\(row.expression) is taken")
            } catch {
                #expect(error.list.first?.message == words, "\(row.expression)")
            }
        }
    }
}

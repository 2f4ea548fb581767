import FairleadModel

/// An expression of a policy, ready to be evaluated.
package struct AdmissionExpression: Sendable {
    /// As it was written.
    package let text: String
    let expression: RuleExpression
    /// Whether it asks the authorizer.
    package let asksAuthorizer: Bool
}

/// Compiles the expressions of admission policies and of the match conditions of webhooks.
///
/// Reference: Kubernetes documentation, "Validating Admission Policy", "Common Expression Language in Kubernetes";
/// k8s.io/apiserver `pkg/admission/plugin/cel`.
package struct AdmissionCompiler: Sendable {
    /// What an expression must give.
    package enum Result: Sendable {
        case anything, bool, string, stringOrNull, object, patches

        var types: [RuleType] {
            switch self {
            case .anything: []
            case .bool: [.bool]
            case .string: [.string]
            case .stringOrNull: [.string, .null]
            case .object: [.opaque(RuleMessage.object)]
            case .patches: [.list(.opaque(RuleMessage.patch))]
            }
        }
    }

    /// Why an expression is refused, in Kubernetes' words.
    package struct Refusal: Error, Sendable {
        package let text: String
        /// The text without what says that it is about compilation.
        package let issues: String
    }

    private var names: [String: RuleChecker.Binding]
    private var variableTypes: [String: RuleType]?
    private(set) var variables: [String: RuleVariables.Variable] = [:]
    private let hasMutations: Bool

    /// - Parameters:
    ///   - object: what is known of `object` and `oldObject`; nil if they may be anything.
    ///   - hasVariables: whether there is a name `variables`.
    ///   - hasMutations: whether expressions make objects and patches.
    package init(
        hasParams: Bool = false, hasAuthorizer: Bool = true, hasVariables: Bool = false, hasMutations: Bool = false,
        hasNamespace: Bool = true, object: RuleDeclaration? = nil, params: RuleDeclaration? = nil
    ) {
        func binding(_ declaration: RuleDeclaration?) -> RuleChecker.Binding {
            RuleChecker.Binding(type: declaration?.type ?? .dyn, declaration: declaration)
        }
        names = [
            "object": binding(object), "oldObject": binding(object),
            "request": binding(AdmissionDeclarations.request),
        ]
        if hasNamespace { names["namespaceObject"] = binding(AdmissionDeclarations.namespace) }
        if hasParams { names["params"] = binding(params) }
        if hasAuthorizer { Self.addAuthorizer(&names) }
        if hasVariables { variableTypes = [:] }
        self.hasMutations = hasMutations
    }

    private static let requestResource = "authorizer.requestResource"

    private static func addAuthorizer(_ names: inout [String: RuleChecker.Binding]) {
        names["authorizer"] = RuleChecker.Binding(type: .authorizer)
        names[requestResource] = RuleChecker.Binding(type: .resourceCheck)
    }

    /// The same without the authorizer: messages may not ask it.
    package var withoutAuthorizer: AdmissionCompiler {
        var copy = self
        copy.names["authorizer"] = nil
        copy.names[Self.requestResource] = nil
        return copy
    }

    /// Compiles a variable, which the expressions that follow may read.
    package mutating func declare(variable name: String, _ text: String) throws(Refusal) {
        do throws(Refusal) {
            let part = try part(text)
            variableTypes?[name] = part.type.bounded
            variables[RuleVariables.name(name)] = RuleVariables.Variable(name: name, expression: part.expression)
        } catch {
            variableTypes?[name] = .dyn
            throw error
        }
    }

    package func compile(_ text: String, _ result: Result) throws(Refusal) -> AdmissionExpression {
        let part = try part(text)
        let types = result.types
        if !types.isEmpty, !types.contains(part.type) {
            let wanted =
                types.count == 1
                ? "\(types[0])" : "one of [\(types.map { $0 == .null ? "null_type" : "\($0)" }.joined(separator: " "))]"
            let words = "must evaluate to \(wanted) but got \(part.type)"
            throw Refusal(text: words, issues: words)
        }
        return AdmissionExpression(
            text: text, expression: part.expression,
            asksAuthorizer: part.expression.reads("authorizer") || part.expression.reads(Self.requestResource))
    }

    private func part(_ text: String) throws(Refusal) -> RuleChecker.Part {
        do throws(RuleIssues) {
            let syntax = try RuleParser.syntax(text)
            var checker = RuleChecker(names, .init(variables: variableTypes, hasMutations: hasMutations))
            if let part = checker.check(syntax) { return part }
            throw RuleIssues(checker.issues)
        } catch {
            let issues = RuleIssue.text(of: error.list, in: text)
            throw Refusal(text: "compilation failed: " + issues, issues: issues)
        }
    }
}

extension AdmissionCompiler {
    /// Whether a variable may have a name.
    package static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
            name.unicodeScalars.allSatisfy(RuleLexer.isWord)
        else { return false }
        return !reserved.contains(name)
    }

    private static let reserved: Set<String> = [
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
        "let", "loop", "package", "namespace", "return", "var", "void", "while",
    ]
}

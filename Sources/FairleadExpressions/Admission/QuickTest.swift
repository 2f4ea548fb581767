import FairleadModel

/// A condition that only compares fields with texts, as most do. It is decided without an evaluation, which takes several
/// times as long, wherever all fields are there and hold texts; where they do not, the evaluation says what that means.
indirect enum QuickTest: Sendable {
    /// Whether the field holds one of the texts.
    case among(Path, [String])
    case not(QuickTest)
    case all([QuickTest])
    case any([QuickTest])

    /// `object.metadata.namespace`.
    struct Path: Sendable {
        let name: AdmissionEvaluation.Names.Plain
        let fields: [String]

        init?(_ expression: RuleExpression) {
            var fields: [String] = []
            var rest = expression
            while case .field(let container, let field, isOptional: false) = rest {
                fields.append(field)
                rest = container
            }
            guard case .name(let text) = rest, let name = AdmissionEvaluation.Names.Plain(rawValue: text),
                !fields.isEmpty
            else { return nil }
            self.name = name
            self.fields = fields.reversed()
        }

        func text(_ names: AdmissionEvaluation.Names) -> String? {
            var value = names[name]
            for field in fields {
                guard case .object(let object) = value, let member = object[field] else { return nil }
                value = member
            }
            return value.string
        }
    }

    /// - Returns: nil for an expression that is not that simple.
    init?(_ expression: RuleExpression) {
        switch expression {
        case .binary(.equal, let left, let right):
            guard let test = Self.comparison(left, right) ?? Self.comparison(right, left) else { return nil }
            self = test
        case .binary(.notEqual, let left, let right):
            guard let test = Self.comparison(left, right) ?? Self.comparison(right, left) else { return nil }
            self = .not(test)
        case .binary(.isIn, let element, .literal(.plain(.array(let list)))):
            let texts = list.compactMap(\.string)
            guard texts.count == list.count, let path = Path(element) else { return nil }
            self = .among(path, texts)
        case .binary(.isIn, let element, .list(let list)):
            let texts = list.compactMap { $0.isOptional ? nil : Self.text($0.value) }
            guard texts.count == list.count, let path = Path(element) else { return nil }
            self = .among(path, texts)
        case .not(let inner):
            guard let test = QuickTest(inner) else { return nil }
            self = .not(test)
        case .and(let operands):
            let tests = operands.compactMap { QuickTest($0) }
            guard tests.count == operands.count else { return nil }
            self = .all(tests)
        case .or(let operands):
            let tests = operands.compactMap { QuickTest($0) }
            guard tests.count == operands.count else { return nil }
            self = .any(tests)
        default: return nil
        }
    }

    private static func comparison(_ field: RuleExpression, _ literal: RuleExpression) -> QuickTest? {
        guard let text = text(literal), let path = Path(field) else { return nil }
        return .among(path, [text])
    }

    private static func text(_ expression: RuleExpression) -> String? {
        if case .literal(.plain(.string(let text))) = expression { text } else { nil }
    }

    /// - Returns: nil if it takes an evaluation to say.
    func holds(_ names: AdmissionEvaluation.Names) -> Bool? {
        switch self {
        case .among(let path, let texts):
            guard let text = path.text(names) else { return nil }
            return texts.contains { text.isSameBytes(as: $0) }
        case .not(let inner): return inner.holds(names).map { !$0 }
        case .all(let tests): return Self.decide(tests, names, decisive: false)
        case .any(let tests): return Self.decide(tests, names, decisive: true)
        }
    }

    /// One that decides does so whatever others come to.
    private static func decide(
        _ tests: [QuickTest], _ names: AdmissionEvaluation.Names, decisive: Bool
    ) -> Bool? {
        var isKnown = true
        for test in tests {
            switch test.holds(names) {
            case decisive: return decisive
            case nil: isKnown = false
            default: break
            }
        }
        return isKnown ? !decisive : nil
    }
}

/// Selects sets of labels: all requirements must hold; without requirements, every set matches.
///
/// Reference: Kubernetes documentation "Labels and Selectors"; k8s.io/apimachinery `labels`.
package struct LabelSelector: Sendable, Hashable, CustomStringConvertible {
    /// Sorted by key.
    package private(set) var requirements: [Requirement]
    /// Set for a selector that matches nothing at all (a null LabelSelector).
    private var matchesNothing = false
    /// For selectors with too many requirements to check one by one for every object.
    private let index: Index?

    package static let everything = LabelSelector(requirements: [])
    package static let nothing: LabelSelector = {
        var selector = LabelSelector(requirements: [])
        selector.matchesNothing = true
        return selector
    }()

    init(requirements: [Requirement]) {
        self.requirements = requirements.sorted { $0.key < $1.key }
        index = Index(requirements)
    }

    /// Every label must have exactly this value (the selector of a Service).
    package init(matchLabels: [String: String]) {
        self.init(requirements: matchLabels.map { Requirement(key: $0.key, op: .equals, values: [$0.value]) })
    }

    /// Parses the text form: `app=web,tier in (a,b),!canary`.
    package init(parsing text: String) throws(SelectorError) {
        var parser = LabelSelectorParser(text)
        self.init(requirements: try parser.requirements())
    }

    /// Converts a meta/v1 LabelSelector (`matchLabels`, `matchExpressions`): null matches nothing, `{}` everything.
    package init(labelSelector value: Value) throws(SelectorError) {
        guard case .object = value else {
            self = .nothing
            return
        }
        var requirements: [Requirement] = []
        for (key, value) in value["matchLabels"]?.stringMap.sorted(by: { $0.key < $1.key }) ?? [] {
            requirements.append(try Requirement(checking: key, .equals, [value]))
        }
        for expression in value["matchExpressions"]?.array ?? [] {
            let op: Requirement.Operator
            switch expression["operator"]?.string ?? "" {
            case "In": op = .in
            case "NotIn": op = .notIn
            case "Exists": op = .exists
            case "DoesNotExist": op = .doesNotExist
            case let other:
                throw SelectorError(message: "\(other.goQuoted) is not a valid label selector operator")
            }
            let values = expression["values"]?.array?.compactMap(\.string) ?? []
            requirements.append(try Requirement(checking: expression["key"]?.string ?? "", op, values))
        }
        self.init(requirements: requirements)
    }

    package func matches(_ labels: [String: String]) -> Bool {
        if matchesNothing { return false }
        return index?.matches(labels) ?? requirements.allSatisfy { $0.matches(labels) }
    }

    /// The same for the labels in an object's tree, without building a dictionary.
    package func matches(labelsOf object: Value) -> Bool {
        if matchesNothing { return false }
        if requirements.isEmpty { return true }
        let labels = object.at("metadata", "labels")
        if let index { return index.matches(labels?.stringMap ?? [:]) }
        return requirements.allSatisfy { $0.matches(label: labels?[$0.key]?.string) }
    }

    /// Whether there is no requirement, so that everything matches.
    package var isEmpty: Bool { requirements.isEmpty && !matchesNothing }

    package var description: String { requirements.map(\.description).joined(separator: ",") }
}

extension LabelSelector {
    package struct Requirement: Sendable, Hashable, CustomStringConvertible {
        package enum Operator: String, Sendable, Hashable {
            case `in` = "in"
            case notIn = "notin"
            case equals = "="
            case doubleEquals = "=="
            case notEquals = "!="
            case exists = "exists"
            case doesNotExist = "!"
            case greaterThan = "gt"
            case lessThan = "lt"
        }

        package let key: String
        package let op: Operator
        /// Sorted, without duplicates.
        package let values: [String]

        init(key: String, op: Operator, values: [String]) {
            self.key = key
            self.op = op
            self.values = Set(values).sorted()
        }

        /// Refuses keys and values that no label can have.
        init(checking key: String, _ op: Operator, _ values: [String]) throws(SelectorError) {
            self.init(key: key, op: op, values: values)
            var errors: [FieldError] = []
            let keyErrors = NameRules.qualifiedName(key)
            if !keyErrors.isEmpty {
                errors.append(.invalid(.root, .string(key), keyErrors.joined(separator: "; ")))
            }
            let list = Value.array(self.values.map(Value.string))
            switch op {
            case .in, .notIn:
                if values.isEmpty {
                    let text = "for 'in', 'notin' operators, values set can't be empty"
                    errors.append(.invalid(FieldPath("values"), list, text))
                }
            case .equals, .doubleEquals, .notEquals:
                if self.values.count != 1 {
                    let text = "exact-match compatibility requires one single value"
                    errors.append(.invalid(FieldPath("values"), list, text))
                }
            case .exists, .doesNotExist:
                if !values.isEmpty {
                    let text = "values set must be empty for exists and does not exist"
                    errors.append(.invalid(FieldPath("values"), list, text))
                }
            case .greaterThan, .lessThan:
                if self.values.count != 1 {
                    let text = "for 'Gt', 'Lt' operators, exactly one value is required"
                    errors.append(.invalid(FieldPath("values"), list, text))
                }
                for (index, value) in self.values.enumerated() where Int64(value) == nil {
                    let text = "for 'Gt', 'Lt' operators, the value must be an integer"
                    errors.append(.invalid(FieldPath("values").index(index), .string(value), text))
                }
            }
            for (index, value) in self.values.enumerated() {
                let messages = NameRules.labelValue(value)
                if messages.isEmpty { continue }
                let path = FieldPath("values").index(index).key(key)
                errors.append(.invalid(path, .string(value), messages.joined(separator: "; ")))
            }
            guard let first = errors.first else { return }
            let text = errors.map(\.description).joined(separator: ", ")
            throw SelectorError(message: errors.count == 1 ? first.description : "[\(text)]")
        }

        package func matches(_ labels: [String: String]) -> Bool { matches(label: labels[key]) }

        /// - Parameter label: the value of the label `key`; nil if there is none.
        func matches(label: String?) -> Bool {
            switch op {
            case .in, .equals, .doubleEquals: return label.map(values.contains) ?? false
            case .notIn, .notEquals: return label.map { !values.contains($0) } ?? true
            case .exists: return label != nil
            case .doesNotExist: return label == nil
            case .greaterThan, .lessThan:
                guard let number = label.flatMap({ Int64($0) }), let bound = values.first.flatMap({ Int64($0) }) else {
                    return false
                }
                return op == .greaterThan ? number > bound : number < bound
            }
        }

        package var description: String {
            let list = values.joined(separator: ",")
            switch op {
            case .in, .notIn: return "\(key) \(op.rawValue) (\(list))"
            case .equals, .doubleEquals, .notEquals: return key + op.rawValue + list
            case .exists: return key
            case .doesNotExist: return "!" + key
            case .greaterThan: return key + ">" + list
            case .lessThan: return key + "<" + list
            }
        }
    }
}

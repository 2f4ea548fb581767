package import FairleadModel

/// The evaluation of the expressions of one policy about one request.
package struct AdmissionEvaluation {
    /// What the names in expressions stand for.
    package struct Names: Sendable {
        /// The names that stand for plain data.
        enum Plain: String {
            case object, oldObject, request, namespaceObject, params
        }

        /// Made once, since all policies of a request look at them.
        fileprivate var values: [String: RuleValue]
        private var plain: Data

        /// In one place, since the names are handed on for each policy: a copy counts one reference instead of five.
        private struct Data: Sendable {
            private final class Storage: Sendable {
                let object, oldObject, request, namespace, params: Value

                init(_ object: Value, _ oldObject: Value, _ request: Value, _ namespace: Value, _ params: Value) {
                    self.object = object
                    self.oldObject = oldObject
                    self.request = request
                    self.namespace = namespace
                    self.params = params
                }
            }

            private var storage: Storage

            init(object: Value, oldObject: Value, request: Value, namespace: Value, params: Value) {
                storage = Storage(object, oldObject, request, namespace, params)
            }

            var object: Value {
                get { storage.object }
                set {
                    storage = Storage(newValue, storage.oldObject, storage.request, storage.namespace, storage.params)
                }
            }
            var oldObject: Value { storage.oldObject }
            var request: Value { storage.request }
            var namespace: Value { storage.namespace }
            var params: Value {
                get { storage.params }
                set {
                    storage = Storage(
                        storage.object, storage.oldObject, storage.request, storage.namespace, newValue)
                }
            }
        }

        /// - Parameters:
        ///   - object: null for a deletion.
        ///   - oldObject: null for a creation.
        ///   - namespace: null for what is in no namespace.
        ///   - requestResource: what `authorizer.requestResource` is about.
        package init(
            object: Value, oldObject: Value, request: Value, namespace: Value = .null, params: Value = .null,
            authorizer: (any RuleAuthorizer)? = nil, requestResource: RuleQuestion = RuleQuestion()
        ) {
            plain = Data(
                object: object, oldObject: oldObject, request: request, namespace: namespace, params: params)
            values = [
                "object": .plain(object), "oldObject": .plain(oldObject), "request": .plain(request),
                "namespaceObject": .plain(namespace), "params": .plain(params),
            ]
            guard let authorizer else { return }
            values["authorizer"] = .access(RuleAccess(authorizer: authorizer))
            values["authorizer.requestResource"] = .access(
                RuleAccess(authorizer: authorizer, stage: .resource, question: requestResource))
        }

        package var object: Value {
            get { plain.object }
            set {
                plain.object = newValue
                values["object"] = .plain(newValue)
            }
        }

        package var params: Value {
            get { plain.params }
            set {
                plain.params = newValue
                values["params"] = .plain(newValue)
            }
        }

        subscript(name: Plain) -> Value {
            switch name {
            case .object: plain.object
            case .oldObject: plain.oldObject
            case .request: plain.request
            case .namespaceObject: plain.namespace
            case .params: plain.params
            }
        }
    }

    /// Why there is no value.
    package enum Failure: Error, Sendable {
        /// The expression was stored although it does not compile.
        case uncompiled(String)
        /// In Kubernetes' words, with the expression.
        case failed(String)
        /// All expressions of the policy together have cost more than they may.
        case outOfBudget(String)

        package var text: String {
            switch self {
            case .uncompiled(let text), .failed(let text), .outOfBudget(let text): text
            }
        }
    }

    private var evaluation: RuleEvaluation

    /// - Parameter compiler: the one that knows the variables.
    package init(_ names: Names, _ compiler: AdmissionCompiler, budget: Int = RuleBudget.limit) {
        evaluation = RuleEvaluation(names.values, variables: RuleVariables(compiler.variables, budget: budget))
    }

    /// The object after a mutation.
    package mutating func bind(object: Value) { evaluation.bind("object", .plain(object)) }

    package mutating func evaluate(_ expression: AdmissionExpression) throws(Failure) -> AdmissionValue {
        evaluation.begin()
        let result = Result { () throws(RuleError) in try evaluation.evaluate(expression.expression) }
        let isPaid = Result { () throws(RuleError) in try evaluation.pay() }
        if case .failure(let error) = isPaid { throw .outOfBudget(error.message) }
        switch result {
        case .success(let value): return AdmissionValue(value: value)
        case .failure(let error):
            if error.kind == .outOfBudget { throw .outOfBudget(error.message) }
            throw .failed("expression '\(expression.text)' resulted in error: \(error.message)")
        }
    }
}

extension RuleEvaluation {
    /// Takes what the expression has cost from what is left for all.
    mutating func pay() throws(RuleError) { try variables.charge(cost.spent) }
}

/// What an expression of a policy gives.
package struct AdmissionValue: Sendable {
    let value: RuleValue

    package var isTrue: Bool { value.isTrue }
    package var text: String? { if case .plain(.string(let text)) = value { text } else { nil } }
    package var isNull: Bool { if case .plain(.null) = value { true } else { false } }
    package var typeName: String { value.typeName }

    /// Why a mutation could not be made of the value.
    package struct Mismatch: Error, Sendable {
        package let text: String
    }

    /// The configuration to apply.
    package func configuration() throws(Mismatch) -> Value {
        guard case .message = value else {
            throw Mismatch(text: "unsupported return type from ApplyConfiguration expression: \(value.typeName)")
        }
        if let why = RuleMessage.misnamed(value, at: RuleMessage.object) {
            throw Mismatch(text: "type mismatch: " + why)
        }
        guard let json = value.json else { throw Mismatch(text: "invalid return type: \(value.typeName)") }
        return json
    }

    /// The operations of a JSON patch.
    package func patch() throws(Mismatch) -> [Value] {
        guard let elements = value.elements else {
            throw Mismatch(text: "type mismatch: JSONPatchType.expression should evaluate to array")
        }
        var operations: [Value] = []
        for element in elements {
            guard case .message(let message) = element else {
                throw Mismatch(text: "type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch")
            }
            operations.append(try Self.operation(message))
        }
        return operations
    }

    private static func operation(_ message: RuleMessage) throws(Mismatch) -> Value {
        var operation: Object = ["op": "", "path": ""]
        for field in message.fields {
            if field.name == "value" {
                if case .message(let object) = field.value,
                    let why = RuleMessage.misnamed(field.value, at: object.type)
                {
                    throw Mismatch(text: "type mismatch: " + why)
                }
                guard let json = field.value.json else {
                    throw Mismatch(
                        text: "JSONPath valueExpression evaluated to a type that could not marshal to JSON: "
                            + field.value.typeName)
                }
                operation["value"] = json
            } else if case .plain(.string(let text)) = field.value {
                if field.name != "from" || !text.isEmpty { operation[field.name] = .string(text) }
            } else {
                throw Mismatch(text: "unexpected type \(field.value.typeName) for JSONPatch field '\(field.name)'")
            }
        }
        return .object(operation)
    }
}

import FairleadModel
import FairleadKindRules
import FairleadRules

/// The rules of Ingresses.
struct IngressStrategy: ResourceStrategy {
    let generationFields = ["spec"]

    /// The admission plugin DefaultIngressClass.
    func admit(_ object: inout Value, old: Value?, _ context: StrategyContext) throws(APIStatus) {
        guard old == nil, context.configuration.plugins.contains(.defaultIngressClass),
            object.at("spec", "ingressClassName") == nil,
            object.annotations[IngressValidation.classAnnotation] == nil,
            let name = DefaultClass.name(of: .ingressClasses, DefaultClass.ofIngresses, context)
        else { return }
        object.set(.string(name), at: "spec", "ingressClassName")
    }

    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object["status"] = ["loadBalancer": [:]]
    }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        IngressValidation.errors(for: object)
    }

    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        IngressValidation.errors(for: object, old: old)
    }

    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        IngressValidation.statusErrors(for: object, old: old)
    }

    func warnings(for object: Value, old: Value?) -> [String] {
        let annotation = IngressValidation.classAnnotation
        guard old == nil, object.annotations[annotation] != nil, object.at("spec", "ingressClassName") == nil else {
            return []
        }
        return ["annotation \(annotation.goQuoted) is deprecated, please use 'spec.ingressClassName' instead"]
    }

    func statusWarnings(for object: Value) -> [String] {
        let path = FieldPath("status", "loadBalancer", "ingress")
        return object.items("status", "loadBalancer", "ingress").enumerated().flatMap { index, entry in
            IPText.addressWarnings(entry.text("ip"), path.index(index).child("ip"))
        }
    }
}

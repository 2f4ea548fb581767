import FairleadKindRules
package import FairleadModel
package import FairleadStorage

/// core/v1 Service: a name, an address and ports for a set of pods.
///
/// Reference: Kubernetes API reference, "Service"; KEPs 563 (dual stack), 1669, 1860, 1880, 2086, 3070, 3668, 4444.
package struct ServiceStrategy: ResourceStrategy {
    package init() {}

    package func setDefaults(_ object: inout Value) { ServiceDefaults.apply(to: &object) }

    package func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {
        object["status"] = ["loadBalancer": [:]]
        ServiceCarryOver.dropInternalPolicy(of: &object)
    }

    /// Fields that the type no longer needs are dropped in `allocate`, which knows what the client omitted.
    package func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        var status = old["status"] ?? .object(Object())
        if ServiceSpec(of: object).isLoadBalancer {
            status.setDefault("loadBalancer", [:])
        } else {
            status["loadBalancer"] = [:]
        }
        object["status"] = status
        ServiceCarryOver.dropInternalPolicy(of: &object)
    }

    /// Guarantees that a stored Service holds exactly the addresses and ports that it shows: new ones are claimed and
    /// unused ones released in the transaction that writes it.
    package func allocate(
        _ object: inout Value?, old: Value?, in transaction: inout Transaction, _ context: StrategyContext
    ) throws(APIStatus) {
        guard var service = object else {
            return ServiceClaims(of: nil, replacing: old, context).add(to: &transaction)
        }
        let addresses = ClusterIPAllocator(context)
        var allocation = ServiceAllocation(of: service, old: old, addresses, context)
        service["spec"] = try allocation.run().value
        object = service
        ServiceClaims(of: service, replacing: old, context).add(to: &transaction, lender: addresses.lender)
    }

    package func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        ServiceValidation.errors(for: object)
    }

    package func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        ServiceUpdateValidation.errors(for: object, old: old) + ServiceValidation.errors(for: object)
    }

    package func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        ServiceStatusValidation.errors(for: object)
    }

    package func warnings(for object: Value, old: Value?) -> [String] { ServiceWarnings.texts(for: object) }

    package func statusWarnings(for object: Value) -> [String] { ServiceWarnings.statusTexts(for: object) }

    package func selectableFields(of object: Value) -> [String: String] {
        let spec = ServiceSpec(of: object)
        return ["spec.clusterIP": spec.clusterIP, "spec.type": spec.type]
    }
    package var selectableFieldNames: [String] { ["spec.clusterIP", "spec.type"] }

    package func nameErrors(_ name: String, isPrefix: Bool) -> [String] {
        NameRules.dns1123Label(isPrefix ? name.maskingTrailingDash : name)
    }

    package var answersDeletedObject: Bool { true }
    package var allowsCreateOnUpdate: Bool { true }
}

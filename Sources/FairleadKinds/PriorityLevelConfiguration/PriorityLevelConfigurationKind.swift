import FairleadModel
import FairleadKindRules

extension Kind {
    static let priorityLevelConfiguration = Kind(
        "PriorityLevelConfiguration", group: "flowcontrol.apiserver.k8s.io", resource: "prioritylevelconfigurations",
        isNamespaced: false, subresources: [.status("PriorityLevelConfiguration")], package: "flowcontrol.v1",
        storageHash: "Kir5PVfvNeI=", strategy: PriorityLevelConfigurationStrategy(),
        columns: TablePrinter([
            .name, TableColumn("Type"), TableColumn("NominalConcurrencyShares"), TableColumn("Queues"),
            TableColumn("HandSize"), TableColumn("QueueLengthLimit"), .age,
        ]) { subject in
            let limited = subject["spec", "limited"]
            let queuing = limited?.at("limitResponse", "queuing")
            func shown(_ value: Value?, _ name: String) -> Value { value.map { $0[name] ?? 0 } ?? "<none>" }
            return [
                subject.name, subject.text("spec", "type"), shown(limited, "nominalConcurrencyShares"),
                shown(queuing, "queues"), shown(queuing, "handSize"), shown(queuing, "queueLengthLimit"), subject.age,
            ]
        })
}

/// The rules of PriorityLevelConfigurations.
struct PriorityLevelConfigurationStrategy: ResourceStrategy {
    let generationFields = ["spec"]

    func setDefaults(_ object: inout Value) {
        object.change("spec") { spec in
            spec.change("exempt") { exempt in
                exempt.setDefault("nominalConcurrencyShares", 0)
                exempt.setDefault("lendablePercent", 0)
            }
            spec.change("limited") { limited in
                limited.setDefault("nominalConcurrencyShares", 30)
                limited.setDefault("lendablePercent", 0)
                limited.change("limitResponse") { response in
                    response.change("queuing") { queuing in
                        queuing.setDefaultNumber("queues", 64)
                        queuing.setDefaultNumber("handSize", 8)
                        queuing.setDefaultNumber("queueLengthLimit", 50)
                    }
                }
            }
        }
    }

    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) { object["status"] = [:] }

    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        PriorityLevelValidation.errors(for: object)
    }

    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        FlowSchemaValidation.conditionErrors(for: object)
    }
}

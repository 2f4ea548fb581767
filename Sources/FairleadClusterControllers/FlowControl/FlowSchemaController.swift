package import FairleadClient
import FairleadModel

/// Reports in the status of each FlowSchema whether its priority level exists.
package enum FlowSchemaController {
    package static let descriptor = ControllerDescriptor("priority-and-fairness-config-consumer", workers: 1) {
        (setup: ControllerSetup<String>, _: Void) in
        let schemas = setup.watch(.flowSchemas) { $0.isDeletion ? [] : [$0.name.name] }.lister
        let levels = setup.watch(.priorityLevelConfigurations) { change in
            guard change.isAddition || change.isDeletion else { return [] }
            return schemas.list().filter { priorityLevel(of: $0.value) == change.name.name }.map(\.key.name)
        }.lister
        let (client, now) = (setup.client, setup.now)
        return { name in
            guard let schema = schemas.get(namespace: "", name: name)?.value else { return .done }
            let level = priorityLevel(of: schema)
            let exists = levels.get(namespace: "", name: level) != nil
            let start = "This FlowSchema references the PriorityLevelConfiguration object named \"\(level)\""
            var conditions = Conditions(of: schema)
            conditions.set(
                "Dangling", !exists, reason: exists ? "Found" : "NotFound",
                message: exists ? "\(start) and it exists" : "\(start) but there is no such object", now: now())
            var status = schema["status"] ?? .object(Object())
            status["conditions"] = conditions.value
            try await client.updateStatus(.flowSchemas, of: schema, to: status)
            return .done
        }
    }

    private static func priorityLevel(of schema: Value) -> String {
        schema.text("spec", "priorityLevelConfiguration", "name")
    }
}

package import FairleadClient
import FairleadModel

/// Recreates the standard objects when they are deleted.
package enum StandardObjectsController {
    private struct Key: Hashable, Sendable {
        var resource: GroupVersionResource
        var name: String
    }

    package static let descriptor = ControllerDescriptor("priority-and-fairness-config-producer", workers: 1) {
        (setup: ControllerSetup<Key>, _: Void) in
        let items = Dictionary(
            StandardObjects.all.map { (Key(resource: $0.resource, name: $0.object.name), $0) }
        ) { first, _ in first }
        for resource in [GroupVersionResource.flowSchemas, .priorityLevelConfigurations, .apiServices] {
            setup.watch(resource) { change in
                let key = Key(resource: resource, name: change.name.name)
                return change.isDeletion && items[key] != nil ? [key] : []
            }
        }
        let objects = StandardObjects(client: setup.client)
        return { key in
            if let item = items[key] { try await objects.ensure(item) }
            return .done
        }
    }
}

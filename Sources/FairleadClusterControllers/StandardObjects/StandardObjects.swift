package import FairleadClient
package import FairleadModel

/// Cluster-scoped objects that every cluster has. They have no effect here: nothing is limited or routed by them. But
/// clients expect them.
package struct StandardObjects: Sendable {
    struct Item: Sendable {
        var resource: GroupVersionResource
        var object: Value
    }

    static let all = FlowControlObjects.all + LocalAPIServices.all

    private let client: any ObjectClient

    package init(client: any ObjectClient) { self.client = client }

    /// Creates the missing objects concurrently, so that their writes can share a disk sync.
    ///
    /// - Parameter report: called with every error, including those that are not about the objects, such as failing
    ///   storage: a cluster works without these objects.
    package func install(report: @escaping @Sendable (_ what: String, APIStatus) -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            for item in Self.all {
                group.addTask {
                    do throws(APIStatus) {
                        try await ensure(item)
                    } catch {
                        report("\(item.object.kind) \(item.object.name)", error)
                    }
                }
            }
        }
    }

    func ensure(_ item: Item) async throws(APIStatus) {
        let name = item.object.name
        if try await ignoringNotFound(await client.get(item.resource, namespace: "", name: name)) != nil { return }
        do throws(APIStatus) {
            _ = try await client.create(item.resource, namespace: "", item.object)
        } catch {
            if error.reason != "AlreadyExists" { throw error }
        }
    }
}

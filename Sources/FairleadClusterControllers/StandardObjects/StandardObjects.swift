package import FairleadClient
package import FairleadModel

/// Objects outside of all namespaces that every cluster has, and that stand for nothing here: nobody is limited by them,
/// and no request finds its way through them. Clients expect them.
package struct StandardObjects: Sendable {
    struct Item: Sendable {
        var resource: GroupVersionResource
        var object: Value
    }

    static let all = FlowControlObjects.all + LocalAPIServices.all

    private let client: any ObjectClient

    package init(client: any ObjectClient) { self.client = client }

    /// Makes what is missing, all at once: each write waits for the disk, and may wait together with the others.
    ///
    /// - Parameter report: called with what the API refused; what is not about the objects is told like that, too: a
    ///   cluster without these objects works.
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

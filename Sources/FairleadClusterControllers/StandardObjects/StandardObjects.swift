package import FairleadClient
package import FairleadModel

/// Cluster-scoped objects that every cluster has: how requests are shared out, and which API groups there are.
package struct StandardObjects: Sendable {
    struct Item: Sendable {
        var resource: GroupVersionResource
        var object: Value
    }

    static let all = FlowControlObjects.all + LocalAPIServices.all

    private let client: any ObjectClient
    private let servesMetrics: Bool

    /// - Parameter servesMetrics: whether the server answers for metrics.k8s.io, too.
    package init(client: any ObjectClient, servesMetrics: Bool = false) {
        self.client = client
        self.servesMetrics = servesMetrics
    }

    /// Creates the missing objects concurrently, so that their writes can share a disk sync.
    ///
    /// - Parameter report: called with every error, including those that are not about the objects, such as failing
    ///   storage: a cluster works without these objects.
    package func install(report: @escaping @Sendable (_ what: String, APIStatus) -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do throws(APIStatus) {
                    try await settleMetrics()
                } catch {
                    report("APIService \(LocalAPIServices.metrics.object.name)", error)
                }
            }
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

    /// Discovery and the APIServices agree on metrics.k8s.io, also if this server has started otherwise before.
    private func settleMetrics() async throws(APIStatus) {
        let item = LocalAPIServices.metrics
        if servesMetrics { return try await ensure(item) }
        let name = item.object.name
        guard let present = try await ignoringNotFound(await client.get(item.resource, namespace: "", name: name)),
            // Another one belongs to somebody who serves the group themselves.
            present.labels[APIServiceRegistration.label] == "onstart"
        else { return }
        try await ignoringNotFound(
            await client.delete(item.resource, namespace: "", name: name, options: DeleteOptions(uid: present.uid)))
    }

    /// Brings those up to date that nobody has taken over: whose annotation says so, or that have never been changed. Writes
    /// nothing if nothing differs.
    ///
    /// Reference: k8s.io/kubernetes `pkg/registry/flowcontrol/ensurer`.
    package func reconcile(report: @escaping @Sendable (_ what: String, APIStatus) -> Void) async {
        for item in FlowControlObjects.all {
            do throws(APIStatus) {
                try await update(item)
            } catch {
                report("\(item.object.kind) \(item.object.name)", error)
            }
        }
    }

    private func update(_ item: Item) async throws(APIStatus) {
        let name = item.object.name
        guard var object = try await ignoringNotFound(await client.get(item.resource, namespace: "", name: name)),
            object["spec"] != item.object["spec"]
        else { return }
        let annotation = object.at("metadata", "annotations", FlowControlObjects.follows)?.string
        guard annotation == nil ? object.at("metadata", "generation")?.int == 1 : annotation == "true" else { return }
        object["spec"] = item.object["spec"]
        object.set("true", at: "metadata", "annotations", FlowControlObjects.follows)
        do throws(APIStatus) {
            _ = try await client.update(item.resource, object)
        } catch {
            // Somebody else has changed it meanwhile, and takes it over.
            if error.reason != "Conflict" { throw error }
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

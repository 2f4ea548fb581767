package import FairleadDiscovery
package import FairleadModel
import FairleadStorage
import FairleadWebhooks

/// What the servers behind APIServices serve.
extension Aggregator {
    /// Asks the server of an APIService for its resources, as kube-aggregator does to find out whether it is available.
    ///
    /// - Returns: nil if it answers; else why the check has failed, in kube-aggregator's words.
    package func check(_ object: Value) async -> String? {
        guard let service = RemoteService(object) else { return nil }
        let snapshot = store.current
        let url = service.url(service.path, snapshot)
        func failed(_ why: String) -> String { "failing or missing response from \(url): \(why)" }
        do throws(WebhookFailure) {
            let answer = try await get(service.path, service, snapshot)
            guard (200...299).contains(answer.status) else {
                return failed("bad status from \(url): \(answer.status)")
            }
            if case .whole(let bytes) = answer.body { await learn(bytes, service, snapshot) }
            return nil
        } catch {
            return failed("Get \(url.goQuoted): \(error.reason)")
        }
    }

    private static let agent = UserInfo(name: "system:kube-aggregator", groups: [UserInfo.mastersGroup])

    private func get(
        _ path: String, _ service: RemoteService, _ snapshot: Snapshot
    ) async throws(WebhookFailure) -> RemoteCaller.Answer {
        try await caller.send(
            .init(
                method: "GET", target: path,
                headers: [(name: "Accept", value: "application/json")] + RemoteHeaders.identity(of: Self.agent)),
            to: service, flows: false, within: Self.checkLimit, snapshot)
    }

    private func learn(_ bytes: [UInt8], _ service: RemoteService, _ snapshot: Snapshot) async {
        let names = store.current.objects(RemoteService.resource, namespace: nil).map(\.value.name)
        catalog.keep(Set(names))
        // What is no list of resources serves requests all the same; it is only not shown.
        guard bytes.count <= Self.discoveryLimit, let list = try? JSON.parse(bytes).value,
            list["resources"]?.array != nil
        else { return }
        catalog.learn(service, resources: list, schema: await schema(of: service, snapshot))
    }

    /// Where the OpenAPI document of the version is; nil if the server has none.
    private func schema(of service: RemoteService, _ snapshot: Snapshot) async -> String? {
        let path = "/openapi/v3" + service.path
        do throws(WebhookFailure) {
            let answer = try await get("/openapi/v3", service, snapshot)
            // An index that cannot be read is none.
            guard answer.status == 200, case .whole(let bytes) = answer.body, bytes.count <= Self.discoveryLimit,
                let index = try? JSON.parse(bytes).value,
                let url = index.at("paths", "apis/\(service.place)", "serverRelativeURL")?.string
            else { return nil }
            return url.hasPrefix(path + "?") && url.utf8.count < 1024 ? url : path
        } catch {
            return nil
        }
    }

    package func contents() -> RemoteContents {
        let objects = store.current.objects(RemoteService.resource, namespace: nil).map(\.value)
        var contents = RemoteContents()
        for object in objects {
            if let service = RemoteService(object) {
                let known = catalog.entry(of: service)
                contents.versions.append(
                    RemoteVersion(
                        group: service.group, version: service.version, groupPriority: service.groupPriority,
                        versionPriority: service.versionPriority, resources: known?.resources, schema: known?.schema,
                        number: known?.number ?? 0, isFresh: service.isAvailable))
            } else {
                let group = object.at("spec", "group")?.string ?? ""
                let priority = object.at("spec", "groupPriorityMinimum")?.int ?? 0
                contents.priorities[group] = max(priority, contents.priorities[group] ?? 0)
                contents.versionPriorities[object.name] = object.at("spec", "versionPriority")?.int ?? 0
            }
        }
        return contents
    }
}

import FairleadKinds
import FairleadModel
import FairleadStorage

/// API groups that APIServices delegate to a Service. None can be reached from here: requests are answered as
/// kube-aggregator does while the Service is down. Only the existence of the group is known without asking.
extension Pipeline {
    /// nil if the path is not in such a group.
    func remote(_ path: String) -> APIResponse? {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.count >= 2, parts[0] == "apis" else { return nil }
        if parts.count == 2 { return remoteGroup(parts[1]) }
        let key = ObjectKey(
            GroupVersionResource.apiServices.groupResource, namespace: "", name: "\(parts[2]).\(parts[1])")
        guard api.store.current.object(key)?.value.at("spec", "service") != nil else { return nil }
        return .text(503, "service unavailable\n")
    }

    private func remoteGroup(_ name: String) -> APIResponse? {
        let services = api.store.current.objects(GroupVersionResource.apiServices.groupResource, namespace: nil)
            .map(\.value).filter { $0.at("spec", "service") != nil && $0.at("spec", "group")?.string == name }
        let versions: [Value] = services.sorted { priority(of: $0) > priority(of: $1) }.map { service in
            let version = service.at("spec", "version")?.string ?? ""
            return ["groupVersion": .string("\(name)/\(version)"), "version": .string(version)]
        }
        guard let preferred = versions.first else { return nil }
        let group: Value = [
            "kind": "APIGroup", "apiVersion": "v1", "name": .string(name), "versions": .array(versions),
            "preferredVersion": preferred,
        ]
        return APIResponse(status: 200, contentType: "application/json", body: [group.jsonBytes])
    }

    private func priority(of service: Value) -> Int64 { service.at("spec", "versionPriority")?.int ?? 0 }
}

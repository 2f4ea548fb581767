import FairleadAPI
import FairleadControllers
import FairleadModel
import FairleadSimulation
import FairleadStorage
import Foundation

/// Pages below `/debug/` for people (text) and programs (JSON, where `Accept` names it). Read only.
struct DebugPages: Sendable {
    let store: Store
    let configuration: ServerConfiguration
    let resolvConf: ResolvConfPage

    /// nil where there is no such page. Whatever is computed is computed away from the event loop.
    @Sendable func respond(to request: APIRequest) -> APIOutcome? {
        let parts = request.path.split(separator: "/").map { String($0).removingPercentEncoding ?? "" }
        let page: @Sendable () -> APIResponse
        if parts == ["debug", "allocations"] {
            page = { allocations(request) }
        } else if parts.count == 5, parts.prefix(3) == ["debug", "explain", "services"] {
            page = { explain(parts[3], parts[4], request) }
        } else if parts.count == 4, parts.prefix(2) == ["debug", "resolvconf"] {
            page = { resolvConf.page(namespace: parts[2], pod: parts[3]) }
        } else {
            return nil
        }
        guard request.method == "GET" else {
            return .response(failure(.methodNotAllowed(), request))
        }
        return .deferred { await withTaskExecutorPreference(globalConcurrentExecutor) { .response(page()) } }
    }

    private func allocations(_ request: APIRequest) -> APIResponse {
        let list = AllocationList(store.current, configuration)
        return answer(request, text: { list.text }, json: { list.json })
    }

    private func explain(_ namespace: String, _ name: String, _ request: APIRequest) -> APIResponse {
        let snapshot = store.current
        let services = GroupVersionResource.services.groupResource
        guard let service = snapshot.object(ObjectKey(services, namespace: namespace, name: name)) else {
            return failure(.notFound(services, name: name), request)
        }
        let explanation = ServiceExplainer(inputs(service.value, snapshot)).explain()
        return answer(request, text: { explanation.text }, json: { explanation.json })
    }

    private func inputs(_ service: Value, _ snapshot: Snapshot) -> ServiceExplainer.Inputs {
        let view = ServiceView(service)
        let pods = GroupVersionResource.pods.groupResource
        let own = snapshot.objects(pods, namespace: view.namespace, after: nil).map(\.value)
        let selector = view.selector ?? [:]
        let matches = { (pod: Value) in
            let labels = pod.labels
            return selector.allSatisfy { labels[$0.key] == $0.value }
        }
        var strangers: [Value] = []
        if !selector.isEmpty, !own.contains(where: matches) {
            strangers = snapshot.objects(pods, namespace: nil, after: nil)
                .filter { $0.key.namespace != view.namespace && matches($0.value) }.map(\.value)
        }
        let slices = snapshot.objects(
            GroupVersionResource.endpointSlices.groupResource, namespace: view.namespace, after: nil)
        let nodes = GroupVersionResource.nodes.groupResource
        return ServiceExplainer.Inputs(
            service: service, pods: own, strangers: strangers,
            slices: slices.map(\.value).filter { EndpointSliceView($0).serviceName == view.name },
            isNodeThere: { snapshot.object(ObjectKey(nodes, namespace: "", name: $0)) != nil },
            loadBalancers: configuration.loadBalancers,
            readinessAnnotation: configuration.isBare ? nil : SimulationKeys.ready)
    }

    private func answer(_ request: APIRequest, text: () -> String, json: () -> Value) -> APIResponse {
        wantsJSON(request)
            ? APIResponse(status: 200, contentType: "application/json", body: [json().jsonBytes, [10]])
            : .text(200, text())
    }

    private func failure(_ status: APIStatus, _ request: APIRequest) -> APIResponse {
        wantsJSON(request)
            ? APIResponse(status: status.code, contentType: "application/json", body: [status.value.jsonBytes, [10]])
            : .text(status.code, status.message + "\n")
    }

    /// People and their tools send `*/*` or nothing.
    private func wantsJSON(_ request: APIRequest) -> Bool {
        request.header("Accept")?.lowercased().contains("json") ?? false
    }
}

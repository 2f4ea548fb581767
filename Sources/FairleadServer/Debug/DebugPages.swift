import FairleadAPI
import FairleadAuthorization
import FairleadExplanation
import FairleadModel
import FairleadRouting
import FairleadSimulation
import FairleadStorage
import Foundation

/// The pages below `/debug/`, for people (text) and programs (JSON, if `Accept` asks for it). Read only.
struct DebugPages: Sendable {
    let store: Store
    let configuration: ServerConfiguration
    let access: AccessControl
    let resolvConf: ResolvConfPage
    let status: StatusPage

    /// One page: its entry in the index, and its handler. A word in braces in its path matches any segment.
    private struct Page: Sendable {
        var entry: DebugIndex.Entry
        /// `words` are the segments that match the words in braces.
        var answer: @Sendable (_ words: [String], APIRequest) -> APIResponse

        init(
            _ path: String, _ about: String,
            _ answer: @escaping @Sendable (_ words: [String], APIRequest) -> APIResponse
        ) {
            entry = DebugIndex.Entry(path: path, about: about)
            self.answer = answer
        }

        /// The segments that match the words in braces; nil if the path does not match this page.
        func words(in parts: [String]) -> [String]? {
            let pattern = entry.path.split(separator: "/")
            guard pattern.count == parts.count else { return nil }
            var words: [String] = []
            for (expected, part) in zip(pattern, parts) {
                if expected.hasPrefix("{") { words.append(part) } else if expected != part { return nil }
            }
            return words
        }
    }

    /// All pages; the index lists these.
    private var pages: [Page] {
        [
            Page("/debug/", "This list.") { _, request in
                let entries = self.pages.dropFirst().map(\.entry) + DebugIndex.elsewhere
                return answer(request, text: { DebugIndex.text(entries) }, json: { DebugIndex.json(entries) })
            },
            Page("/debug/status", "How the cluster is: health, nodes, pods, Services without endpoints.") {
                _, request in
                let report = status.report(store.current)
                return answer(request, text: { report.text }, json: { report.json })
            },
            Page("/debug/allocations", "Who holds which cluster IP, node port and load-balancer address.") {
                allocations($1)
            },
            Page(
                "/debug/explain/services/{namespace}/{name}",
                "Why a Service has the endpoints and addresses it has, or has none, and what to change."
            ) { explain($0[0], $0[1], $1) },
            Page("/debug/explain/access", AccessPage.about) { _, request in
                do throws(APIStatus) {
                    let explanation = AccessExplanation(try AccessPage.question(request), access)
                    return answer(request, text: { explanation.text }, json: { explanation.json })
                } catch {
                    return failure(error, request)
                }
            },
            Page("/debug/path", PacketPathPage.about) { _, request in
                let page = PacketPathPage(snapshot: store.current, configuration: configuration)
                do throws(APIStatus) {
                    let report = try page.report(request)
                    return switch request.queryValue("output") {
                    case "svg":
                        APIResponse(status: 200, contentType: "image/svg+xml", body: [Array(report.svg.utf8)])
                    case "json":
                        APIResponse(status: 200, contentType: "application/json", body: [report.json.jsonBytes, [10]])
                    default: answer(request, text: { report.text }, json: { report.json })
                    }
                } catch {
                    return failure(error, request)
                }
            },
            Page("/debug/resolvconf/{namespace}/{pod}", "The resolv.conf that the pod would have.") { words, _ in
                resolvConf.page(namespace: words[0], pod: words[1])
            },
        ]
    }

    /// nil if there is no such page. Takes its time: it must not be called on an event loop.
    @Sendable func respond(to request: APIRequest) -> APIOutcome? {
        let parts = request.path.split(separator: "/").map { String($0).removingPercentEncoding ?? "" }
        for page in pages {
            guard let words = page.words(in: parts) else { continue }
            guard request.method == .get else {
                return .response(failure(.methodNotAllowed(), request))
            }
            return .response(page.answer(words, request))
        }
        return nil
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
            node: { snapshot.object(ObjectKey(nodes, namespace: "", name: $0))?.value },
            zones: Set(
                snapshot.objects(nodes, namespace: nil, after: nil).map { NodeView($0.value).zone }
                    .filter { !$0.isEmpty }),
            loadBalancers: configuration.loadBalancers,
            annotations: configuration.isBare ? nil : .simulated)
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

    /// People and their tools send `*/*`, or no header at all.
    private func wantsJSON(_ request: APIRequest) -> Bool {
        request.header("Accept")?.lowercased().contains("json") ?? false
    }
}

extension ServiceExplainer.Annotations {
    /// The annotations of the simulated machines.
    static let simulated = Self(ready: SimulationKeys.ready, down: SimulationKeys.down)
}

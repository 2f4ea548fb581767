import FairleadClient
import FairleadModel
import Synchronization

/// Explains one Service from the caches, and remembers what it has reported.
final class ServiceExplanationWorker: Sendable {
    /// How many pods of a namespace are searched for similar labels.
    private static let maximumPods = 1000
    /// How many pods are asked whether they listen on the target ports.
    private static let maximumListeners = 10

    private let services: Lister
    private let pods: Lister
    private let slices: ServiceSlices
    private let nodes: Lister
    private let namespaces: Lister
    private let servicePods: ServicePods
    private let placement: NodePlacement
    private let settings: ServiceExplanationController.Settings
    private let recorder: EventRecorder
    private let said = Mutex<[ObjectName: Set<String>]>([:])

    init(
        informers: InformerSet, servicePods: ServicePods, slices: ServiceSlices, placement: NodePlacement,
        settings: ServiceExplanationController.Settings, recorder: EventRecorder
    ) {
        services = informers.lister(.services)
        pods = informers.lister(.pods)
        self.slices = slices
        nodes = informers.lister(.nodes)
        namespaces = informers.lister(.namespaces)
        self.servicePods = servicePods
        self.placement = placement
        self.settings = settings
        self.recorder = recorder
    }

    func forget(_ key: ObjectName) { said.withLock { $0[key] = nil } }

    func reconcile(_ key: ObjectName) {
        guard let service = services.get(key) else { return forget(key) }
        if isServed(service) { return forget(key) }
        let findings = explain(service).findings.filter { $0.cause.eventType != nil }
        let sentences = findings.map(Self.sentence)
        let new = said.withLock { said -> [String] in
            let before = said[key] ?? []
            said[key] = sentences.isEmpty ? nil : Set(sentences)
            return sentences.filter { !before.contains($0) }
        }
        for (finding, sentence) in zip(findings, sentences) where new.contains(sentence) {
            guard let type = finding.cause.eventType else { continue }
            recorder.event(about: service.value, type: type, reason: finding.cause.rawValue, message: sentence)
        }
    }

    /// Whether there is nothing to explain, decided without looking at more than a few pods.
    private func isServed(_ object: StoredObject) -> Bool {
        let service = ServiceView(object)
        if service.type == "ExternalName" { return service.ports.isEmpty }
        if service.type == "LoadBalancer", service.ingress.isEmpty { return false }
        let slices = slices.slices(of: object.objectName)
        let isServed = slices.contains { slice in
            SliceChange.hasReadyEndpoint(slice) && EndpointSliceView(slice).ports.count >= service.ports.count
        }
        return isServed && isHeard(service, slices) && explainer(object, slices: slices).traffic().isEmpty
    }

    /// Whether some pod listens on each target port, as far as is known: usually the first pod answers it. If a few do
    /// not, an explanation has to.
    private func isHeard(_ service: ServiceView, _ slices: [StoredObject]) -> Bool {
        if settings.annotations == nil || service.selector == nil || service.isHeadless { return true }
        var ports = service.ports
        let endpoints = slices.lazy.flatMap { EndpointSliceView($0).endpoints }.filter { $0.targetKind == "Pod" }
        for endpoint in endpoints.prefix(Self.maximumListeners) {
            guard let pod = pods.get(namespace: service.namespace, name: endpoint.targetName) else { continue }
            ports = zip(ports, PodView(pod).listens(to: ports)).filter { !$0.1 }.map(\.0)
            if ports.isEmpty { return true }
        }
        return ports.isEmpty
    }

    /// Messages of Events are limited to a kilobyte.
    private static func sentence(_ finding: ServiceExplanation.Finding) -> String {
        var text = finding.message
        if let detail = finding.details.first { text += " (\(detail))" }
        if let command = finding.commands.first { text += " Try: \(command)" }
        return text.utf8.count <= 1000 ? text : String(text.prefix(900)) + "..."
    }

    private func explain(_ object: StoredObject) -> ServiceExplanation {
        let service = ServiceView(object)
        var candidates: [StoredObject] = []
        var strangers: [StoredObject] = []
        if service.selector != nil, service.type != "ExternalName" {
            candidates = servicePods.pods(of: service)
            if candidates.isEmpty {
                candidates = Array(pods.list(namespace: object.key.namespace).prefix(Self.maximumPods))
                strangers = namespaces.list().filter { $0.key.name != object.key.namespace }.flatMap {
                    servicePods.pods(of: service, in: $0.key.name)
                }
            }
        }
        return explainer(
            object, pods: candidates, strangers: strangers, slices: slices.slices(of: object.objectName)
        ).explain()
    }

    private func explainer(
        _ object: StoredObject, pods: [StoredObject] = [], strangers: [StoredObject] = [], slices: [StoredObject]
    ) -> ServiceExplainer {
        ServiceExplainer(
            ServiceExplainer.Inputs(
                service: object.value, pods: pods.map(\.value), strangers: strangers.map(\.value),
                slices: slices.map(\.value), node: { [nodes] in nodes.get(namespace: "", name: $0)?.value },
                zones: placement.zones, loadBalancers: settings.loadBalancers, annotations: settings.annotations))
    }
}

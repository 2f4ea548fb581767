import FairleadClient
import FairleadModel
import Synchronization

/// Explains one Service from the caches, and remembers what it has reported.
final class ServiceExplanationWorker: Sendable {
    /// How many pods of a namespace are searched for similar labels.
    private static let maximumPods = 1000

    private let services: Lister
    private let pods: Lister
    private let slices: ServiceSlices
    private let nodes: Lister
    private let namespaces: Lister
    private let servicePods: ServicePods
    private let settings: ServiceExplanationController.Settings
    private let recorder: EventRecorder
    private let said = Mutex<[ObjectName: Set<String>]>([:])

    init(
        informers: InformerSet, servicePods: ServicePods, slices: ServiceSlices,
        settings: ServiceExplanationController.Settings, recorder: EventRecorder
    ) {
        services = informers.lister(.services)
        pods = informers.lister(.pods)
        self.slices = slices
        nodes = informers.lister(.nodes)
        namespaces = informers.lister(.namespaces)
        self.servicePods = servicePods
        self.settings = settings
        self.recorder = recorder
    }

    static func hasReadyEndpoint(_ slice: StoredObject) -> Bool {
        EndpointSliceView(slice).endpoints.contains { $0.isReady }
    }

    func forget(_ key: ObjectName) { said.withLock { $0[key] = nil } }

    func reconcile(_ key: ObjectName) {
        guard let service = services.get(key) else { return forget(key) }
        if isServed(service) { return forget(key) }
        let findings = explain(service).findings.filter { $0.cause.severity == .error }
        let sentences = findings.map(Self.sentence)
        let new = said.withLock { said -> [String] in
            let before = said[key] ?? []
            said[key] = sentences.isEmpty ? nil : Set(sentences)
            return sentences.filter { !before.contains($0) }
        }
        for (finding, sentence) in zip(findings, sentences) where new.contains(sentence) {
            recorder.event(about: service.value, type: "Warning", reason: finding.cause.rawValue, message: sentence)
        }
    }

    /// Whether there is nothing to explain, decided without looking at any pod.
    private func isServed(_ object: StoredObject) -> Bool {
        let service = ServiceView(object)
        if service.type == "ExternalName" { return true }
        if service.type == "LoadBalancer", service.ingress.isEmpty { return false }
        return slices.slices(of: object.objectName).contains { slice in
            Self.hasReadyEndpoint(slice) && EndpointSliceView(slice).ports.count >= service.ports.count
        }
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
        var candidates = servicePods.pods(of: service)
        var strangers: [StoredObject] = []
        if candidates.isEmpty, service.selector != nil {
            candidates = Array(pods.list(namespace: object.key.namespace).prefix(Self.maximumPods))
            strangers = namespaces.list().filter { $0.key.name != object.key.namespace }.flatMap {
                servicePods.pods(of: service, in: $0.key.name)
            }
        }
        return ServiceExplainer(
            ServiceExplainer.Inputs(
                service: object.value, pods: candidates.map(\.value), strangers: strangers.map(\.value),
                slices: slices.slices(of: object.objectName).map(\.value),
                node: { [nodes] in nodes.get(namespace: "", name: $0)?.value },
                loadBalancers: settings.loadBalancers,
                annotations: settings.annotations)
        ).explain()
    }
}

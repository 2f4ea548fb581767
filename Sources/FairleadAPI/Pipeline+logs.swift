import FairleadContainers
import FairleadKinds
import FairleadModel

/// Logs.
extension Pipeline {
    func log(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        let options = try PodLogOptions(context.request, pod: target.name)
        let pod = try existingPod(target)
        let container = try options.container(in: pod)
        guard let node = pod.at("spec", "nodeName")?.string, !node.isEmpty else {
            return .response(APIResponse(status: 204, contentType: "", body: []))
        }
        try checkNode(node, target)
        guard let pods else { return made(options, pod, container, target) }
        try Self.checkLog(of: container, in: pod, isPrevious: options.isPrevious)
        let name = ContainerName(namespace: target.namespace, pod: target.name, podUID: pod.uid, container: container)
        guard let buffer = pods.log(of: name, previous: options.isPrevious) else {
            return made(options, pod, container, target)
        }
        let reader = PodLogReader(buffer, options, now: api.environment.now())
        if context.request.asksForAnotherProtocol {
            return .session(.log(LogSession { await reader.write(to: $0) }), context.request, headers: [])
        }
        guard options.follows else {
            return .response(
                APIResponse(status: 200, contentType: Self.logType, body: [reader.present()]))
        }
        return .stream(ProducedStream { await reader.write(to: $0) }, contentType: Self.logType, headers: [])
    }

    private static let logType = "text/plain; charset=utf-8"

    /// A log of lines that are made up when somebody asks for them.
    private func made(_ options: PodLogOptions, _ pod: Value, _ container: String, _ target: Target) -> APIOutcome {
        let lines = podLogs(pod, container, options)
        guard options.follows else {
            let text = lines.map { $0 + "\n" }.joined()
            let shown = options.limitBytes.map { String(decoding: text.utf8.prefix($0), as: UTF8.self) } ?? text
            return .response(.text(200, shown))
        }
        let stream = PodLogStream(
            lines: lines, key: target.kind.key(namespace: target.namespace, name: target.name), store: api.store)
        return .stream(stream, contentType: Self.logType, headers: [])
    }

    /// Whether a container has a log at all.
    ///
    /// - Throws: 400 in the kubelet's words.
    private static func checkLog(of container: String, in pod: Value, isPrevious: Bool) throws(APIStatus) {
        let lists = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"]
        let statuses = lists.flatMap { pod.at("status", $0)?.array ?? [] }
        let subject = "container \(container.goQuoted) in pod \(pod.name.goQuoted)"
        guard let status = statuses.first(where: { $0["name"]?.string == container }) else {
            throw .badRequest("\(subject) is not available")
        }
        let hasLast = status.at("lastState", "terminated") != nil
        if isPrevious {
            guard hasLast else { throw .badRequest("previous terminated \(subject) not found") }
            return
        }
        let state = status["state"]
        if state?["running"] != nil || state?["terminated"] != nil || hasLast { return }
        guard let waiting = state?["waiting"] else { throw .badRequest("\(subject) is waiting to start - no logs yet") }
        switch waiting["reason"]?.string {
        case "ErrImagePull": throw .badRequest("\(subject) is waiting to start: image can't be pulled")
        case "ImagePullBackOff":
            throw .badRequest("\(subject) is waiting to start: trying and failing to pull image")
        case let reason: throw .badRequest("\(subject) is waiting to start: \(reason ?? "")")
        }
    }
}

import FairleadContainers
import FairleadKinds
import FairleadModel

/// exec, attach and port forwarding.
extension Pipeline {
    func talk(_ what: String, _ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        try checkConnection(context)
        let pod = try existingPod(target)
        let request = context.request
        var container = ""
        if what != "portforward" {
            container = try PodLogOptions.container(request.queryValue("container") ?? "", in: pod)
        }
        guard let node = pod.at("spec", "nodeName")?.string, !node.isEmpty else {
            throw .badRequest("pod \(target.name) does not have a host assigned")
        }
        guard let pods else {
            throw APIStatus(
                code: 501, reason: "NotImplemented",
                message: "\(what) is not emulated: pods on simulated nodes run no processes")
        }
        try checkNode(node, target)
        guard request.asksForAnotherProtocol else { throw .badRequest("Upgrade request required") }
        if what == "portforward" { return .session(.ports(portSession(of: pod, request, pods)), request, headers: []) }
        let name = ContainerName(
            namespace: target.namespace, pod: target.name, podUID: pod.uid, container: container)
        var session = CommandSession(run: command(what, request, in: name, pods))
        session.hasInput = request.flag("stdin")
        session.hasOutput = request.flag("stdout")
        session.hasErrors = request.flag("stderr")
        session.isTerminal = request.flag("tty")
        guard session.hasInput || session.hasOutput || session.hasErrors else {
            throw .badRequest("you must specify at least 1 of stdin, stdout, stderr")
        }
        return .session(.command(session), request, headers: [])
    }

    /// A WebSocket begins with a GET, but what it opens is as good as a POST.
    private func checkConnection(_ context: RequestContext) throws(APIStatus) {
        guard context.method == .get, !access.isUnrestricted(context.user) else { return }
        var wanted = context.access
        wanted.verb = "create"
        try access.authorize(wanted)
    }

    func existingPod(_ target: Target) throws(APIStatus) -> Value {
        try api.store.current.existing(target.kind, namespace: target.namespace, name: target.name).value
    }

    /// The API server looks up the node's address on behalf of the pod, and says so in its own words.
    func checkNode(_ node: String, _ target: Target) throws(APIStatus) {
        if api.store.current.isFree(ObjectKey(GroupVersionResource.nodes.groupResource, namespace: "", name: node)) {
            throw .notFound(target.kind.groupResource, name: node)
        }
    }

    private func command(
        _ what: String, _ request: APIRequest, in name: ContainerName, _ pods: any PodAccess
    ) -> @Sendable (ClientStreams) async -> CommandEnd {
        guard what == "exec" else {
            return { streams in
                do throws(PodAccessError) {
                    try await pods.attach(to: name, streams: streams)
                    return .success
                } catch {
                    return .failure(PodAccessText.of(error, doing: "attaching to container", in: name))
                }
            }
        }
        let words = request.query.filter { $0.name == "command" }.map(\.value)
        return { streams in
            do throws(PodAccessError) {
                guard let first = words.first else { throw .launch(.notFound("")) }
                guard !first.isEmpty else { throw .launch(.notFound(first)) }
                let status = try await pods.exec(words, in: name, streams: streams)
                return status.code == 0 ? .success : .exit(code: status.code, command: words)
            } catch {
                return .failure(PodAccessText.of(error, doing: "executing command in container", in: name))
            }
        }
    }

    private func portSession(of pod: Value, _ request: APIRequest, _ pods: any PodAccess) -> PortSession {
        let ports = request.query.filter { $0.name == "ports" || $0.name == "port" }.flatMap { pair in
            pair.value.split(separator: ",").compactMap { UInt16($0) }.filter { $0 > 0 }
        }
        let uid = pod.uid
        return PortSession(ports: ports, sandbox: PodAccessText.id(of: uid)) { port throws(NetworkError) in
            try await pods.connect(toPod: uid, port: port)
        }
    }
}

extension APIRequest {
    /// Whether the client wants to leave HTTP.
    var asksForAnotherProtocol: Bool {
        let asks = headers.contains { header in
            header.name.equalsIgnoringASCIICase("connection") && header.value.lowercased().contains("upgrade")
        }
        return asks && header("Upgrade") != nil
    }

    /// A parameter that is true or false.
    fileprivate func flag(_ name: String) -> Bool { queryValue(name).map(QueryValue.bool) ?? false }
}

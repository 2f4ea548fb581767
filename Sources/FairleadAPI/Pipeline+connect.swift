import FairleadContainers
import FairleadKinds
import FairleadModel
import FairleadSchema

extension Pipeline {
    /// A connection to a pod, a Service or a node, once admission allows it: before anything is looked up, as in
    /// Kubernetes. What is admitted are the options of the connection, which are in the query.
    func connected(
        _ context: RequestContext, _ target: Target, _ info: SubresourceInfo,
        _ work: @escaping @Sendable () throws(APIStatus) -> APIOutcome
    ) throws(APIStatus) -> APIOutcome {
        let snapshot = api.store.current
        guard api.isAdmissionAsked(.connect, target.kind, subresource: info.name, snapshot) else { return try work() }
        var context = context
        context.notes = context.notes ?? AdmissionNotes()
        let round = api.admissionRound(
            .connect, target.kind, subresource: info.name,
            form: .part(kind: info.kind, apiVersion: target.kind.apiVersion, typeName: ""),
            namespace: target.namespace, name: target.name, options: nil, isDryRun: false, context.requester, snapshot)
        let options = connectOptions(context, target, info)
        return .deferred { [context] in
            do throws(APIStatus) {
                _ = try await round?.admit(options)
                return try work()
            } catch {
                return .response(failure(error, context))
            }
        }
    }

    /// PodExecOptions, PodProxyOptions and the like, as Kubernetes reads them from the query: each parameter that the
    /// client gave, unless it is empty or false.
    private func connectOptions(_ context: RequestContext, _ target: Target, _ info: SubresourceInfo) -> Value {
        let request = context.request
        var object: Object = ["kind": .string(info.kind), "apiVersion": .string(target.kind.apiVersion)]
        if info.name == "proxy" {
            let path = ProxyPath(request.path, name: target.name).rest
            object["path"] = .string(path.isEmpty ? "/" : path)
            return .object(object)
        }
        if info.name == "portforward" {
            let ports = request.query.filter { $0.name == "ports" }.flatMap { $0.value.split(separator: ",") }
            let numbers = ports.compactMap { Int32($0) }
            if !numbers.isEmpty { object["ports"] = .array(numbers.map { .int(Int64($0)) }) }
            return .object(object)
        }
        for flag in ["stdin", "stdout", "stderr", "tty"] where request.queryValue(flag).map(QueryValue.bool) == true {
            object[flag] = true
        }
        if let container = request.queryValue("container"), !container.isEmpty {
            object["container"] = .string(container)
        }
        let command = request.query.filter { $0.name == "command" }.map(\.value)
        if info.name == "exec", !command.isEmpty { object["command"] = .array(command.map { .string($0) }) }
        return .object(object)
    }
}

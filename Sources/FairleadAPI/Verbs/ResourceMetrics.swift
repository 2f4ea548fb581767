import FairleadKinds
package import FairleadModel

/// What serves metrics.k8s.io.
package struct ResourceMetrics: Sendable {
    package var nodes: @Sendable () -> [Value]
    /// - Parameter namespace: nil for all.
    package var pods: @Sendable (_ namespace: String?) -> [Value]

    package init(
        nodes: @escaping @Sendable () -> [Value], pods: @escaping @Sendable (_ namespace: String?) -> [Value]
    ) {
        self.nodes = nodes
        self.pods = pods
    }
}

/// NodeMetrics and PodMetrics are computed for each answer; they can be neither written nor watched. As metrics-server.
extension Pipeline {
    static func isResourceMetrics(_ kind: Kind) -> Bool { kind.info.gvr.group == "metrics.k8s.io" }

    func resourceMetrics(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        guard context.method == .get, let resourceMetrics else { throw .methodNotAllowed() }
        // All pods are looked at: not for an event loop.
        return computed(context) { () throws(APIStatus) in
            try answer(context, target, resourceMetrics)
        }
    }

    private func answer(
        _ context: RequestContext, _ target: Target, _ source: ResourceMetrics
    ) throws(APIStatus) -> APIOutcome {
        let isOfNodes = target.kind.info.kind == "NodeMetrics"
        let all = isOfNodes ? source.nodes() : source.pods(target.path.namespace)
        guard let name = target.path.name else { return try list(context, target, all) }
        let encoder = try encoder(for: context, target.kind, hasProtobuf: false)
        guard let object = all.first(where: { $0.name == name }) else {
            let full = isOfNodes ? name : "\(target.namespace)/\(name)"
            throw .notFound(GroupResource(group: "", resource: isOfNodes ? "nodes" : "pods"), name: full)
        }
        return .response(try response(200, encoder, [encoder.encode(object)]))
    }

    private func list(
        _ context: RequestContext, _ target: Target, _ all: [Value]
    ) throws(APIStatus) -> APIOutcome {
        let options = try ListOptions(context.request)
        if options.isWatch || target.path.isWatch { throw .methodNotAllowed() }
        let encoder = try encoder(for: context, target.kind, isList: true, hasProtobuf: false)
        let chosen = all.filter { object in
            let matches =
                options.fieldSelector?.matches { field in
                    switch field {
                    case "metadata.name": object.name
                    case "metadata.namespace": object.namespace
                    default: ""
                    }
                } ?? true
            return matches && options.labelSelector.matches(labelsOf: object)
        }
        let sorted = chosen.sorted {
            ObjectName(namespace: $0.namespace, name: $0.name) < ObjectName(namespace: $1.namespace, name: $1.name)
        }
        return .response(try response(200, encoder, [encoder.encode(list: sorted)], isList: true))
    }
}

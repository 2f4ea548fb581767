import FairleadKinds
import FairleadModel

/// ComponentStatuses are computed for each answer; they can be neither written nor watched.
extension Pipeline {
    func componentStatuses(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        let kind = target.kind
        guard let name = target.path.name else { return try componentStatusList(context, target) }
        let encoder = try encoder(for: context, kind)
        guard let status = ComponentStatuses.all(running: components).first(where: { $0.name == name }) else {
            // Kubernetes uses the singular here.
            throw .notFound(GroupResource(group: "", resource: "componentstatus"), name: name)
        }
        return .response(try response(200, encoder, [encoder.encode(status)], warnings: kind.readWarnings))
    }

    private func componentStatusList(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        let options = try ListOptions(context.request)
        let encoder = try encoder(for: context, target.kind, isList: true)
        if options.isWatch {
            throw APIStatus(
                code: 405, reason: "MethodNotAllowed",
                message: "watch is not supported on resources of kind \"componentstatuses\"")
        }
        let chosen = ComponentStatuses.all(running: components).filter { status in
            options.labelSelector.matches([:])
                && options.fieldSelector?.matches { $0 == "metadata.name" ? status.name : "" } ?? true
        }
        return .response(
            try response(200, encoder, [encoder.encode(list: chosen)], isList: true, warnings: target.kind.readWarnings)
        )
    }
}

import FairleadContainers
import FairleadModel

extension PodNetwork {
    /// Asks a name server. Only the cluster's answers; others are silent, or refuse, as the way to them is.
    func ask(
        _ question: NameQuestion, from name: NamespaceName, server: NetworkAddress, overTCP: Bool,
        within limit: Duration
    ) async throws(NetworkError) -> NameReply {
        if Task.isCancelled { throw .cancelled }
        let deadline = clock.now + Self.bounded(limit)
        let seconds = clock.now.components.seconds
        let server = server.withoutZero
        let routed = try state.withLock { state throws(NetworkError) in
            let routed = state.route(
                try state.question(from: name, to: server, overTCP ? .tcp : .udp), routing, at: seconds)
            if let flow = routed.flow { state.connections.end(flow) }
            return routed
        }
        if routed.isForNames {
            if let names,
                let reply = await clock.first(by: deadline, { await names(question, server, routed.seen, overTCP) })
                    ?? nil
            {
                return reply
            }
        } else {
            switch routed.arrival {
            case .noRoute: throw .noRoute
            case .refused: throw .refused
            case .namespace(let target, let address, _):
                guard isServed(address, in: target, overTCP: overTCP) else { throw .refused }
            case .dropped, .apiServer, .healthCheck: break
            }
        }
        await clock.sleep(until: deadline)
        throw Task.isCancelled ? .cancelled : .timedOut
    }

    private func isServed(_ address: NetworkAddress, in name: NamespaceName, overTCP: Bool) -> Bool {
        state.withLock { state in
            guard let space = state.namespaces[name] else { return false }
            return overTCP
                ? space.streams.binding(at: address) != nil : space.datagrams.binding(at: address) != nil
        }
    }
}

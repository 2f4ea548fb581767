package import FairleadAPI
package import FairleadContainers
import FairleadDiscovery
package import FairleadModel
package import FairleadStorage
import FairleadWebhooks
package import NIOCore
import NIOPosix

/// Passes requests on to the servers behind APIServices (kube-aggregator), and knows what they serve.
///
/// Who asks has been authenticated and authorized before; the server is told in headers, and believes it because of the
/// client certificate. What is bounded: the size and the time of an answer unless it lasts, and how many requests are
/// under way. Watches, followed logs and other protocols (WebSocket, SPDY) last as long as both sides want.
///
/// Reference: k8s.io/kube-aggregator `pkg/apiserver` (handler_proxy.go).
package final class Aggregator: RemoteAPIs, RemoteGroups {
    /// kube-apiserver's limit for requests that do not last.
    static let timeLimit = Duration.seconds(60)
    /// For the beginning of an answer that lasts.
    static let startLimit = Duration.seconds(1800)
    static let upgradeLimit = Duration.seconds(30)
    /// kube-aggregator's for the check of an APIService.
    static let checkLimit = Duration.seconds(5)
    /// Of a discovery document, in bytes: what is larger is none.
    static let discoveryLimit = 4 << 20

    let store: Store
    let caller: RemoteCaller
    let catalog = RemoteCatalog()
    private let short = CallLimit<String>(perTarget: 32, total: 64)
    private let long = CallLimit<String>(perTarget: 256, total: 512)
    private let unsent = UnsentAnswers(bytes: 128 << 20)

    /// - Parameters:
    ///   - store: where APIServices and their Services are looked up.
    ///   - pods: where endpoints that are simulated pods are; nil if there are none.
    ///   - group: whose loops the connections live on; it is there for longer than this.
    package init(
        store: Store, certificate: FrontProxyCertificate, pods: (any PodAccess)?,
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.store = store
        caller = RemoteCaller(connections: RemoteConnections(certificate: certificate, on: group), pods: pods)
    }

    package func shutdown() async { await caller.connections.shutdown() }

    // MARK: - requests

    package func respond(to request: APIRequest, by user: UserInfo, isLong: Bool) -> APIOutcome? {
        guard let path = RemotePath(request.path) else { return nil }
        let snapshot = store.current
        guard let service = RemoteService.find(group: path.group, version: path.version, snapshot) else { return nil }
        guard service.isAvailable else { return .response(.text(503, "service unavailable\n")) }
        let wantsUpgrade = Self.wantsUpgrade(request)
        guard let permit = (isLong || wantsUpgrade ? long : short).enter(service.name) else {
            return .response(Self.status(.init(code: 429, reason: "TooManyRequests", message: Self.tooMany)))
        }
        return .longRunning { [self] in
            defer { withExtendedLifetime(permit) {} }
            do throws(WebhookFailure) {
                return wantsUpgrade
                    ? try await upgraded(request, user, service, snapshot, permit)
                    : try await answered(request, user, service, snapshot, isLong: isLong, permit)
            } catch {
                if error.code == 504 {
                    return .response(Self.status(.init(code: 504, reason: "Timeout", message: Self.late)))
                }
                return .response(.text(503, "error trying to reach service: \(error.reason)\n"))
            }
        }
    }

    private static let smallAnswer = 64 << 10
    private static let tooMany = "too many requests are being passed on, try again later"
    private static let late = "Timeout: request did not complete within the allotted timeout"

    private static func status(_ status: APIStatus) -> APIResponse {
        let headers = status.code == 429 ? [(name: "Retry-After", value: "1")] : []
        return APIResponse(
            status: status.code, contentType: "application/json", headers: headers, body: [status.value.jsonBytes])
    }

    private static func wantsUpgrade(_ request: APIRequest) -> Bool {
        request.header("Upgrade") != nil
            && request.headers.contains {
                $0.name.equalsIgnoringASCIICase("connection") && $0.value.lowercased().contains("upgrade")
            }
    }

    private static func target(_ request: APIRequest) -> String {
        let query = ProxyPath.query(request.query)
        return request.path + (query.isEmpty ? "" : "?" + query)
    }

    private func answered(
        _ request: APIRequest, _ user: UserInfo, _ service: RemoteService, _ snapshot: Snapshot, isLong: Bool,
        _ permit: CallLimit<String>.Permit
    ) async throws(WebhookFailure) -> APIOutcome {
        let answer = try await caller.send(
            .init(
                method: request.method.rawValue, target: Self.target(request),
                headers: RemoteHeaders.outgoing(request, by: user), body: request.body),
            to: service, flows: isLong, within: isLong ? Self.startLimit : Self.timeLimit, snapshot)
        switch answer.body {
        case .whole(let body) where body.count > Self.smallAnswer: return large(body, answer, permit)
        case .whole: return .response(Self.response(answer))
        case .flowing(let body, let lease):
            let stream = ProducedStream { sink in
                defer { withExtendedLifetime((permit, lease)) {} }
                do {
                    for try await part in body { try await sink.write(Array(part.readableBytesView)) }
                } catch {
                    // One of both sides has gone: what lasts ends then, and its client begins anew.
                    return
                }
            }
            return .stream(
                stream, contentType: answer.header("Content-Type") ?? "",
                headers: RemoteHeaders.incoming(answer.headers))
        }
    }

    /// An answer that takes some time to send: until its client has it, it counts among what is being passed on.
    private func large(
        _ body: [UInt8], _ answer: RemoteCaller.Answer, _ permit: CallLimit<String>.Permit
    ) -> APIOutcome {
        guard answer.status == 200 else {
            return .response(.text(502, "an answer of \(body.count) bytes with status \(answer.status)\n"))
        }
        guard let share = unsent.take(body.count) else {
            return .response(
                Self.status(APIStatus(code: 429, reason: "TooManyRequests", message: Self.tooMany)))
        }
        let stream = ProducedStream { sink in
            defer { withExtendedLifetime((permit, share)) {} }
            var rest = body[...]
            while !rest.isEmpty {
                let part = rest.prefix(Self.smallAnswer)
                rest = rest.dropFirst(part.count)
                // The client has gone.
                guard (try? await sink.write(Array(part))) != nil else { return }
            }
        }
        return .stream(
            stream, contentType: answer.header("Content-Type") ?? "", headers: RemoteHeaders.incoming(answer.headers))
    }

    private func upgraded(
        _ request: APIRequest, _ user: UserInfo, _ service: RemoteService, _ snapshot: Snapshot,
        _ permit: CallLimit<String>.Permit
    ) async throws(WebhookFailure) -> APIOutcome {
        let upgrade = try await caller.upgrade(
            .init(
                method: request.method.rawValue, target: Self.target(request),
                headers: RemoteHeaders.outgoing(request, by: user, keepsUpgrade: true)),
            to: service, within: Self.upgradeLimit, snapshot)
        switch upgrade {
        case .refused(let answer): return .response(Self.response(answer))
        case .agreed(let relay):
            let counted = RelaySession(headers: relay.headers) { source, sink in
                await relay.run(source, sink)
                withExtendedLifetime(permit) {}
            }
            return .session(.relay(counted), request, headers: [])
        }
    }

    private static func response(_ answer: RemoteCaller.Answer) -> APIResponse {
        guard case .whole(let body) = answer.body else { return .text(500, "") }
        return APIResponse(
            status: (200...599).contains(answer.status) ? answer.status : 502,
            contentType: answer.header("Content-Type") ?? "", headers: RemoteHeaders.incoming(answer.headers),
            body: body.isEmpty ? [] : [body])
    }
}

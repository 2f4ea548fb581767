import FairleadContainers
import FairleadModel
import FairleadPrograms

extension HandlerCall {
    /// Asks gRPC's health service.
    func grpcProbe(_ call: Value, within limit: Duration) async -> ProbeAnswer {
        guard let port = port(call["port"]), let address = podIP else { return .failure("invalid port") }
        let destination = NetworkAddress(address, port)
        let service = call.text("service")
        let answer = await limited(limit) { () -> HealthCheck.Answer in
            do throws(NetworkError) {
                return await HealthCheck.ask(service, over: try await connect(destination, within: limit))
            } catch {
                return .failed(error)
            }
        }
        switch answer {
        case .serving: return .success()
        case .notServing: return .failure("service unhealthy (responded with \"NOT_SERVING\")")
        case .unknown: return .failure("service unhealthy (responded with \"UNKNOWN\")")
        case .serviceNotFound:
            return .failure("service unhealthy (responded with \"SERVICE_UNKNOWN\")")
        case .unimplemented:
            return .failure("this server does not implement the grpc health protocol (grpc.health.v1.Health)")
        case .failed, nil:
            return .failure(
                "timeout: failed to connect service \(destination.description.goQuoted) within "
                    + "\(limit.components.seconds)s: context deadline exceeded")
        }
    }
}

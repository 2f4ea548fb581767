import AsyncHTTPClient
import FairleadNet
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension RemoteServer {
    /// How the HTTP client connects to this server.
    /// - Throws: if a certificate or a key cannot be used.
    func httpConfiguration(_ limits: RemoteLimits) throws(Refusal) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: url.isSecure ? try tlsConfiguration() : nil, redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(limits.connecting)))
        // A watch has a connection of its own: no other can stop it, and the kernel watches over each.
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1000
        // Reflectors and commands have their own ideas of when to try again.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let tlsServerName {
            // The name is asked for and checked as if it were in the URL; the connection goes to the real host.
            configuration.dnsOverride = [tlsServerName: url.host]
        }
        configuration.http1_1ConnectionDebugInitializer = { channel in
            ResponseStatusGuard.install(in: channel).flatMap { Self.keepAlive(channel) }
        }
        return configuration
    }

    /// Finds out within a minute that the other machine is gone: a watch may have nothing to say for longer.
    private static func keepAlive(_ channel: any Channel) -> EventLoopFuture<Void> {
        #if canImport(Glibc)
            let details: [(name: CInt, value: CInt)] = [(TCP_KEEPIDLE, 30), (TCP_KEEPINTVL, 10), (TCP_KEEPCNT, 3)]
        #else
            let details: [(name: CInt, value: CInt)] = [(TCP_KEEPALIVE, 30)]
        #endif
        var done = channel.setOption(.socketOption(.so_keepalive), value: 1)
        for (name, value) in details {
            done = done.flatMap { channel.setOption(.tcpOption(.init(rawValue: name)), value: .init(value)) }
        }
        // Without it the connection works as well; silence is noticed later.
        return done.flatMapError { _ in channel.eventLoop.makeSucceededVoidFuture() }
    }
}

package import FairleadClient
package import FairleadModel
package import Logging
package import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A view of any Kubernetes API server, over HTTP or HTTPS.
///
/// Errors are the server's Status; if there was no answer, 503 with the reason in plain words. Lists are read page by
/// page, and are one consistent snapshot. Objects in lists and watches come without `managedFields`; those of lists keep
/// only their bytes in memory until somebody looks into them. Requests that a busy server has refused for a short time
/// are repeated; everything else is up to the caller. A watch that goes on from a revision that the server has not reached
/// fails with 410: the server has been reset, or restored from a backup.
///
/// `shutdown` must be called before the last reference goes.
package final class RemoteClient: ObjectClient {
    private let transport: RemoteTransport
    /// The resources that have been listed, and whether no watch has begun since.
    private let listed = Mutex<[GroupVersionResource: Bool]>([:])

    /// Connects to nothing yet.
    ///
    /// - Parameters:
    ///   - userAgent: how the server's logs name this client.
    ///   - group: on whose event loops the connections are.
    /// - Throws: if a certificate or a key of the server cannot be used.
    package init(
        _ server: RemoteServer, userAgent: String = "fairlead", limits: RemoteLimits = RemoteLimits(),
        clock: any DelayClock = SystemDelayClock(), logger: Logger = Logger(label: "remote"),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws(RemoteServer.Refusal) {
        transport = try RemoteTransport(
            server, userAgent: userAgent, limits: limits, clock: clock, logger: logger, group: group)
    }

    /// Closes all connections: calls fail, watches end.
    package func shutdown() async { await transport.shutdown() }

    package func get(
        _ resource: GroupVersionResource, namespace: String, name: String
    ) async throws(APIStatus) -> Value {
        try await object(.init(target: ResourcePath.object(resource, namespace: namespace, name: name)))
    }

    package func list(
        _ resource: GroupVersionResource, namespace: String?
    ) async throws(APIStatus) -> ObjectList {
        let list = try await RemoteList(resource, namespace: namespace, transport: transport).read()
        if namespace == nil { listed.withLock { $0[resource] = true } }
        return list
    }

    package func watch(
        _ resource: GroupVersionResource, after revision: Int64
    ) async throws(APIStatus) -> any ObjectWatch {
        let isFirst = listed.withLock { listed -> Bool? in
            defer { if listed[resource] != nil { listed[resource] = false } }
            return listed[resource]
        }
        let suspicion: RemoteWatch.Suspicion =
            switch isFirst {
            case nil: .never
            case true?: .later
            case false?: .always
            }
        return try await RemoteWatch.open(resource, after: revision, suspicion, transport: transport)
    }

    package func create(
        _ resource: GroupVersionResource, namespace: String, _ object: Value
    ) async throws(APIStatus) -> Value {
        try await self.object(
            .init(
                method: .POST, target: ResourcePath.collection(resource, namespace: namespace), body: object.jsonBytes))
    }

    @discardableResult
    package func update(
        _ resource: GroupVersionResource, _ object: Value, subresource: String?
    ) async throws(APIStatus) -> Value {
        let path = ResourcePath.object(
            resource, namespace: object.namespace, name: object.name, subresource: subresource)
        return try await self.object(.init(method: .PUT, target: path, body: object.jsonBytes))
    }

    @discardableResult
    package func patch(
        _ resource: GroupVersionResource, namespace: String, name: String, _ patch: Value, subresource: String?
    ) async throws(APIStatus) -> Value {
        let path = ResourcePath.object(resource, namespace: namespace, name: name, subresource: subresource)
        return try await object(
            .init(
                method: .PATCH, target: path, body: patch.jsonBytes, contentType: "application/merge-patch+json"))
    }

    package func delete(
        _ resource: GroupVersionResource, namespace: String, name: String, options: DeleteOptions
    ) async throws(APIStatus) {
        let path = ResourcePath.object(resource, namespace: namespace, name: name)
        _ = try await transport.call(.init(method: .DELETE, target: path, body: options.value.jsonBytes))
    }

    private func object(_ request: RemoteTransport.Request) async throws(APIStatus) -> Value {
        let body = try await transport.call(request)
        do {
            return try JSON.parseStored(Array(body.readableBytesView))
        } catch {
            throw RemoteFailure.unreadable("the answer to \(request.target) is no JSON: \(error.message)")
        }
    }
}

extension DeleteOptions {
    /// meta/v1 DeleteOptions.
    fileprivate var value: Value {
        var options: Value = ["kind": "DeleteOptions", "apiVersion": "v1"]
        if let uid { options.set(.string(uid), at: "preconditions", "uid") }
        if let resourceVersion { options.set(.string(resourceVersion), at: "preconditions", "resourceVersion") }
        if let gracePeriodSeconds { options["gracePeriodSeconds"] = .int(Int64(gracePeriodSeconds)) }
        if let propagationPolicy { options["propagationPolicy"] = .string(propagationPolicy) }
        return options
    }
}

import FairleadClient
import FairleadModel
import NIOCore

/// Reads a list page by page.
struct RemoteList: Sendable {
    private let resource: GroupVersionResource
    private let path: String
    private let transport: RemoteTransport

    init(_ resource: GroupVersionResource, namespace: String?, transport: RemoteTransport) {
        self.resource = resource
        self.transport = transport
        path = ResourcePath.collection(resource, namespace: namespace)
    }

    /// The whole list, sorted by namespace and name.
    ///
    /// If the server has forgotten the snapshot before the last page was read (410), it is read anew; if that happens
    /// again, at once and without pages, as client-go's pager does.
    func read() async throws(APIStatus) -> ObjectList {
        if let list = try await pages(limit: transport.limits.page) { return list }
        if let list = try await pages(limit: transport.limits.page) { return list }
        guard let list = try await pages(limit: nil) else {
            throw .expired("the snapshot of the list of \(resource) expired again and again")
        }
        return list
    }

    /// - Returns: nil if the snapshot expired between two pages.
    private func pages(limit: Int?) async throws(APIStatus) -> ObjectList? {
        var list = ObjectList(objects: [], revision: 0)
        var continueToken = ""
        var bytes = 0
        repeat {
            let body: ByteBuffer
            do {
                body = try await transport.call(.init(target: target(limit, continueToken)))
            } catch {
                if error.code == 410, !continueToken.isEmpty { return nil }
                throw error
            }
            bytes += body.readableBytes
            guard bytes <= transport.limits.listBytes else {
                throw RemoteFailure.unreadable(
                    "the list of \(resource) is larger than \(transport.limits.listBytes) bytes")
            }
            let page = try ListPage(body, resource)
            if continueToken.isEmpty { list.revision = page.revision }
            guard page.continueToken.isEmpty || page.continueToken != continueToken else {
                throw RemoteFailure.unreadable("the list of \(resource) leads back to the same page")
            }
            list.objects.append(contentsOf: page.objects)
            continueToken = page.continueToken
        } while !continueToken.isEmpty
        // Servers sort by the path in etcd, where `/` comes after `-`.
        list.objects.sort { $0.key.isBefore(namespace: $1.key.namespace, name: $1.key.name) }
        return list
    }

    private func target(_ limit: Int?, _ continueToken: String) -> String {
        var query: [String] = []
        if let limit { query.append("limit=\(limit)") }
        if !continueToken.isEmpty { query.append("continue=\(ResourcePath.escaped(continueToken))") }
        return query.isEmpty ? path : path + "?" + query.joined(separator: "&")
    }
}

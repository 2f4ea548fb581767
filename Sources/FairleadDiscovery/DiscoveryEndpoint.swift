package import FairleadAPI
package import FairleadKinds
import FairleadModel
package import FairleadSchema
import Synchronization

/// Tells clients what is served: `/`, `/version`, `/api`, `/apis/…` and the OpenAPI documents.
///
/// Reference: Kubernetes API concepts, "API discovery"; "OpenAPI specification".
package struct DiscoveryEndpoint: PageSource {
    private let version: ServerVersion
    private let types: TypeRegistry
    private let contents: DiscoveryContents

    /// - Parameters:
    ///   - kinds: the kinds served, built in or custom.
    ///   - remote: what other servers serve.
    package init(
        kinds: KindRegistry, registry: TypeRegistry, version: ServerVersion = ServerVersion(),
        remote: any RemoteGroups = NoRemoteGroups()
    ) {
        self.version = version
        types = registry
        contents = DiscoveryContents(kinds: kinds, version: version.gitVersion, remote: remote)
    }

    /// nil if the path is not one of these.
    package func respond(to request: APIRequest) -> APIResponse? {
        var path = request.path[...]
        guard path.first == "/", !path.hasPrefix("//") else { return nil }
        if path.count > 1, path.last == "/" { path = path.dropLast() }
        let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard Self.roots.contains(parts[0]), let make = answer(for: parts, contents.current) else { return nil }
        do throws(APIStatus) {
            guard request.method == .get || (request.method == .head && parts[0] == "openapi") else {
                throw APIStatus.methodNotAllowed()
            }
            return try make(request)
        } catch {
            return failure(error, request)
        }
    }

    private static let roots: Set<String> = ["", "version", "api", "apis", "openapi"]

    private typealias Answer = (APIRequest) throws(APIStatus) -> APIResponse

    /// Finds what answers a path, without building the answer.
    private func answer(for parts: [String], _ now: DiscoveryContents.Now) -> Answer? {
        let discovery = now.discovery
        switch (parts[0], parts.count) {
        case ("", 1):
            return { _ throws(APIStatus) in
                APIResponse(status: 200, contentType: "application/json", body: [rootPaths(now).jsonBytes])
            }
        case ("version", 1): return { request throws(APIStatus) in try versionAnswer(request) }
        case ("api", 1):
            return { request throws(APIStatus) in
                let address = request.header("Host") ?? ""
                return try versions(request, now, core: true) { discovery.local.coreVersions(serverAddress: address) }
            }
        case ("apis", 1):
            return { request throws(APIStatus) in try versions(request, now, core: false) { discovery.groupList() } }
        case ("api", 2): return resourceList(now, group: "", version: parts[1])
        case ("apis", 2):
            guard let group = discovery.group(parts[1]) else { return nil }
            return { request throws(APIStatus) in try negotiated(group, request, .aggregatorDocument) }
        case ("apis", 3): return resourceList(now, group: parts[1], version: parts[2])
        case ("openapi", 2) where parts[1] == "v2":
            return { request throws(APIStatus) in try openAPIv2(request, now) }
        case ("openapi", 2) where parts[1] == "v3": return { _ throws(APIStatus) in openAPIv3Index(now) }
        case ("openapi", 3...) where parts[1] == "v3":
            let name = parts[2...].joined(separator: "/")
            return { request throws(APIStatus) in openAPIv3(name, request, now) }
        default: return nil
        }
    }

    /// An unknown version of a known group is answered with a Status; an unknown group is not ours.
    private func resourceList(_ now: DiscoveryContents.Now, group: String, version: String) -> Answer? {
        guard now.table.hasGroup(group) else { return nil }
        // Versions of custom groups come and go as a whole; while one is absent, it is not answered with a Status.
        if !now.table.hasVersion(version, of: group), !ResourceTable.builtIn.hasGroup(group) { return nil }
        return { request throws(APIStatus) in
            guard let list = now.discovery.local.resourceList(group: group, version: version) else {
                throw .unknownResource
            }
            return try negotiated(list, request)
        }
    }

    // MARK: Plain documents

    private func negotiated(
        _ value: Value, _ request: APIRequest, _ offer: ResponseFormat.Offer = .document
    ) throws(APIStatus) -> APIResponse {
        let format = try ResponseFormat.negotiate(accept: request.header("Accept"), offer)
        return APIResponse(
            status: 200, contentType: format.contentType, body: [ObjectEncoder.bytes(value, format, types)])
    }

    private func failure(_ status: APIStatus, _ request: APIRequest) -> APIResponse {
        let format = ResponseFormat.forErrors(accept: request.header("Accept"))
        return APIResponse(
            status: status.code, contentType: format.contentType,
            body: [ObjectEncoder.bytes(status.value, format, types)])
    }

    private func versionAnswer(_ request: APIRequest) throws(APIStatus) -> APIResponse {
        if let accept = request.header("Accept"), !accept.isEmpty,
            !MediaRange.parse(accept).contains(where: { $0.type == "application/json" || $0.type == "*/*" })
        {
            throw APIStatus(
                code: 406, reason: "NotAcceptable",
                message: "406: Not Acceptable\n\nAvailable representations: application/json", details: .init())
        }
        return APIResponse(status: 200, contentType: "application/json", body: [version.value.jsonBytes])
    }

    /// The paths listed by `/` regardless of which kinds are served.
    static let plainPaths: Set<String> = [
        "/api", "/apis", "/apis/", "/flagz", "/healthz", "/healthz/ping", "/livez", "/livez/ping", "/metrics",
        "/openapi/v2", "/openapi/v3", "/openapi/v3/", "/readyz", "/readyz/ping", "/statusz", "/version",
    ]

    private func rootPaths(_ now: DiscoveryContents.Now) -> Value {
        let table = now.table
        var paths = Self.plainPaths
        for (name, checks) in OperationsEndpoint.impliedChecks { paths.formUnion(checks.map { "/\(name)/\($0)" }) }
        for group in table.groups {
            let base = group.name.isEmpty ? "/api" : "/apis/" + group.name
            paths.insert(base)
            for version in group.versions { paths.insert(base + "/" + version) }
        }
        paths.formUnion(now.discovery.paths)
        return ["paths": .array(paths.sorted().map { .string($0) })]
    }

    // MARK: Aggregated discovery

    /// The parameters after the media type.
    private static let aggregatedParameters = ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

    /// `/api` and `/apis`: aggregated discovery if the client prefers it, else the plain list.
    private func versions(
        _ request: APIRequest, _ now: DiscoveryContents.Now, core: Bool, plain: () -> Value
    ) throws(APIStatus) -> APIResponse {
        let ranges = MediaRange.parse(request.header("Accept") ?? "")
        for range in ranges {
            guard let format = ResponseFormat.plain(range) else { continue }
            if range.parameters["g"] == "apidiscovery.k8s.io", range.parameters["v"] == "v2",
                range.parameters["as"] == "APIGroupDiscoveryList"
            {
                let entry = now.cache.entry("aggregated/\(core)/\(format.contentType)") {
                    CachedDocument(
                        ObjectEncoder.bytes(now.discovery.aggregated(core: core), format, types),
                        contentType: format.contentType + Self.aggregatedParameters)
                }
                return entry.response(
                    to: request,
                    headers: [(name: "Vary", value: "Accept"), (name: "Cache-Control", value: "public")])
            }
            if range.parameters["as"] == nil { break }
        }
        return try negotiated(plain(), request, core ? .document : .aggregatorDocument)
    }

    // MARK: OpenAPI

    private static let protobufV2 = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
    private static let protobufV3 = "application/com.github.proto-openapi.spec.v3.v1.0+protobuf"

    private func openAPIv2(_ request: APIRequest, _ now: DiscoveryContents.Now) throws(APIStatus) -> APIResponse {
        let ranges = MediaRange.parse(request.header("Accept") ?? "*/*")
        for range in ranges {
            switch range.type {
            case "application/com.github.proto-openapi.spec.v2@v1.0+protobuf", Self.protobufV2:
                return try Self.built("v2.protobuf", now.cache) {
                    let document = try now.openAPI.v2()
                    return CachedDocument(OpenAPIv2Protobuf.encode(document), contentType: Self.protobufV2)
                }.response(to: request, headers: [(name: "Vary", value: "Accept")])
            case "application/json", "application/*", "*/*":
                return try Self.built("v2.json", now.cache) {
                    CachedDocument(try now.openAPI.v2().jsonBytes, contentType: "application/json")
                }.response(to: request, headers: [(name: "Vary", value: "Accept")])
            default: continue
            }
        }
        return APIResponse(status: 406, contentType: "", body: [])
    }

    /// Names and URLs of the documents; each URL has a hash, so that answers may be cached forever.
    private func openAPIv3Index(_ now: DiscoveryContents.Now) -> APIResponse {
        var paths = Object()
        for name in now.openAPI.v3Names {
            let hash = now.openAPI.fingerprint(of: name)
            paths[name] = ["serverRelativeURL": .string("/openapi/v3/\(name)?hash=\(hash)")]
        }
        // Their servers answer for these themselves.
        for version in now.discovery.remote.versions {
            guard let url = version.schema else { continue }
            paths["apis/\(version.group)/\(version.version)"] = ["serverRelativeURL": .string(url)]
        }
        let index: Value = ["paths": .object(paths)]
        // Kubernetes sets no content type here, so Go guesses one.
        return APIResponse(status: 200, contentType: "text/plain; charset=utf-8", body: [index.jsonBytes])
    }

    private func openAPIv3(_ name: String, _ request: APIRequest, _ now: DiscoveryContents.Now) -> APIResponse {
        let openAPI = now.openAPI
        guard openAPI.v3Names.contains(name) else { return APIResponse(status: 404, contentType: "", body: []) }
        var headers: [(name: String, value: String)] = [(name: "Vary", value: "Accept")]
        if let hash = request.queryValue("hash"), !hash.isEmpty {
            let current = openAPI.fingerprint(of: name)
            guard hash == current else {
                let location = "/openapi/v3/\(name)?hash=\(current)"
                return APIResponse(
                    status: 301, contentType: "", headers: [(name: "Location", value: location)], body: [])
            }
            headers.append((name: "Cache-Control", value: "public, immutable, max-age=31536000"))
        }
        do throws(APIStatus) {
            for range in MediaRange.parse(request.header("Accept") ?? "*/*") {
                switch range.type {
                case "application/com.github.proto-openapi.spec.v3@v1.0+protobuf", Self.protobufV3:
                    return try Self.built("v3.protobuf/" + name, now.cache(of: name)) {
                        let document = try openAPI.v3(name) ?? .null
                        return CachedDocument(OpenAPIv3Protobuf.encode(document), contentType: Self.protobufV3)
                    }.response(to: request, headers: headers)
                case "application/json", "application/*", "*/*":
                    return try Self.built("v3/" + name, now.cache(of: name)) {
                        CachedDocument(try openAPI.v3(name)?.jsonBytes ?? [], contentType: "application/json")
                    }.response(to: request, headers: headers)
                default: continue
                }
            }
            return APIResponse(status: 406, contentType: "", body: [])
        } catch {
            return failure(error, request)
        }
    }

    /// Builds a document. It can fail only if this program's own schema is broken.
    private static func built(
        _ name: String, _ cache: DocumentCache, _ build: () throws -> CachedDocument
    ) throws(APIStatus) -> CachedDocument {
        do {
            return try cache.entry(name, build)
        } catch {
            throw APIStatus(code: 500, reason: "InternalError", message: "Internal error occurred: \(error)")
        }
    }
}

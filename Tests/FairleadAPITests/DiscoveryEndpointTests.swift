import HTTPTypes
import FairleadModel
import FairleadSchema
import Testing

@testable import FairleadAPI
@testable import FairleadKinds
@testable import FairleadDiscovery

@Suite struct DiscoveryEndpointTests {
    let endpoint: DiscoveryEndpoint

    init() throws {
        endpoint = DiscoveryEndpoint(
            kinds: KindRegistry(), registry: try TypeRegistry.builtIn())
    }

    private func get(
        _ path: String, method: String = "GET", accept: String? = nil, query: [(name: String, value: String)] = [],
        ifNoneMatch: String? = nil
    ) -> APIResponse? {
        var headers: [(name: String, value: String)] = [(name: "Host", value: "127.0.0.1:6443")]
        if let accept { headers.append((name: "Accept", value: accept)) }
        if let ifNoneMatch { headers.append((name: "If-None-Match", value: ifNoneMatch)) }
        return endpoint.respond(
            to: APIRequest(
                method: HTTPRequest.Method(rawValue: method)!, path: path, query: query, headers: headers))
    }

    private func kind(_ response: APIResponse?) throws -> String? {
        try JSON.parse(Array((response?.body ?? []).joined())).value["kind"]?.string
    }

    @Test(arguments: [
        ("/api", 200, "APIVersions"), ("/apis/", 200, "APIGroupList"), ("/apis/apps/", 200, "APIGroup"),
        ("/api/v1/", 200, "APIResourceList"), ("/apis/apps/v1", 200, "APIResourceList"), ("/api/v2", 404, "Status"),
        ("/apis/apps/v9", 404, "Status"),
    ])
    func answersDiscoveryPaths(path: String, status: Int, expected: String) throws {
        let response = get(path)
        #expect(response?.status == status)
        #expect(try kind(response) == expected)
    }

    @Test(arguments: ["/nonsense", "/apis/none.example", "//api/v1", "/openapi", "/api/v1/pods", "/healthz"])
    func leavesOtherPathsAlone(path: String) { #expect(get(path) == nil) }

    @Test func refusesToWrite() { #expect(get("/api/v1", method: "POST")?.status == 405) }

    @Test func prefersAggregatedDiscoveryWhereTheClientDoes() throws {
        let v2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
        let v2beta1 = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"
        #expect(get("/apis", accept: "\(v2),\(v2beta1),application/json")?.contentType == v2)
        #expect(try kind(get("/apis", accept: "\(v2beta1),application/json")) == "APIGroupList")
        #expect(get("/apis", accept: v2beta1)?.status == 406)
        #expect(try kind(get("/apis/apps/v1", accept: "\(v2),application/json")) == "APIResourceList")
    }

    @Test func knownDocumentsAreNotSentAgain() throws {
        let path = "/openapi/v3/apis/discovery.k8s.io/v1"
        let etag = try #require(get(path)?.headers.first { $0.name == "Etag" }?.value)
        let again = get(path, ifNoneMatch: etag)
        #expect(again?.status == 304 && again?.body.isEmpty == true)
    }

    @Test func documentsWithAHashMayBeKeptForGood() {
        let path = "/openapi/v3/apis/discovery.k8s.io/v1"
        let current = get(
            path, query: [(name: "hash", value: OpenAPIDocuments(table: .builtIn, version: "").fingerprint)])
        #expect(current?.headers.contains { $0.name == "Cache-Control" } == true)
        #expect(get(path, query: [(name: "hash", value: "OLD")])?.status == 301)
    }

    @Test func unknownDocumentsAreAnEmpty404() {
        let response = get("/openapi/v3/apis/none.example/v1")
        #expect(response?.status == 404 && response?.contentType == "" && response?.body.isEmpty == true)
    }
}

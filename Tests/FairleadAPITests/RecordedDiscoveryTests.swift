import FairleadModel
import FairleadSchema
import Foundation
import Testing

@testable import FairleadAPI
@testable import FairleadDiscovery
@testable import FairleadKinds

/// What is served, compared with what a genuine server said (`Tests/Conformance/discovery`).
@Suite struct RecordedDiscoveryTests {
    private static let aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    private let types: TypeRegistry

    init() throws { types = try TypeRegistry.builtIn() }

    private func document(_ path: String, _ remote: any RemoteGroups = NoRemoteGroups(), plain: Bool = false) throws
        -> Value
    {
        let endpoint = DiscoveryEndpoint(kinds: KindRegistry(), registry: types, remote: remote)
        let request = APIRequest(
            method: .get, path: path, headers: plain ? [] : [(name: "Accept", value: Self.aggregated)])
        let answer = try #require(endpoint.respond(to: request))
        return try JSON.parse(Array(answer.body.joined())).value
    }

    @Test(arguments: [("/api", "discovery-api.json"), ("/apis", "discovery-apis.json")])
    func aggregatedDiscoveryIsAsRecorded(path: String, file: String) throws {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
            path: "../Conformance/discovery/\(file)")
        let recorded = try JSON.parse(Array(Data(contentsOf: url))).value
        let served = try document(path)
        let groups = { (document: Value) in document["items"]?.array?.map { $0.at("metadata", "name")?.string ?? "" } }
        #expect(groups(served) == groups(recorded))
        for (own, wanted) in zip(served["items"]?.array ?? [], recorded["items"]?.array ?? []) {
            #expect(own == wanted, "\(wanted.at("metadata", "name")?.string ?? "core")")
        }
        #expect(served == recorded)
    }

    // MARK: - with other servers

    private struct Others: RemoteGroups {
        var all: RemoteContents
        func contents() -> RemoteContents { all }
    }

    private static let list: Value = [
        "kind": "APIResourceList",
        "resources": [
            ["name": "things", "singularName": "thing", "namespaced": true, "kind": "Thing", "verbs": ["get", 5]],
            ["name": "things/status", "namespaced": true, "kind": "Thing", "verbs": ["get"]],
            ["name": "orphans/status", "kind": "Orphan"], ["kind": "Nameless"],
        ],
    ]

    private func others(_ versions: [(String, String, Int64, Int64)], isFresh: Bool = true) -> Others {
        var contents = RemoteContents()
        contents.priorities = ["apps": 17800, "storage.k8s.io": 16800]
        contents.versions = versions.map { group, version, groupPriority, versionPriority in
            RemoteVersion(
                group: group, version: version, groupPriority: groupPriority, versionPriority: versionPriority,
                resources: Self.list, schema: "/openapi/v3/apis/\(group)/\(version)?hash=1", number: 1, isFresh: isFresh
            )
        }
        return Others(all: contents)
    }

    @Test func groupsAreOrderedByTheirPriorities() throws {
        let others = others([
            ("late.example", "v1", 1, 1), ("early.example", "v1", 19000, 1), ("b.example", "v1", 50, 1),
            ("a.example", "v1", 50, 1), ("a.example", "v1alpha1", 50, 9), ("a.example", "v2", 50, 1),
        ])
        for plain in [true, false] {
            let document = try document("/apis", others, plain: plain)
            let groups = document[plain ? "groups" : "items"]?.array ?? []
            let names = groups.map { (plain ? $0["name"] : $0.at("metadata", "name"))?.string ?? "" }
            let places = ["early.example", "apps", "storage.k8s.io", "a.example", "b.example", "late.example"].map {
                names.firstIndex(of: $0) ?? -1
            }
            #expect(places == places.sorted() && !places.contains(-1), "\(names)")
            let versions = groups[places[3]]["versions"]?.array?.map { $0["version"]?.string ?? "" }
            #expect(versions == ["v1alpha1", "v2", "v1"])
        }
        let group = try document("/apis/a.example", others, plain: true)
        #expect(group.at("preferredVersion", "version") == "v1alpha1")
    }

    @Test func aVersionOfOurOwnGroupIsAdded() throws {
        let others = others([("apps", "v9", 17800, 1)])
        let group = try document("/apis/apps", others, plain: true)
        #expect(group["versions"]?.array?.count == 2)
        let index = try document("/openapi/v3", others)
        #expect(index.at("paths", "apis/apps/v9", "serverRelativeURL") == "/openapi/v3/apis/apps/v9?hash=1")
        let paths = try document("/", others)["paths"]?.array ?? []
        #expect(paths.contains("/apis/apps/v9"))
    }

    @Test(arguments: [true, false]) func whatOthersSayIsTakenForWhatItShouldBe(isFresh: Bool) throws {
        let document = try document("/apis", others([("a.example", "v1", 50, 1)], isFresh: isFresh))
        let group = document["items"]?.array?.first { $0.at("metadata", "name") == "a.example" }
        let version = try #require(group?["versions"]?.array?.first)
        #expect(version["freshness"] == (isFresh ? "Current" : "Stale"))
        let resources = version["resources"]?.array ?? []
        #expect(resources.count == 1)
        #expect(resources.first?["scope"] == "Namespaced" && resources.first?["verbs"] == ["get"])
        #expect(resources.first?["subresources"]?.array?.count == 1)
    }
}

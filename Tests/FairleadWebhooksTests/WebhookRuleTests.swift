import FairleadAPI
import FairleadModel
import Testing

@testable import FairleadWebhooks

struct WebhookRuleTests {
    private let pods = GroupVersionResource(group: "", version: "v1", resource: "pods")

    private func rule(_ resources: [String], operations: [String] = ["CREATE"], scope: String = "*") -> WebhookRule {
        WebhookRule([
            "operations": .array(operations.map { .string($0) }), "apiGroups": [""], "apiVersions": ["v1"],
            "resources": .array(resources.map { .string($0) }), "scope": .string(scope),
        ])
    }

    @Test(arguments: [
        ("pods", nil, true), ("pods", "status", false), ("pods/status", "status", true), ("*", nil, true),
        ("*", "status", false), ("*/*", "status", true), ("*/*", nil, true), ("pods/*", nil, true),
        ("*/status", "status", true), ("services", nil, false),
    ])
    func subresourcesAreNamedApart(resource: String, subresource: String?, expected: Bool) {
        #expect(rule([resource]).matches(.create, pods, subresource, isNamespaced: true) == expected)
    }

    @Test func operationsAndScopes() {
        #expect(!rule(["pods"]).matches(.update, pods, nil, isNamespaced: true))
        #expect(rule(["pods"], operations: ["*"]).matches(.connect, pods, nil, isNamespaced: true))
        #expect(!rule(["pods"], scope: "Cluster").matches(.create, pods, nil, isNamespaced: true))
        #expect(rule(["pods"], scope: "Namespaced").matches(.create, pods, nil, isNamespaced: true))
    }

    @Test(arguments: [
        ("https://a.example:1/x", "https://a.example:1/x?timeout=3s"),
        ("https://a.example", "https://a.example/?timeout=3s"),
        ("https://a.example/b//c/../d/", "https://a.example/b/d?timeout=3s"),
    ])
    func theTimeIsPartOfTheURL(url: String, expected: String) {
        #expect(WebhookTarget(clientConfig: ["url": .string(url)]).url(timeoutSeconds: 3) == expected)
    }

    @Test func aServiceIsCalledByItsName() {
        let target = WebhookTarget(clientConfig: [
            "service": ["name": "s", "namespace": "n", "path": "/p", "port": 8443]
        ])
        #expect(target.url(timeoutSeconds: 10) == "https://s.n.svc:8443/p?timeout=10s")
    }

    @Test func oneWebhookCannotTakeAllCalls() {
        let limit = CallLimit<WebhookTarget>(perTarget: 2, total: 3)
        let first = WebhookTarget(clientConfig: ["url": "https://a"])
        let second = WebhookTarget(clientConfig: ["url": "https://b"])
        var permits = [limit.enter(first), limit.enter(first)]
        #expect(limit.enter(first) == nil)
        permits.append(limit.enter(second))
        #expect(permits.allSatisfy { $0 != nil } && limit.enter(second) == nil)
        permits.removeAll()
        #expect(limit.enter(first) != nil)
    }
}

import FairleadModel
import Testing

@testable import FairleadEtcd

@Suite struct EtcdKeysTests {
    private let keys = EtcdKeys(prefix: "/registry")

    /// As `etcdctl get --prefix /registry --keys-only` shows them for a genuine kube-apiserver.
    @Test(arguments: [
        ("/registry/pods/default/web", "", "pods", "default", "web"),
        ("/registry/services/specs/default/web", "", "services", "default", "web"),
        ("/registry/services/endpoints/default/web", "", "endpoints", "default", "web"),
        ("/registry/minions/node-1", "", "nodes", "", "node-1"),
        ("/registry/namespaces/default", "", "namespaces", "", "default"),
        ("/registry/controllers/default/rc", "", "replicationcontrollers", "default", "rc"),
        ("/registry/deployments/default/web", "apps", "deployments", "default", "web"),
        ("/registry/ingress/default/web", "networking.k8s.io", "ingresses", "default", "web"),
        ("/registry/leases/kube-system/lead", "coordination.k8s.io", "leases", "kube-system", "lead"),
        ("/registry/clusterroles/system:node", "rbac.authorization.k8s.io", "clusterroles", "", "system:node"),
        (
            "/registry/apiregistration.k8s.io/apiservices/v1.", "apiregistration.k8s.io", "apiservices", "", "v1."
        ),
        ("/registry/example.com/widgets/ns/one", "example.com", "widgets", "ns", "one"),
        ("/registry/fairlead.internal/nodeports/30000", "fairlead.internal", "nodeports", "", "30000"),
    ])
    func objectsAreWhereKubernetesHasThem(
        path: String, group: String, resource: String, namespace: String, name: String
    ) {
        let object = ObjectKey(GroupResource(group: group, resource: resource), namespace: namespace, name: name)
        #expect(String(decoding: keys.key(object), as: UTF8.self) == path)
        #expect(keys.object(Array(path.utf8)) == object)
    }

    @Test func everyKeyLeadsBackToItsObject() {
        let names = ["", "a", "a/b", "%", "%2F", "a%25/", "~", "é", "a.b", "specs", "endpoints", "\u{0}"]
        let resources = [
            ("", "pods"), ("", "services"), ("", "other"), ("apps", "other"), ("apps", "deployments"), ("a.b", "c"),
            ("", "specs"), ("extensions", "ingresses"), ("x/y", "z"),
        ]
        var seen: [[UInt8]: ObjectKey] = [:]
        for (group, resource) in resources {
            for namespace in names {
                for name in names {
                    let object = ObjectKey(
                        GroupResource(group: group, resource: resource), namespace: namespace, name: name)
                    let key = keys.key(object)
                    #expect(keys.object(key) == object, "\(object)")
                    #expect(seen.updateValue(object, forKey: key) == nil, "\(object)")
                }
            }
        }
    }

    /// What others keep under the same prefix is left alone.
    @Test(arguments: [
        "/registry/masterleases/10.0.0.1", "/registry/ranges/serviceips", "/registry/health", "/registry",
        "/other/pods/a/b",
        "/registry/pods/a/b/c", "/registry/pods//b", "/registry/pods/%zz",
        "/registry/fairlead.internal/transactions/x/0",
    ])
    func otherKeysAreNoObjects(path: String) {
        #expect(keys.object(Array(path.utf8)) == nil)
    }

    @Test func theEndOfAPrefixIsTheNextKeyThatHasItNot() {
        #expect(EtcdKeys.end(of: [1, 2]) == [1, 3])
        #expect(EtcdKeys.end(of: [1, 0xFF]) == [2])
        #expect(EtcdKeys.end(of: [0xFF]) == [0])
    }

    @Test(arguments: [
        ("http://127.0.0.1:2379", "http://127.0.0.1:2379"), ("https://a.example", "https://a.example:2379"),
        ("a:1", "http://a:1"), ("https://[::1]:5/", "https://[::1]:5"),
    ])
    func endpointsAreParsed(text: String, url: String) {
        #expect(EtcdOptions.Endpoint(text)?.text == url)
    }

    @Test(arguments: ["", "http://", "ftp://a", "a:0", "a:65536", "a:b", "http://a/b", "a b", "user@a"])
    func whatIsNoEndpointIsRefused(text: String) {
        #expect(EtcdOptions.Endpoint(text) == nil)
        #expect(EtcdOptions("http://127.0.0.1:1," + text) == nil)
    }
}

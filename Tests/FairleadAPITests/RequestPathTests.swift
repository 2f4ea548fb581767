import Testing

@testable import FairleadAPI
@testable import FairleadKinds

struct RequestPathTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var path: String
        /// group/version/resource namespace name subresource trailing, `-` for nil; `watch` in front for the old prefix.
        var reading: String?
        var testDescription: String { path }

        init(_ path: String, _ reading: String?) {
            self.path = path
            self.reading = reading
        }
    }

    static let cases: [Case] = [
        Case("/api/v1/pods", "/v1/pods - - - []"),
        Case("/api/v1/namespaces", "/v1/namespaces - - - []"),
        Case("/api/v1/namespaces/a", "/v1/namespaces - a - []"),
        Case("/api/v1/namespaces/a/status", "/v1/namespaces - a status []"),
        Case("/api/v1/namespaces/a/finalize", "/v1/namespaces - a finalize []"),
        Case("/api/v1/namespaces/a/services", "/v1/services a - - []"),
        Case("/api/v1/namespaces/a/services/s", "/v1/services a s - []"),
        Case("/api/v1/namespaces/a/services/s/status", "/v1/services a s status []"),
        Case("/api/v1/namespaces/a/services/http:s:80/proxy/x/y", "/v1/services a http:s:80 proxy [x,y]"),
        Case("/api/v1/namespaces//pods", "/v1/pods - - - []"),
        Case("/api/v1/pods/", "/v1/pods - - - []"),
        Case("//api/v1/pods", nil), Case("/api/v1//pods", "/v1/ - pods - []"),
        Case("/api/v1/namespaces/a//pods", "/v1/ a pods - []"),
        Case("/api/v1/namespaces/a/pods//x", "/v1/pods a  x []"),
        Case("/apis/apps/v1/namespaces/a/deployments/d/scale", "apps/v1/deployments a d scale []"),
        Case("/apis/networking.k8s.io/v1/ipaddresses/10.0.0.1", "networking.k8s.io/v1/ipaddresses - 10.0.0.1 - []"),
        Case("/api/v1/namespaces/a/configmaps/b%2Fc", "/v1/configmaps a b c []"),
        Case("/api/v1/namespaces/a/configmaps/100%", "/v1/configmaps a 100% - []"),
        Case("/api/v1/namespaces/a/configmaps/x%zz", "/v1/configmaps a x%zz - []"),
        Case("/api/v1/watch/pods", "watch /v1/pods - - - []"),
        Case("/api/v1/watch/namespaces/a/pods/p", "watch /v1/pods a p - []"),
        Case("/api", nil), Case("/api/v1", nil), Case("/apis/apps/v1", nil), Case("/apis", nil), Case("/version", nil),
        Case("/", nil), Case("", nil), Case("/openapi/v2", nil),
    ]

    @Test(arguments: cases)
    func pathsNameWhatKubernetesReadsInThem(_ item: Case) {
        let path = RequestPath(item.path)
        let reading = path.map { path in
            "\(path.isWatch ? "watch " : "")\(path.group)/\(path.version)/\(path.resource) \(path.namespace ?? "-") "
                + "\(path.name ?? "-") \(path.subresource ?? "-") [\(path.trailing.joined(separator: ","))]"
        }
        #expect(reading == item.reading)
    }
}

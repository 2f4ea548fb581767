import FairleadModel
import Testing

@testable import FairleadSchema

@Suite struct DocumentTests {
    let documents = OpenAPIDocuments(table: .builtIn, version: "v1.36.2")

    @Test func everyReferenceInAnOpenAPIDocumentResolves() throws {
        for name in documents.v3Names {
            let document = try #require(try documents.v3(name))
            let schemas = document.at("components", "schemas")?.object ?? Object()
            for reference in Set(OpenAPIDialect.references(in: document)) {
                #expect(schemas[reference] != nil, "\(reference) in \(name)")
            }
        }
    }

    @Test func documentsHideWhatOnlyThisProgramReads() throws {
        #expect(try documents.v3("api/v1")?.jsonText.contains("x-fairlead") == false)
        #expect(try documents.v2().jsonText.contains("x-fairlead") == false)
    }

    /// kubectl looks for this parameter to decide whether the server validates.
    @Test(arguments: ["api/v1", "apis/apps/v1", "apis/discovery.k8s.io/v1"])
    func everyPatchTakesFieldValidation(name: String) throws {
        for (path, item) in try documents.v3(name)?["paths"]?.object ?? Object() {
            guard let patch = item["patch"], patch["x-kubernetes-action"] == "patch" else { continue }
            let names = patch["parameters"]?.array?.compactMap { $0["name"]?.string } ?? []
            #expect(names.contains("fieldValidation"), "\(path)")
        }
    }

    @Test(arguments: [
        ("/apis/apps/v1/namespaces/{namespace}/deployments", "get", "listAppsV1NamespacedDeployment"),
        ("/apis/apps/v1/namespaces/{namespace}/deployments", "delete", "deleteAppsV1CollectionNamespacedDeployment"),
        ("/apis/apps/v1/deployments", "get", "listAppsV1DeploymentForAllNamespaces"),
        (
            "/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale", "put",
            "replaceAppsV1NamespacedDeploymentScale"
        ),
        ("/apis/apps/v1/namespaces/{namespace}/deployments/{name}", "get", "readAppsV1NamespacedDeployment"),
    ])
    func operationsAreNamedAsInKubernetes(path: String, method: String, id: String) throws {
        #expect(try documents.v3("apis/apps/v1")?.at("paths", path, method, "operationId")?.string == id)
    }

    @Test func versionTwoNamesOperationsOfTheCore() throws {
        let path = "/api/v1/namespaces/{namespace}/services"
        let document = try documents.v2()
        #expect(document.at("paths", path, "post", "operationId") == "createCoreV1NamespacedService")
        let port = document.at("definitions", "io.k8s.api.core.v1.ServicePort", "properties", "nodePort")
        #expect(port?["format"] == "int32" && port?["default"] == nil)
    }

    @Test func protobufDocumentBeginsWithItsVersion() throws {
        let bytes = OpenAPIv2Protobuf.encode(try documents.v2())
        #expect(Array(bytes.prefix(5)) == [0x0A, 3] + Array("2.0".utf8))
    }

    @Test func aggregatedDiscoveryLeavesTheOwnGroupOut() {
        let list = DiscoveryDocuments(table: .builtIn).aggregated(core: false)
        let apps = list["items"]?.array?.first { $0.at("metadata", "name") == "apps" }
        let resources = apps?["versions"]?.array?.first?["resources"]?.array ?? []
        let deployments = resources.first { $0["resource"] == "deployments" }
        #expect(deployments?["responseKind"] == ["group": "", "version": "", "kind": "Deployment"])
        let scale = deployments?["subresources"]?.array?.first { $0["subresource"] == "scale" }
        #expect(scale?["responseKind"] == ["group": "autoscaling", "version": "v1", "kind": "Scale"])
    }
}

import FairleadKinds
import FairleadModel
import Testing

@testable import FairleadAPI

struct TableOutputTests {
    private let now = Timestamp(seconds: 1_767_323_045)

    @Test func tablesHaveColumnsRowsAndObjects() throws {
        let pod: Value = [
            "kind": "Pod", "apiVersion": "v1", "metadata": ["name": "p"], "spec": ["containers": []],
            "status": ["phase": "Failed"],
        ]
        let columns = try #require(KindRegistry().kind(.pods)).columns
        let table = TableOutput.table(of: [pod], listMeta: ["resourceVersion": "5"], printer: columns, now: now)
        #expect(table.kind == "Table" && table.apiVersion == "meta.k8s.io/v1" && table.resourceVersion == 5)
        #expect(table["columnDefinitions"]?.array?.count == 9)
        #expect(table["columnDefinitions"]?.array?.first?["format"] == "name")
        #expect(table["columnDefinitions"]?.array?.last?["priority"] == 1)
        let row = try #require(table["rows"]?.array?.first)
        #expect(row["cells"]?.array?.count == 9)
        #expect(row["conditions"]?.array?.first?["reason"] == "Failed")
        let partial: Value = [
            "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": ["name": "p"],
        ]
        #expect(row["object"] == partial)
        let later = TableOutput.table(
            of: [pod], listMeta: [:], printer: columns, includeObject: .object, showsColumns: false,
            version: "v1beta1", now: now)
        #expect(later["columnDefinitions"] == .null && later.apiVersion == "meta.k8s.io/v1beta1")
        #expect(later["rows"]?.array?.first?["object"] == pod)
    }
}

struct ScaleTableTests {
    @Test func aScaleHasColumnsOfItsOwn() async throws {
        let fixture = try await APIFixture()
        let template: Value = [
            "metadata": ["labels": ["a": "b"]], "spec": ["containers": [["name": "c", "image": "i"]]],
        ]
        let deployment: Value = [
            "metadata": ["name": "d"],
            "spec": ["replicas": 3, "selector": ["matchLabels": ["a": "b"]], "template": template],
        ]
        #expect(try await fixture.send("POST", APIFixture.deployments, body: deployment).status == 201)
        let request = APIFixture.request(
            "GET", APIFixture.deployments + "/d/scale", accept: "application/json;as=Table;v=v1;g=meta.k8s.io")
        let table = try await fixture.finish(fixture.pipeline.handle(request)).body
        let names = table["columnDefinitions"]?.array?.compactMap { $0["name"]?.string }
        #expect(names == ["Name", "Desired", "Available", "Age"])
        #expect(table["rows"]?.array?.first?["cells"]?.array?.prefix(3) == ["d", 3, 0])
    }
}

import FairleadModel
import Testing

@testable import FairleadAPI
@testable import FairleadKinds

struct RequestOptionsTests {
    // MARK: - Accept

    @Test(arguments: [
        ("", "json object"), ("*/*", "json object"), ("application/json", "json object"),
        ("application/yaml", "yaml object"),
        ("text/html, application/yaml;q=0.5, application/json;q=0.4", "yaml object"),
        ("application/vnd.kubernetes.protobuf, application/json", "protobuf object"),
        ("application/json;q=0.1,application/yaml", "yaml object"),
        ("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", "json table(version: \"v1\")"),
        ("application/json; as = Table; v=v1beta1; g=meta.k8s.io", "json table(version: \"v1beta1\")"),
        ("application/json;as=Table;v=v2;g=meta.k8s.io,application/json", "json object"),
        ("application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,application/json", "json object"),
        ("application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", "json partialMetadata(version: \"v1\")"),
        ("application/json;q=0, application/yaml", "yaml object"),
        ("text/html", "406"), ("application/json;as=Chair;v=v1;g=meta.k8s.io", "406"),
    ])
    func theFirstRepresentationThatIsHadIsChosen(_ accept: String, _ expected: String) {
        var result: String
        do {
            let format = try ResponseFormat.negotiate(accept: accept, ResponseFormat.Offer())
            result = "\(format.encoding) \(format.shape)"
        } catch {
            result = String(error.code)
        }
        #expect(result == expected)
    }

    @Test func aWatchIsNeverYAML() throws {
        let accept = "application/yaml, application/json"
        #expect(try ResponseFormat.negotiate(accept: accept, ResponseFormat.Offer(isWatch: true)).encoding == .json)
        #expect(throws: APIStatus.self) {
            try ResponseFormat.negotiate(accept: "application/yaml", ResponseFormat.Offer(isWatch: true))
        }
    }

    @Test func errorsComeInAPlainFormEvenWhereATableIsAskedFor() {
        let accept = "application/json;as=Table;v=v1;g=meta.k8s.io, application/yaml"
        #expect(ResponseFormat.forErrors(accept: accept) == ResponseFormat(encoding: .yaml))
        #expect(ResponseFormat.forErrors(accept: "text/html") == .json)
    }

    // MARK: - lists and watches

    @Test(arguments: [
        ("", "ok"), ("limit=5&resourceVersion=0", "ok"), ("unknown=1", "ok"),
        ("labelSelector=a%3D%3D%3D", "400"), ("fieldSelector=a", "400"), ("limit=x", "400"),
        ("timeoutSeconds=1s", "400"),
        ("resourceVersionMatch=Exact", "resourceVersionMatch is forbidden unless resourceVersion is provided"),
        ("resourceVersionMatch=Exact&resourceVersion=0", "forbidden for resourceVersion \"0\""),
        ("resourceVersionMatch=Never&resourceVersion=3", "supported values: \"Exact\", \"NotOlderThan\""),
        ("resourceVersionMatch=Exact&resourceVersion=3&continue=x", "forbidden when continue is provided"),
        ("sendInitialEvents=true", "sendInitialEvents is forbidden for list"),
        ("watch=1&sendInitialEvents=true", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
        ("watch=1&resourceVersionMatch=NotOlderThan", "forbidden for watch unless sendInitialEvents is provided"),
        ("watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan", "ok"),
    ])
    func optionsThatContradictEachOtherAreRefused(_ query: String, _ expected: String) {
        do {
            try ListOptions(APIFixture.request("GET", "/", query)).validate()
            #expect(expected == "ok")
        } catch {
            #expect(expected == String(error.code) || error.message.contains(expected), "\(error.message)")
        }
    }

    @Test func theFirstOfTwoValuesHoldsAndFalseMayBeWrittenLarge() throws {
        let options = try ListOptions(
            APIFixture.request("GET", "/", "limit=3&limit=9&watch=False&allowWatchBookmarks="))
        #expect(options.limit == 3)
        #expect(!options.isWatch)
        #expect(options.allowsBookmarks)
    }

    // MARK: - writes

    @Test(arguments: [
        ("dryRun=All", "ok"), ("dryRun=", "dryRun"), ("dryRun=Some", "dryRun"), ("dryRun=All&dryRun=x", "dryRun"),
        ("fieldValidation=Strict", "ok"), ("fieldValidation=strict", "fieldValidation"),
        ("fieldManager=me", "ok"), ("fieldManager=" + String(repeating: "m", count: 129), "fieldManager"),
        ("dryRun=x&fieldValidation=y", "dryRun fieldValidation"),
    ])
    func writeOptionsNameEveryFieldThatIsWrong(_ query: String, _ expected: String) {
        do {
            _ = try WriteOptions(APIFixture.request("POST", "/", query), kind: "CreateOptions")
            #expect(expected == "ok")
        } catch {
            #expect(error.code == 422)
            #expect((error.details?.causes ?? []).map(\.field).joined(separator: " ") == expected)
        }
    }

    // MARK: - deletions

    @Test(arguments: [
        ("", #"{"propagationPolicy":"Sideways"}"#, "propagationPolicy"),
        ("", #"{"propagationPolicy":"Orphan","orphanDependents":true}"#, "cannot be both set"),
        ("", #"{"dryRun":["Some"]}"#, "dryRun"),
        ("", #"{"kind":"Pod","apiVersion":"v1"}"#, "no kind \"Pod\" is registered"),
        ("", "{", "json parse error"),
        ("gracePeriodSeconds=soon", "", "invalid syntax"),
        ("dryRun=Some", "", "dryRun"),
    ])
    func badDeletionOptionsAreRefused(_ query: String, _ body: String, _ expected: String) async throws {
        let fixture = try await APIFixture()
        var request = APIFixture.request("DELETE", "/", query)
        request.body = Array(body.utf8)
        do {
            _ = try DeletionOptions(request, fixture.api.decoder)
            Issue.record("\(query) \(body) was taken")
        } catch {
            #expect(error.message.contains(expected), "\(error.message)")
        }
    }

    @Test func theBodyOfADeletionGoesBeforeItsQueryInAll() async throws {
        let fixture = try await APIFixture()
        var request = APIFixture.request("DELETE", "/", "gracePeriodSeconds=7&dryRun=All")
        #expect(try DeletionOptions(request, fixture.api.decoder).gracePeriodSeconds == 7)
        request.body = Array(#"{"gracePeriodSeconds":3,"preconditions":{"uid":"u","resourceVersion":"9"}}"#.utf8)
        let options = try DeletionOptions(request, fixture.api.decoder)
        #expect(options.gracePeriodSeconds == 3)
        #expect(!options.isDryRun)
        #expect(options.uid == "u")
        #expect(options.resourceVersion == "9")
    }
}

struct DeletionBodyTests {
    @Test func besideABodyTheQuerySaysNothing() async throws {
        let fixture = try await APIFixture()
        try await fixture.send("POST", APIFixture.configMaps, body: ["metadata": ["name": "a"]])
        let path = APIFixture.configMaps + "/a"
        #expect(try await fixture.send("DELETE", path, "dryRun=All").status == 200)
        #expect(try await fixture.send("GET", path).status == 200)
        #expect(try await fixture.send("DELETE", path, "dryRun=All", body: .object([:])).status == 200)
        #expect(try await fixture.send("GET", path).status == 404)
    }

    @Test func bodiesOfWrongTypesAreRefused() async throws {
        let fixture = try await APIFixture()
        try await fixture.send("POST", APIFixture.configMaps, body: ["metadata": ["name": "a"]])
        let path = APIFixture.configMaps + "/a"
        let typed = try await fixture.send("DELETE", path, body: ["gracePeriodSeconds": "x"])
        #expect(typed.status == 400)
        #expect(
            typed.message
                == "json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64")
        #expect(try await fixture.send("DELETE", path, body: .array([])).status == 400)
        #expect(try await fixture.send("GET", path).status == 200)
    }
}

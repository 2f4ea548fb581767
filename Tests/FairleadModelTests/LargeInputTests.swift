import FairleadModel
import FairleadRandomTesting
import Testing

/// What is long is cut where Kubernetes cuts it, and means the same as what is short.
struct LargeInputTests {
    @Test func aHundredRepeatedMembersAreTold() throws {
        let many = (0..<300).map { "\"k\($0)\":1,\"k\($0)\":2,\"k\($0)\":3" }.joined(separator: ",")
        let parsed = try JSON.parse(Array("{\"a\":[{\(many)}]}".utf8))
        #expect(parsed.duplicateFields == (0..<100).map { "a[0].k\($0)" })
        #expect(parsed.value["a"]?.array?.first?.object?.count == 300)
    }

    @Test func membersThatRepeatAreFoundBehindEveryKindOfValue() throws {
        let text =
            #"{ "a" : [ "x\"]}" , -1.5e3 , true , null , { } , [ ] ] , "b" : { "c\n" : 1 , "c\n" : 2 } , "b" : 3 }"#
        #expect(try JSON.parse(Array(text.utf8)).duplicateFields == ["b.c\n", "b"])
    }

    @Test func pathsOfRepeatedMembersAreNotToldWithoutEnd() throws {
        let long = String(repeating: "k", count: 400_000)
        let many = (0..<50).map { "\"\($0)\":1,\"\($0)\":2" }.joined(separator: ",")
        let parsed = try JSON.parse(Array("{\"\(long)\":{\(many)}}".utf8))
        #expect((1..<5).contains(parsed.duplicateFields.count))
    }

    @Test func oneComplaintIsNotMadeAgainWithoutEnd() {
        var made = 0
        var complaints = StrictComplaints()
        func text() -> String {
            made += 1
            return String(repeating: "k", count: 100_000)
        }
        for _ in 0..<1000 { complaints.add(text()) }
        #expect(complaints.texts.count == 1)
        #expect(made < 200)
    }

    @Test func errorsAreCollectedUpToABound() {
        let many = Array(repeating: FieldError.required(FieldPath("a")), count: 90_000)
        var errors = many
        for _ in 0..<10 { errors += many }
        #expect(errors.count == 100_000)
    }

    @Test func mergesOfManyMapsKeepTheFirstOfEachKey() throws {
        let maps = (0..<200).map { "z\($0): &z\($0) {all: \($0), own\($0): x}\n" }.joined()
        let names = (0..<200).map { "*z\($0)" }.joined(separator: ", ")
        let value = try YAML.parse(Array((maps + "m: {<<: [\(names)], own7: mine}\n").utf8)).value
        let merged = try #require(value["m"]?.object)
        #expect(merged.count == 201)
        #expect(merged["all"] == 0)
        #expect(merged["own7"] == "mine")
        #expect(merged["own199"] == "x")
    }

    @Test func equalErrorsAreOneTextButEachACause() {
        let path = FieldPath("spec", "list")
        let errors = (0..<1000).map { FieldError.invalid(path, .int(Int64($0 / 500)), "no") }
        let status = APIStatus.invalid(group: "", kind: "Pod", name: "a", errors: errors)
        #expect(
            status.message
                == "Pod \"a\" is invalid: [spec.list: Invalid value: 0: no, spec.list: Invalid value: 1: no]")
        #expect(status.details?.causes.count == 1000)
    }

    @Test func oneAnswerTellsErrorsUpToABound() {
        let path = FieldPath(String(repeating: "k", count: 100_000))
        let errors = (0..<1000).map { FieldError.required(path.index($0)) }
        let status = APIStatus.invalid(group: "", kind: "Pod", name: "a", errors: errors)
        let told = status.details?.causes.count ?? 0
        #expect((8..<15).contains(told))
        #expect(status.message.hasSuffix(", and \(1000 - told) more]"))
    }

    /// Long selectors are matched by an index, short ones one requirement after the other.
    @Test func longSelectorsMatchWhatTheirRequirementsMatch() throws {
        var random = SplitMix64(seed: 11)
        let forms = ["K=V", "K!=V", "K in (V,W)", "K notin (V,W)", "K", "!K", "K>2", "K<4"]
        var matched = 0
        for _ in 0..<400 {
            let terms = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                (forms.randomElement(using: &random) ?? "K")
                    .replacing("K", with: "k\(Int.random(in: 0..<4, using: &random))")
                    .replacing("V", with: "\(Int.random(in: 0..<5, using: &random))").replacing("W", with: "7")
            }
            let short = try LabelSelector(parsing: terms.joined(separator: ","))
            let more = terms + Array(repeating: terms[0], count: 20)
            let long = try LabelSelector(parsing: more.joined(separator: ","))
            for _ in 0..<20 {
                var labels: [String: String] = [:]
                for key in 0..<4 where Bool.random(using: &random) {
                    labels["k\(key)"] = ["0", "1", "2", "3", "4", "x"].randomElement(using: &random)
                }
                let object: Value = ["metadata": ["labels": Value(labels)]]
                #expect(short.matches(labels) == long.matches(labels), "\(terms) \(labels)")
                #expect(long.matches(labelsOf: object) == long.matches(labels))
                if long.matches(labels) { matched += 1 }
            }
        }
        #expect(matched > 100)
    }

    @Test func requirementsOfOneFieldHoldTogether() throws {
        let selector = try FieldSelector(parsing: "a!=1,a!=2,b=x")
        #expect(selector.matches { ["a": "3", "b": "x"][$0] })
        #expect(!selector.matches { ["a": "2", "b": "x"][$0] })
        #expect(try !FieldSelector(parsing: "b=x,b=y").matches { _ in "x" })
        #expect(try FieldSelector(parsing: "b=x,b==x").matches { _ in "x" })
        #expect(try FieldSelector(parsing: "a!b=c").requirements.first?.field == "a!b")
    }
}

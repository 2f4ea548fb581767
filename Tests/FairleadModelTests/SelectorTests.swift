import FairleadModel
import Testing

@Suite struct SelectorTests {
    private func labelFailure(_ text: String) -> String? {
        do {
            _ = try LabelSelector(parsing: text)
            return nil
        } catch {
            return error.message
        }
    }

    @Test(arguments: [
        ("", ""), ("a=1", "a=1"), ("a == 1 , b!=2", "a==1,b!=2"), ("a in (x, y),b notin (z)", "a in (x,y),b notin (z)"),
        ("!a,b", "!a,b"), ("a=", "a="), ("n>5,m<3", "m<3,n>5"), ("in=in,notin in (in)", "in=in,notin in (in)"),
        ("a in (,x)", "a in (,x)"), ("example.com/k=v", "example.com/k=v"),
    ])
    func readsLabelSelectors(text: String, description: String) throws {
        #expect(try LabelSelector(parsing: text).description == description)
    }

    @Test(arguments: [
        ("a in", "unable to parse requirement: found '' expected: '('"),
        ("!!a", "unable to parse requirement: found '!', expected: identifier"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("=a", "found '=', expected: !, identifier, or 'end of string'"),
        ("a,", "found '', expected: identifier after ','"), ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        (
            "a>x",
            "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"
        ),
    ])
    func explainsBadLabelSelectors(text: String, message: String) { #expect(labelFailure(text) == message) }

    @Test func badKeysAndValuesAreQuoted() {
        #expect(
            labelFailure("a/b/c=1")?.hasPrefix("unable to parse requirement: <nil>: Invalid value: \"a/b/c\": ") == true
        )
        #expect(
            labelFailure("a=-x")?.hasPrefix("unable to parse requirement: values[0][a]: Invalid value: \"-x\": ")
                == true)
    }

    @Test func matchesByAllRequirements() throws {
        let labels = ["app": "web", "tier": "front", "n": "7"]
        for text in ["app=web", "app!=db", "x!=y", "app in (web,db),tier", "!x", "n>6", "n<8", "x notin (a)", ""] {
            #expect(try LabelSelector(parsing: text).matches(labels), "\(text)")
        }
        for text in ["app=db", "app!=web", "x=y", "x in (a)", "!app", "n>7", "tier<1", "app=web,x", "x="] {
            #expect(try !LabelSelector(parsing: text).matches(labels), "\(text)")
        }
    }

    @Test func readsLabelSelectorObjects() throws {
        let selector = try LabelSelector(labelSelector: [
            "matchLabels": ["a": "1"], "matchExpressions": [["key": "b", "operator": "NotIn", "values": ["x"]]],
        ])
        #expect(selector.matches(["a": "1"]))
        #expect(!selector.matches(["a": "1", "b": "x"]))
        #expect(try LabelSelector(labelSelector: .object(Object())).matches(["q": "r"]))
        #expect(try !LabelSelector(labelSelector: .null).matches([:]))
        #expect(throws: SelectorError(message: "\"Is\" is not a valid label selector operator")) {
            try LabelSelector(labelSelector: ["matchExpressions": [["key": "b", "operator": "Is"]]])
        }
    }

    @Test func readsFieldSelectors() throws {
        let selector = try FieldSelector(parsing: "spec.nodeName=n1,status.phase!=Failed,a==b\\,c\\=d,")
        #expect(selector.requirements.count == 3)
        #expect(selector.required("spec.nodeName") == "n1")
        #expect(selector.required("status.phase") == nil)
        let fields = ["spec.nodeName": "n1", "a": "b,c=d"]
        #expect(selector.matches { fields[$0] })
        #expect(try FieldSelector(parsing: "a=").matches { _ in nil })
        #expect(throws: SelectorError(message: "invalid selector: 'nonsense'; can't understand 'nonsense'")) {
            try FieldSelector(parsing: "nonsense")
        }
    }
}

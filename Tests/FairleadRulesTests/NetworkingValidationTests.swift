import FairleadModel
import Testing

@testable import FairleadKindRules

/// What the recorded scenarios about Ingresses, their classes and NetworkPolicies do not ask.
struct NetworkingValidationTests {
    private func ingress(_ spec: Value) -> Value { ["metadata": ["name": "a"], "spec": spec] }

    private func fields(_ errors: [FieldError]) -> [String] { errors.map(\.field) }

    @Test func whatAnIngressHadOnceItMayKeep() {
        let backend: Value = ["service": ["name": "s", "port": ["number": 80]]]
        let bad = ingress(["defaultBackend": backend, "tls": [["secretName": "Bad_"]]])
        #expect(fields(IngressValidation.errors(for: bad)) == ["spec.tls[0].secretName"])
        #expect(fields(IngressValidation.errors(for: bad, old: bad)).isEmpty)
        let wildcard = ingress(["rules": [["host": "*.a.b", "http": ["paths": []]]]])
        #expect(fields(IngressValidation.errors(for: wildcard)) == ["spec.rules[0].http.paths"])
        #expect(fields(IngressValidation.errors(for: wildcard, old: wildcard)).isEmpty)
    }

    @Test func addressesOfAStatusAreCheckedOnceAndHostNamesAlways() {
        func status(_ entry: Value) -> Value { ["status": ["loadBalancer": ["ingress": [entry]]]] }
        let odd = status(["ip": "010.0.0.1"])
        let path = "status.loadBalancer.ingress[0]"
        #expect(fields(IngressValidation.statusErrors(for: odd, old: [:])) == ["\(path).ip"])
        #expect(fields(IngressValidation.statusErrors(for: odd, old: odd)).isEmpty)
        let host = status(["hostname": "10.0.0.1"])
        #expect(fields(IngressValidation.statusErrors(for: host, old: host)) == ["\(path).hostname"])
    }

    @Test func theClassOfAnAnnotationMayBecomeAnotherLater() {
        var both = ingress([
            "defaultBackend": ["resource": ["kind": "K", "name": "n"]], "ingressClassName": "x",
        ])
        both.set("y", at: "metadata", "annotations", "kubernetes.io/ingress.class")
        #expect(
            fields(IngressValidation.errors(for: both)) == ["annotations.kubernetes.io/ingress.class"])
        #expect(fields(IngressValidation.errors(for: both, old: both)).isEmpty)
    }

    @Test(arguments: [
        ("a.b/c", []), ("a.b/c/d:e%20", []), ("a.b/", ["spec.controller"]), ("/c", ["spec.controller"]),
        ("a.b/c d", ["spec.controller"]), ("A.b/c d", ["spec.controller", "spec.controller"]),
    ])
    func controllersAreDomainPrefixedPaths(name: String, wrong: [String]) {
        let errors = IngressClassValidation.errors(for: ["spec": ["controller": .string(name)]])
        #expect(fields(errors) == wrong, "\(errors.map(\.description))")
    }

    @Test func rangesThatAPolicyHadAreNotLookedAtAgain() {
        func policy(_ range: String, except: [String] = []) -> Value {
            let block: Value = ["cidr": .string(range), "except": .array(except.map(Value.string))]
            return ["spec": ["podSelector": [:], "ingress": [["from": [["ipBlock": block]]]]]]
        }
        let old = policy("010.0.0.0/8")
        #expect(NetworkPolicyValidation(old: old).errors(for: old).isEmpty)
        #expect(NetworkPolicyValidation(old: nil).errors(for: old).count == 1)
        // Exceptions are compared with the range all the same.
        let moved = policy("010.0.0.0/8", except: ["11.0.0.0/16"])
        #expect(
            fields(NetworkPolicyValidation(old: old).errors(for: moved))
                == ["spec.ingress[0].from[0].ipBlock.except[0]"])
    }
}

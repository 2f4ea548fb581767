@testable import FairleadKinds
import FairleadModel
import Foundation
import Testing

/// Plays the recorded writes of Services against the strategy: whole scenarios, one after the other, with the specs and
/// the causes of refusals compared.
@Suite struct ServiceRecordedTests {
    private static let scenarios = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Conformance/scenarios")

    @Test(arguments: [
        ("services", ["10.96.0.0/16"], 150), ("errors", ["10.96.0.0/16"], 5),
        ("dualstack", ["10.96.0.0/16", "fd00:96::/108"], 60),
    ])
    func writesComeOutAsRecorded(_ area: String, _ ranges: [String], atLeast: Int) async throws {
        let files = try FileManager.default.contentsOfDirectory(
            at: Self.scenarios.appending(path: area), includingPropertiesForKeys: nil)
        let passing = Set(
            try String(contentsOf: Self.scenarios.appending(path: "../passing.txt"), encoding: .utf8)
                .split(separator: "\n").map(String.init))
        var count = 0
        for file in files.sorted(by: { $0.path < $1.path }) where file.pathExtension == "json" {
            guard passing.contains("\(area)/\(file.deletingPathExtension().lastPathComponent)") else { continue }
            let text = try String(decoding: Data(contentsOf: file), as: UTF8.self)
            var player = Player(fixture: try ServiceFixture(ranges: ranges))
            for step in try JSON.parse(Array(text.utf8)).value["steps"]?.array ?? [] {
                guard let difference = try await player.play(step) else { break }
                count += 1
                if !difference.isEmpty { Issue.record("\(area)/\(file.lastPathComponent): \(difference)") }
            }
            #expect(player.fixture.imbalance() == [])
        }
        #expect(count >= atLeast)
    }

    private struct Player {
        let fixture: ServiceFixture
        /// What stands for what, once it has been seen.
        var captured: [String: String] = [:]

        /// Nil for the first step that is none of ours: what follows may depend on it.
        mutating func play(_ step: Value) async throws -> String? {
            let path = (step["path"]?.string ?? "").split(separator: "/").map(String.init)
            guard step["do"] == "request", path.count >= 5, path[4] == "services", path.count <= 6,
                step["text"] == nil, path.count < 6 || !path[5].contains("$")
            else { return nil }
            let name = path.count == 6 ? path[5] : ""
            let expect = step["expect"] ?? [:]
            let query = step["query"] ?? [:]
            // What the decoder or the verb refuses before the strategy is asked.
            if [400, 404, 405, 409].contains(expect["status"]?.int) || query["dryRun"] == "Some" { return "" }
            if step["capture"] != nil, step["body"]?.jsonText.contains("${") == true { return nil }
            var status: APIStatus?
            var object: Value?
            do {
                object = try await write(step, name, isDryRun: query["dryRun"] != nil)
                if object == nil { return step["method"] == "GET" || step["method"] == "DELETE" ? "" : nil }
            } catch let refusal as ServiceFixture.Refusal {
                status = refusal.status
            }
            return difference(expect, object, status)
        }

        private func write(_ step: Value, _ name: String, isDryRun: Bool) async throws -> Value? {
            let body = step["body"] ?? .null
            if body.jsonText.contains("${") { return nil }
            switch step["method"] {
            case "POST":
                if body.at("metadata", "namespace") != nil || body.at("metadata", "resourceVersion") != nil
                    || body.at("metadata", "generateName") != nil
                {
                    return nil
                }
                return try await fixture.create(Self.decoded(body), isDryRun: isDryRun)
            case "PUT" where fixture.isMissing(name): return try await fixture.create(Self.decoded(body))
            case "PUT", "PATCH":
                let type = step.at("headers", "Content-Type")?.string ?? ""
                guard step["method"] == "PUT" || type.hasPrefix("application/merge-patch") else { return nil }
                let isPut = step["method"] == "PUT"
                if isPut, body.at("metadata", "name")?.string != name { return nil }
                return try await fixture.updateObject(name, isDryRun: isDryRun) { service in
                    if isPut {
                        service["spec"] = body["spec"]
                    } else {
                        Self.merge(body, into: &service)
                    }
                    service = Self.decoded(service)
                }
            case "DELETE":
                if !isDryRun { try await fixture.delete(name) }
                return nil
            default: return nil
            }
        }

        /// The little of the decoder that these bodies need.
        private static func decoded(_ object: Value) -> Value {
            var object = object
            object.set("ns", at: "metadata", "namespace")
            for field in ["clusterIP", "externalName"] where object.at("spec", field) == "" {
                object.set(nil, at: "spec", field)
            }
            for field in ["clusterIPs", "ipFamilies"] where object.at("spec", field) == [] {
                object.set(nil, at: "spec", field)
            }
            object.set(nil, at: "spec", "colour")
            return object
        }

        private static func merge(_ patch: Value, into target: inout Value) {
            guard case .object(let members) = patch else {
                target = patch
                return
            }
            if target.object == nil { target = [:] }
            for (key, value) in members {
                if value.isNull {
                    target[key] = nil
                } else {
                    var child = target[key] ?? .null
                    merge(value, into: &child)
                    target[key] = child
                }
            }
        }

        private mutating func difference(_ expect: Value, _ object: Value?, _ status: APIStatus?) -> String {
            let body = expect["body"] ?? .null
            if let status {
                guard expect["status"]?.int == Int64(status.code) else {
                    return "unexpected \(status.code) \(status.message)"
                }
                let causes = body.at("details", "causes") ?? body["/details/causes"] ?? .null
                let got: Value = status.value.at("details", "causes") ?? .null
                if causes.isNull { return "" }
                return matches(causes, got) ? "" : "expected \(causes.jsonText), got \(got.jsonText)"
            }
            guard let object, let code = expect["status"]?.int, code < 300 else {
                return "accepted, expected \(body["message"]?.jsonText ?? body.jsonText)"
            }
            guard let spec = body["spec"], spec.object != nil else { return "" }
            let got = object["spec"] ?? .null
            return matches(spec, got) ? "" : "expected \(spec.jsonText), got \(got.jsonText)"
        }

        /// Placeholders stand for anything, but for the same thing wherever they appear.
        private mutating func matches(_ expected: Value, _ got: Value) -> Bool {
            switch (expected, got) {
            case (.object(let left), .object(let right)):
                guard left.count == right.count else { return false }
                for (key, value) in left {
                    guard let other = right[key], matches(value, other) else { return false }
                }
                return true
            case (.array(let left), .array(let right)):
                guard left.count == right.count else { return false }
                for (value, other) in zip(left, right) where !matches(value, other) { return false }
                return true
            case (.string(let text), _) where text.hasPrefix("<") && text.hasSuffix(">"):
                let shown = got.jsonText
                if let known = captured[text] { return known == shown }
                captured[text] = shown
                return true
            case (.string(let text), .string) where text.contains("<clusterIP"): return true
            default: return expected == got
            }
        }
    }
}

import FairleadContainers
import FairleadModel

/// Converts a custom resource of tests between its two versions.
struct ConversionWebhookCommand: AgnhostCommand {
    static let name = "crd-conversion-webhook"

    static var options: CommandFlags.Known {
        var known = CommandFlags.Known()
        known.values = ["tls-cert-file": "", "tls-private-key-file": "", "port": "443"]
        known.numbers = ["port"]
        return known
    }

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        await ReviewServer.run(process, flags) { request in
            request.path == "/crdconvert" ? Self.respond(to: request) : .goNotFound
        }
    }

    /// Why an object cannot be converted.
    private struct Refusal: Error { var message: String }

    private static func respond(to request: WebRequest) -> WebResponse {
        let isYAML = (request.header("content-type") ?? "").contains("yaml")
        // Go's decoder reads JSON as YAML, too; what is neither is refused.
        guard let review = (try? JSON.parse(request.body).value) ?? (try? YAML.parse(request.body).value),
            let version = review["apiVersion"]?.string,
            ["apiextensions.k8s.io/v1", "apiextensions.k8s.io/v1beta1"].contains(version)
        else { return .sniffed(400, "Failed to decode body into conversion review\n") }
        let wanted = review.at("request", "desiredAPIVersion")?.string ?? ""
        var response: Value = ["uid": review.at("request", "uid") ?? ""]
        do throws(Refusal) {
            var converted: [Value] = []
            for object in review.at("request", "objects")?.array ?? [] { converted.append(try convert(object, wanted)) }
            response["convertedObjects"] = .array(converted)
            response["result"] = .object(["metadata": .object([:]), "status": "Success"])
        } catch {
            response["convertedObjects"] = .array([])
            response["result"] = .object([
                "metadata": .object([:]), "status": "Failure", "message": .string(error.message),
            ])
        }
        let answer = Value.object(["kind": "ConversionReview", "apiVersion": .string(version), "response": response])
        if isYAML {
            return WebResponse(200, headers: [("Content-Type", "application/yaml")], body: YAML.encode(answer))
        }
        return .json(200, answer.jsonText)
    }

    private static func convert(_ object: Value, _ wanted: String) throws(Refusal) -> Value {
        let version = object["apiVersion"]?.string ?? ""
        var converted = object
        converted["apiVersion"] = .string(wanted)
        if version == wanted {
            throw Refusal(
                message: "conversion from a version to itself should not call the webhook: \(wanted)")
        }
        switch (version, wanted) {
        case ("stable.example.com/v1", "stable.example.com/v2"):
            converted["hostPort"] = nil
            guard let text = object["hostPort"]?.string else { return converted }
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw Refusal(message: "invalid hostPort value \(text.goQuoted)") }
            converted["host"] = .string(String(parts[0]))
            converted["port"] = .string(String(parts[1]))
        case ("stable.example.com/v2", "stable.example.com/v1"):
            converted["host"] = nil
            converted["port"] = nil
            guard object["host"] != nil || object["port"] != nil else { return converted }
            converted["hostPort"] = .string("\(object["host"]?.string ?? ""):\(object["port"]?.string ?? "")")
        case ("stable.example.com/v1", _), ("stable.example.com/v2", _):
            throw Refusal(message: "unexpected conversion version \(wanted.goQuoted)")
        default: throw Refusal(message: "unexpected conversion version \(version.goQuoted)")
        }
        return converted
    }
}

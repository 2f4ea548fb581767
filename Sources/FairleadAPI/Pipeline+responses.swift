import FairleadKinds
import FairleadModel

extension Pipeline {
    /// - Throws: 406 where the client asked for the partial metadata of a list and this is not one, or vice versa. As
    ///   in Kubernetes only now, when everything is done.
    func response(
        _ status: Int, _ encoder: ObjectEncoder, _ body: [[UInt8]], isList: Bool = false, warnings: [String] = []
    ) throws(APIStatus) -> APIResponse {
        try encoder.checkShape(isList: isList)
        return APIResponse(
            status: status, contentType: encoder.format.contentType, headers: Self.warningHeaders(warnings), body: body)
    }

    /// A Status for the client, with the headers that go with it.
    func failure(_ status: APIStatus, _ context: RequestContext) -> APIResponse {
        let format = ResponseFormat.forErrors(accept: context.request.header("Accept"))
        var headers: [(name: String, value: String)] = []
        if let seconds = status.details?.retryAfterSeconds, seconds > 0 {
            headers.append((name: "Retry-After", value: String(seconds)))
        }
        headers += Self.warningHeaders(context.warnings + (context.notes?.warnings ?? []))
        return APIResponse(
            status: status.code, contentType: format.contentType, headers: headers,
            body: [ObjectEncoder.bytes(status.value, format, api.types)])
    }

    /// `Warning: 299 - "…"` for each text (RFC 7234, 5.5), without duplicates. Texts with control characters are
    /// dropped; if there is too much text, it is truncated, so that clients with a header limit can read the answer.
    static func warningHeaders(_ texts: [String]) -> [(name: String, value: String)] {
        if texts.isEmpty { return [] }
        var seen: Set<String> = []
        var chosen = texts.filter { text in
            seen.insert(text).inserted && !text.isEmpty
                && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
        }
        if chosen.reduce(0, { $0 + $1.unicodeScalars.count }) > 4096 {
            var total = 0
            chosen = chosen.map { String(String.UnicodeScalarView($0.unicodeScalars.prefix(256))) }
            chosen = Array(
                chosen.prefix { text in
                    total += text.unicodeScalars.count
                    return total <= 4096
                })
        }
        return chosen.map { text in
            // By scalars: a quote with a combining mark is one Character, but still a quote to the client.
            let escaped = text.unicodeScalars.reduce(into: "") { result, scalar in
                if scalar == "\"" || scalar == "\\" { result.unicodeScalars.append("\\") }
                result.unicodeScalars.append(scalar)
            }
            return (name: "Warning", value: "299 - \"\(escaped)\"")
        }
    }

    /// Runs a write and answers with its result.
    func deferred(
        _ context: RequestContext, _ work: @escaping @Sendable () async throws(APIStatus) -> APIResponse
    ) -> APIOutcome {
        .deferred {
            do throws(APIStatus) {
                return .response(try await work())
            } catch {
                return .response(failure(error, context))
            }
        }
    }
}
